/// How many rows one task of an operator takes.
public enum BatchSize: Sendable, Hashable, Codable {
    /// A block as it is.
    case wholeBlock
    /// Exactly so many rows, except at the end; blocks are cut and joined.
    case exactly(Int)
    /// Between `low` and `high` rows: a block that fits is taken as it is, without copying; smaller ones are joined up to
    /// `low`, larger ones cut at `high`.
    case flexible(low: Int, high: Int)
    /// Blocks as they are, but for the extremes: waiting blocks of fewer than `low` bytes are joined (without waiting for
    /// more), those of more than `high` bytes are cut.
    case bytes(low: Bytes, high: Bytes)
    /// `rows` rows in `blocks` batches whose sizes differ by one at most.
    case evenly(rows: Int, blocks: Int)
}

extension BatchSize: CustomStringConvertible {
    /// As plans print it.
    public var description: String {
        switch self {
        case .wholeBlock: "whole block"
        case .exactly(let count): "\(count)"
        case .flexible(let low, let high): low == high ? "\(low)" : "\(low) to \(high)"
        case .bytes(let low, let high): "\(low) to \(high)"
        case .evenly(let rows, let blocks): "\(rows) rows in \(blocks)"
        }
    }
}
