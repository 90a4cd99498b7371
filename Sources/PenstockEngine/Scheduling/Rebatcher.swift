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
/// Bounded by the scheduler, which admits a producer only while its output budget lasts. Each entry knows what came
/// before it, so that no question about the next batch costs more than the logarithm of the queue's length.
package struct Rebatcher: Sendable {
    private struct Entry: Sendable {
        let block: BlockInfo
        /// Rows, bytes and output bytes of everything that was pushed before this block.
        let rowsBefore: Int
        let bytesBefore: Int
        let outputBefore: Int
    }

    /// Rows of a batch; may change on the way.
    package var size: BatchSize
    /// Workers that share the last rows of a flexible size: a large batch for one of them would leave the others idle.
    private let sharers: Int
    /// The last rows are shared in batches of as many or a multiple: what a library is compiled for costs the same half empty.
    private let unit: Int
    /// Batches are whole units as far as there are rows, also where a block ends within one.
    private let fillsUnits: Bool
    private var entries: [Entry] = []
    /// Index of the first block that still has rows.
    private var head = 0
    /// Rows of the first block that were already taken.
    private var taken = 0
    /// Batches that were taken.
    private var batchCount = 0
    /// Rows, bytes and output bytes of everything that was ever pushed.
    private var pushed = (rows: 0, bytes: 0, output: 0)

    /// `unit`: rows that the operator works on at once; nil: those of a batch.
    package init(size: BatchSize, sharers: Int = 1, unit: Int? = nil) {
        self.size = size
        self.sharers = max(sharers, 1)
        let most = if case .flexible(_, let high) = size { high } else { 1 }
        self.unit = max(unit ?? most, 1)
        fillsUnits = unit != nil
    }

    /// Rows waiting.
    package var rowCount: Int { isEmpty ? 0 : pushed.rows - entries[head].rowsBefore - taken }

    /// Bytes waiting.
    package var bytes: Bytes {
        if isEmpty { return .zero }
        let whole = Bytes(pushed.bytes - entries[head].bytesBefore)
        return taken == 0 ? whole : whole - BlockSlice(block: entries[head].block, range: 0..<taken).bytes
    }

    package var isEmpty: Bool { head == entries.count }

    package mutating func push(_ block: BlockInfo) {
        entries.append(
            Entry(
                block: block,
                rowsBefore: pushed.rows,
                bytesBefore: pushed.bytes,
                outputBefore: pushed.output
            )
        )
        pushed.rows += block.rows
        pushed.bytes += block.bytes.count
        pushed.output += block.outputBytes.count
    }

    /// Whether `next(isLast:)` would return a batch.
    package func hasBatch(isLast: Bool) -> Bool {
        if isEmpty { return false }
        if isLast { return true }
        return switch size {
        case .wholeBlock, .bytes: true
        case .exactly(let count): rowCount >= count
        case .flexible(let low, _): rowCount >= low
        case .evenly(let rows, let blocks): rowCount >= evenRows(rows, blocks)
        }
    }

    /// The next batch as slices of blocks, or nil when there are too few rows; `isLast` allows a short one.
    package mutating func next(isLast: Bool) -> [BlockSlice]? {
        guard hasBatch(isLast: isLast) else { return nil }
        let rows = nextRowCount(isLast: isLast)
        batchCount += 1
        return take(rows)
    }

    /// What the operator's output for the next batch will take at most; nil when there are too few rows.
    package func nextOutputBytes(isLast: Bool) -> Bytes? {
        guard hasBatch(isLast: isLast) else { return nil }
        let rows = nextRowCount(isLast: isLast)
        let first = entries[head].block
        if rows <= first.rows - taken {
            return BlockSlice(block: first, range: taken..<taken + rows).outputBytes
        }
        let end = entries[head].rowsBefore + taken + rows
        let last = firstIndex { $0.rowsBefore + $0.block.rows >= end }
        let between = entries[last].outputBefore - entries[head + 1].outputBefore
        return BlockSlice(block: first, range: taken..<first.rows).outputBytes + Bytes(between)
            + BlockSlice(block: entries[last].block, range: 0..<end - entries[last].rowsBefore).outputBytes
    }

    /// Forgets everything that waits.
    package mutating func removeAll() -> [BlockInfo] {
        let rest = entries[head...].map(\.block)
        while !isEmpty { dropHead() }
        return rest
    }

    // MARK: The next batch

    /// Rows of the next batch, as far as they are there.
    private func nextRowCount(isLast: Bool) -> Int {
        let first = entries[head].block.rows - taken
        let wanted =
            switch size {
            case .wholeBlock: first
            case .exactly(let count): count
            case .flexible(let low, let high):
                min(fillsUnits ? wholeUnits(first) : max(first, low), high, isLast ? share : high)
            case .bytes(let low, let high): rowsInBytes(low, high)
            case .evenly(let rows, let blocks): evenRows(rows, blocks)
            }
        return min(wanted, rowCount)
    }

    /// The units that lie in so many rows; at least one, whose other rows come from the next block.
    private func wholeUnits(_ rows: Int) -> Int { max(rows / unit, 1) * unit }

    /// Rows of one of the last batches.
    private var share: Int { ((rowCount - 1) / sharers / unit + 1) * unit }

    /// Rows of the next of `blocks` batches that share `rows` rows; once all were given, those of the next block.
    private func evenRows(_ rows: Int, _ blocks: Int) -> Int {
        let count = batchCount < blocks ? rows / blocks + (batchCount < rows % blocks ? 1 : 0) : 0
        return count > 0 || isEmpty ? count : entries[head].block.rows - taken
    }

    /// Rows of whole blocks of `low` bytes together, at least one block, or of a piece of one of more than `high` bytes.
    private func rowsInBytes(_ low: Bytes, _ high: Bytes) -> Int {
        let first = entries[head].block
        let pieces = min(first.rows, (first.bytes.count - 1) / max(high.count, 1) + 1)
        if pieces > 1 { return rowsOfPiece(first.rows, pieces) }
        let start = entries[head].bytesBefore
        let end = max(firstIndex { $0.bytesBefore + $0.block.bytes.count - start > low.count }, head + 1)
        return (end == entries.count ? pushed.rows : entries[end].rowsBefore) - entries[head].rowsBefore
    }

    /// Rows from those already taken to the end of the piece that they lie in, of pieces that differ by one row at most.
    private func rowsOfPiece(_ rows: Int, _ pieces: Int) -> Int {
        let short = rows / pieces
        let longRows = rows % pieces * (short + 1)
        return taken < longRows ? short + 1 - taken % (short + 1) : short - (taken - longRows) % short
    }

    /// The first waiting entry for which `isBeyond` holds, given that it holds for all after it.
    private func firstIndex(where isBeyond: (Entry) -> Bool) -> Int {
        var low = head
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if isBeyond(entries[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func take(_ count: Int) -> [BlockSlice] {
        var slices: [BlockSlice] = []
        var missing = count
        repeat {
            let block = entries[head].block
            let end = min(block.rows, taken + missing)
            slices.append(BlockSlice(block: block, range: taken..<end))
            missing -= end - taken
            taken = end
            if taken == block.rows { dropHead() }
        } while missing > 0 && head < entries.count
        return slices
    }

    private mutating func dropHead() {
        head += 1
        taken = 0
        guard head > 64, head * 2 > entries.count else { return }
        entries.removeFirst(head)
        head = 0
    }
}
