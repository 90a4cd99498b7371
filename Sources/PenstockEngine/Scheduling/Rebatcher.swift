package import PenstockCore

/// A block as the scheduler sees it: no data, only what decisions need.
package struct BlockInfo: Sendable, Hashable {
    /// Number of the block within its run.
    package let id: Int
    package let rows: Int
    package let bytes: Bytes
    /// Bytes that the next operator's output for these rows will take at most.
    package let outputBytes: Bytes

    package init(id: Int, rows: Int, bytes: Bytes, outputBytes: Bytes) {
        self.id = id
        self.rows = rows
        self.bytes = bytes
        self.outputBytes = outputBytes
    }
}

/// Some rows of a block.
package struct BlockSlice: Sendable, Hashable {
    package let block: BlockInfo
    package let range: Range<Int>

    package init(block: BlockInfo, range: Range<Int>) {
        self.block = block
        self.range = range
    }

    /// The block's bytes that fall to these rows.
    package var bytes: Bytes { share(of: block.bytes) }
    /// The output bytes that fall to these rows.
    package var outputBytes: Bytes { share(of: block.outputBytes) }

    private func share(of bytes: Bytes) -> Bytes {
        if block.rows == 0 || range.count == block.rows { return bytes }
        return Bytes(Int(Double(bytes.count) * Double(range.count) / Double(block.rows)))
    }
}

/// The queue in front of an operator: blocks go in, batches of the operator's size come out, every row once and in order.
///
/// Bounded by the scheduler, which admits a producer only while its output budget lasts.
package struct Rebatcher: Sendable {
    private let size: BatchSize
    private var blocks: [BlockInfo] = []
    /// Index of the first block that still has rows.
    private var head = 0
    /// Rows of the first block that were already taken.
    private var taken = 0
    /// Rows waiting.
    package private(set) var rowCount = 0

    package init(size: BatchSize) { self.size = size }

    /// Bytes of the blocks that still have rows, taken rows included.
    private var blockBytes = Bytes.zero

    /// Bytes waiting.
    package var bytes: Bytes {
        if taken == 0 { return blockBytes }
        return blockBytes - BlockSlice(block: blocks[head], range: 0..<taken).bytes
    }

    package var isEmpty: Bool { head == blocks.count }

    package mutating func push(_ block: BlockInfo) {
        blocks.append(block)
        rowCount += block.rows
        blockBytes += block.bytes
    }

    /// Whether `next(isLast:)` would return a batch.
    package func hasBatch(isLast: Bool) -> Bool {
        if isEmpty { return false }
        if isLast { return true }
        return switch size {
        case .wholeBlock: true
        case .exactly(let count): rowCount >= count
        case .flexible(let low, _): rowCount >= low
        case .bytes: true
        case .evenly(let rows, let blocks): rowCount >= (rows + blocks - 1) / blocks
        }
    }

    /// The next batch as slices of blocks, or nil when there are too few rows; `isLast` allows a short one.
    package mutating func next(isLast: Bool) -> [BlockSlice]? {
        guard hasBatch(isLast: isLast) else { return nil }
        let first = blocks[head].rows - taken
        let wanted =
            switch size {
            case .wholeBlock: first
            case .exactly(let count): count
            case .flexible(let low, let high): min(max(first, low), high)
            case .bytes: first
            case .evenly(let rows, let blocks): (rows + blocks - 1) / blocks
            }
        return take(wanted)
    }

    /// Forgets everything that waits.
    package mutating func removeAll() -> [BlockInfo] {
        let rest = Array(blocks[head...])
        self = Rebatcher(size: size)
        return rest
    }

    private mutating func take(_ count: Int) -> [BlockSlice] {
        var slices: [BlockSlice] = []
        var missing = count
        repeat {
            let block = blocks[head]
            let end = min(block.rows, taken + missing)
            slices.append(BlockSlice(block: block, range: taken..<end))
            missing -= end - taken
            rowCount -= end - taken
            taken = end
            if taken == block.rows { dropHead() }
        } while missing > 0 && head < blocks.count
        return slices
    }

    private mutating func dropHead() {
        blockBytes -= blocks[head].bytes
        head += 1
        taken = 0
        guard head > 64, head * 2 > blocks.count else { return }
        blocks.removeFirst(head)
        head = 0
    }
}
