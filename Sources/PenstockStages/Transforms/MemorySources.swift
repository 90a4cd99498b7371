package import PenstockCore
package import PenstockPlan

/// Numbers from 0, in the column `id: int64`.
package struct RangeSource: BlockSource {
    package let name = "range"
    private let range: RangeRows
    private let rowsPerBlock: Int

    package init(_ range: RangeRows, rowsPerBlock: Int) {
        self.range = range
        self.rowsPerBlock = rowsPerBlock
    }

    package struct Cursor {
        var next = 0
        let block: Int
        let order: Permutation?
    }

    package func start(_ context: StageContext) throws(StageError) -> Cursor {
        // The number of blocks that was asked for is kept: the first ones are one row larger.
        let rows = range.blockCount.map { max(1, range.count / max(1, $0)) } ?? rowsPerBlock
        return Cursor(block: rows, order: range.shuffleSeed.map { Permutation(count: range.count, seed: $0) })
    }

    package func next(_ cursor: inout Cursor) throws(StageError) -> Block? {
        guard cursor.next < range.count else { return nil }
        let end = min(range.count, cursor.next + size(of: cursor))
        var ids = MutableBuffer<Int64>(count: end - cursor.next)
        let first = cursor.next
        let order = cursor.order
        ids.withMutableSpan { span in
            if let order {
                for index in span.indices { span[index] = Int64(order[first + index]) }
            } else {
                for index in span.indices { span[index] = Int64(first + index) }
            }
        }
        cursor.next = end
        return Block(["id": Column(.int64(ids.freeze()))])
    }

    private func size(of cursor: Cursor) -> Int {
        guard let blocks = range.blockCount, blocks <= range.count else { return cursor.block }
        // Block i has count/blocks rows, and one more while i < count % blocks.
        let larger = range.count % blocks
        return cursor.next < larger * (cursor.block + 1) ? cursor.block + 1 : cursor.block
    }
}

/// Rows that are in memory.
package struct MemorySource: BlockSource {
    package let name = "items"
    private let blocks: [Block]
    private let rows: MemoryRows

    package init(_ blocks: [Block], _ rows: MemoryRows) {
        self.blocks = blocks
        self.rows = rows
    }

    package struct Cursor {
        var next = 0
        var remaining: Int
        let blocks: [Block]
    }

    package func start(_ context: StageContext) throws(StageError) -> Cursor {
        var ordered = blocks
        if let seed = rows.shuffleSeed, !blocks.isEmpty {
            let all = try Block.concatenate(blocks)
            let order = Permutation(count: all.rowCount, seed: seed)
            let size = max(1, (all.rowCount + blocks.count - 1) / blocks.count)
            ordered = []
            for start in stride(from: 0, to: all.rowCount, by: size) {
                let indices = (start..<min(all.rowCount, start + size)).map { order[$0] }
                ordered.append(try all.taking(indices))
            }
        }
        return Cursor(remaining: rows.limit ?? .max, blocks: ordered)
    }

    package func next(_ cursor: inout Cursor) throws(StageError) -> Block? {
        guard cursor.next < cursor.blocks.count, cursor.remaining > 0 else { return nil }
        let block = cursor.blocks[cursor.next]
        cursor.next += 1
        let taken = block.slice(0..<min(block.rowCount, cursor.remaining))
        cursor.remaining -= taken.rowCount
        return taken
    }
}

/// The numbers 0..<count in a random order, the same for the same seed.
///
/// - Source: Fisher and Yates, with `SeededNumbers` as the source of numbers.
package struct Permutation: Sendable {
    private let order: [Int]

    package init(count: Int, seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var shuffled = Array(0..<count)
        shuffled.shuffle(with: &random)
        order = shuffled
    }

    package subscript(index: Int) -> Int { order[index] }
}
