import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

/// Sources that are in memory or made there.
@Suite struct MemorySourceTests {
    private func sizes(_ count: Int, blocks: Int?, rowsPerBlock: Int = 4) throws -> [Int] {
        try RangeSource(RangeRows(count: count, blockCount: blocks), rowsPerBlock: rowsPerBlock).allBlocks()
            .map(\.rowCount)
    }

    @Test func rangesAreCutAsAskedFor() throws {
        #expect(try sizes(10, blocks: nil) == [4, 4, 2])
        #expect(try sizes(10, blocks: 3) == [4, 3, 3])
        #expect(try sizes(10, blocks: 10) == Array(repeating: 1, count: 10))
        #expect(try sizes(3, blocks: 10) == [1, 1, 1])
        #expect(try sizes(0, blocks: 3) == [])
        for count in 0..<40 {
            for blocks in 1..<12 {
                let sizes = try sizes(count, blocks: blocks)
                #expect(sizes.count == min(blocks, count) && sizes.reduce(0, +) == count)
                #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1, "\(count) in \(blocks): \(sizes)")
            }
        }
    }

    @Test func rangesHoldEachNumberOnceInOrderOrShuffled() throws {
        var range = RangeRows(count: 50, blockCount: 7)
        func ids() throws -> [Int64] {
            try RangeSource(range, rowsPerBlock: 8).allBlocks().flatMap { try $0.int64s("id").array }
        }
        #expect(try ids() == Array(0..<50))
        range.shuffleSeed = 9
        let shuffled = try ids()
        #expect(shuffled != shuffled.sorted() && shuffled.sorted() == Array(0..<50))
        #expect(try ids() == shuffled)
    }

    @Test func rowsInMemoryComeAsTheyAreLimitedAndShuffled() throws {
        let blocks = [numbers(0..<4), numbers(4..<5), numbers(5..<9)]
        var rows = MemoryRows(position: 0, rowCount: 9, bytes: Bytes(72), blockCount: 3, fields: nil)
        func ids() throws -> [[Int64]] {
            try MemorySource(blocks, rows).allBlocks().map { try $0.int64s("id").array }
        }
        #expect(try ids() == [[0, 1, 2, 3], [4], [5, 6, 7, 8]])
        for limit in 0...10 {
            rows.limit = limit
            #expect(try ids().flatMap { $0 } == Array((0..<9).prefix(limit)).map(Int64.init))
            #expect(try ids().allSatisfy { !$0.isEmpty })
        }
        rows.limit = nil
        rows.shuffleSeed = 3
        let shuffled = try ids()
        #expect(shuffled.count == 3)
        #expect(shuffled.flatMap { $0 } != Array(0..<9) && shuffled.flatMap { $0 }.sorted() == Array(0..<9))
        rows.limit = 2
        #expect(try ids().flatMap { $0 } == Array(shuffled.flatMap { $0 }.prefix(2)), "the limit takes shuffled rows")
    }

    @Test(arguments: [0, 1, 2, 100, 1000])
    func permutationsHoldEachNumberOnce(count: Int) {
        let order = Permutation(count: count, seed: 5)
        let numbers = (0..<count).map { order[$0] }
        #expect(numbers.sorted() == Array(0..<count))
        #expect(count < 100 || numbers != numbers.sorted())
        let other = Permutation(count: count, seed: 6)
        #expect(count < 100 || numbers != (0..<count).map { other[$0] })
    }
}

/// Rows drawn at random from a buffer.
@Suite struct ShuffleBufferTests {
    private func drawn(_ sizes: [Int], size: Int, batch: Int, seed: UInt64 = 1) throws -> [[Int64]] {
        var buffer = ShuffleBuffer(size: size, seed: seed)
        var batches: [Block] = []
        var next = 0
        for rows in sizes {
            batches += try buffer.add(numbers(next..<next + rows), batchSize: batch)
            next += rows
        }
        batches += try buffer.rest(batchSize: batch)
        return try batches.map { try $0.int64s("id").array }
    }

    @Test(arguments: [(size: 1, batch: 1), (10, 3), (10, 30), (64, 8), (5000, 7), (100, 256)])
    func everyRowComesOnceInBatchesOfTheSize(size: Int, batch: Int) throws {
        let sizes = [1, 50, 3, 0, 200, 17, 129]
        let batches = try drawn(sizes, size: size, batch: batch)
        #expect(batches.flatMap { $0 }.sorted() == Array(0..<400))
        #expect(batches.dropLast().allSatisfy { $0.count == batch })
    }

    @Test func whereBlocksEndDoesNotMatter() throws {
        let whole = try drawn([1000], size: 64, batch: 10)
        #expect(try drawn(Array(repeating: 1, count: 1000), size: 64, batch: 10) == whole)
        #expect(try drawn([999, 1], size: 64, batch: 10) == whole)
        #expect(try drawn([1000], size: 64, batch: 10, seed: 2) != whole)
    }

    @Test func neighboursGetApartAndTheBufferHasAnEnd() throws {
        let rows = try drawn([2000], size: 100, batch: 10).flatMap { $0 }
        let moved = rows.enumerated().map { abs(Int($0.element) - $0.offset) }
        #expect(moved.reduce(0, +) / moved.count > 20)
        #expect(
            rows.enumerated().allSatisfy { Int($0.element) < $0.offset + 320 },
            "a row comes no earlier than the buffer reaches"
        )
    }

    @Test func nothingIsDrawnBeforeTheBufferIsFull() throws {
        var buffer = ShuffleBuffer(size: 100, seed: 1)
        #expect(try buffer.add(numbers(0..<99), batchSize: 10).isEmpty)
        #expect(try buffer.add(numbers(99..<100), batchSize: 10).isEmpty, "100 rows stay in the buffer")
        #expect(try buffer.add(numbers(100..<200), batchSize: 10).count == 10)
    }
}
