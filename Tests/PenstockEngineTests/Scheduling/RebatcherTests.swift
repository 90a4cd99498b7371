import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

@Suite struct RebatcherTests {
    @Test(arguments: [
        (rows: [8, 8, 8], size: BatchSize.exactly(10), expected: [10, 10, 4]),
        ([3], .exactly(10), [3]),
        ([25], .exactly(10), [10, 10, 5]),
        ([10, 10], .exactly(10), [10, 10]),
        ([], .exactly(10), []),
        ([3, 1, 7], .wholeBlock, [3, 1, 7]),
        ([8, 8], .flexible(low: 4, high: 8), [8, 8]),
        ([5, 6], .flexible(low: 4, high: 8), [5, 6]),
        ([2, 2, 2], .flexible(low: 4, high: 8), [4, 2]),
        ([20], .flexible(low: 4, high: 8), [8, 8, 4]),
        ([17, 3], .flexible(low: 4, high: 8), [8, 8, 4]),
        ([1, 9], .flexible(low: 4, high: 8), [4, 6]),
        // 10 bytes a row.
        ([2, 2, 2, 2], .bytes(low: Bytes(50), high: Bytes(100)), [4, 4]),
        ([2, 3, 1], .bytes(low: Bytes(50), high: Bytes(100)), [5, 1]),
        ([9, 1], .bytes(low: Bytes(50), high: Bytes(100)), [9, 1]),
        ([10], .bytes(low: Bytes(50), high: Bytes(100)), [10]),
        ([11, 1], .bytes(low: Bytes(50), high: Bytes(100)), [6, 5, 1]),
        ([26], .bytes(low: .zero, high: Bytes(100)), [9, 9, 8]),
        ([3], .bytes(low: .zero, high: .zero), [1, 1, 1]),
        ([10], .evenly(rows: 10, blocks: 3), [4, 3, 3]),
        ([4, 4, 2], .evenly(rows: 10, blocks: 4), [3, 3, 2, 2]),
        ([3], .evenly(rows: 3, blocks: 5), [1, 1, 1]),
        ([2, 5], .evenly(rows: 4, blocks: 2), [2, 2, 3]),
        ([1], .evenly(rows: 10, blocks: 2), [1]),
    ])
    func batchesHaveTheSizeThatWasAskedFor(rows: [Int], size: BatchSize, expected: [Int]) {
        var rebatcher = Rebatcher(size: size)
        for (id, count) in rows.enumerated() { rebatcher.push(.fixture(id: id, rows: count)) }
        #expect(drain(&rebatcher, isLast: true).map(rowCount) == expected)
    }

    @Test(arguments: [
        (rows: [8, 1], size: BatchSize.exactly(10), expected: [Int]()),
        ([8, 2], .exactly(10), [10]),
        ([8, 8], .exactly(10), [10]),
        ([1], .wholeBlock, [1]),
        ([1, 2], .flexible(low: 4, high: 8), []),
        ([1, 3], .flexible(low: 4, high: 8), [4]),
        ([1, 1], .bytes(low: Bytes(50), high: Bytes(100)), [2]),
        ([3, 3], .evenly(rows: 10, blocks: 3), [4]),
        ([3, 4], .evenly(rows: 10, blocks: 3), [4, 3]),
    ])
    func aShortBatchWaitsForMoreRows(rows: [Int], size: BatchSize, expected: [Int]) {
        var rebatcher = Rebatcher(size: size)
        for (id, count) in rows.enumerated() { rebatcher.push(.fixture(id: id, rows: count)) }
        #expect(drain(&rebatcher, isLast: false).map(rowCount) == expected)
    }

    @Test(arguments: [
        (rows: [64], high: 24, expected: [24, 24, 16]),
        ([63, 64], 64, [56, 8, 56, 7]),  // 7 rows of the first block are filled up from the second
        ([5, 5, 5, 5], 64, [8, 8, 4]),
        ([16, 16], 8, [8, 8, 8, 8]),
        ([4], 64, [4]),
    ])
    func batchesAreWholeUnitsWhileThereAreRows(rows: [Int], high: Int, expected: [Int]) {
        var rebatcher = Rebatcher(size: .flexible(low: 4, high: high), unit: 8)
        for (id, count) in rows.enumerated() { rebatcher.push(.fixture(id: id, rows: count)) }
        var batches = drain(&rebatcher, isLast: false)
        batches += drain(&rebatcher, isLast: true)
        #expect(batches.map(rowCount) == expected)
    }

    @Test func aBlockThatFitsIsTakenWhole() {
        var rebatcher = Rebatcher(size: .flexible(low: 4, high: 8))
        rebatcher.push(.fixture(id: 7, rows: 6))
        rebatcher.push(.fixture(id: 8, rows: 5))
        #expect(rebatcher.next(isLast: false)?.map(\.block.id) == [7])
        #expect(rebatcher.next(isLast: false)?.map(\.block.id) == [8])
    }

    @Test func aBatchAcrossBlocksNamesTheRowsOfEach() {
        var rebatcher = Rebatcher(size: .exactly(5))
        rebatcher.push(.fixture(id: 0, rows: 3))
        rebatcher.push(.fixture(id: 1, rows: 4))
        let first = [
            BlockSlice(block: .fixture(id: 0, rows: 3), range: 0..<3),
            BlockSlice(block: .fixture(id: 1, rows: 4), range: 0..<2),
        ]
        #expect(rebatcher.next(isLast: false) == first)
        #expect(rebatcher.next(isLast: false) == nil)
        #expect(rebatcher.next(isLast: true) == [BlockSlice(block: .fixture(id: 1, rows: 4), range: 2..<4)])
        #expect(rebatcher.isEmpty)
    }

    @Test("The last rows are shared among the workers, so that none is idle behind a large batch")
    func lastRowsAreShared() {
        var rebatcher = Rebatcher(size: .flexible(low: 2, high: 4), sharers: 2)
        rebatcher.size = .flexible(low: 8, high: 16)
        for id in 0..<3 { rebatcher.push(.fixture(id: id, rows: 16)) }
        #expect(rebatcher.next(isLast: false).map(rowCount) == 16)  // more may come
        #expect(rebatcher.next(isLast: true).map(rowCount) == 16)
        #expect(rebatcher.nextOutputBytes(isLast: true) == Bytes(BlockInfo.fixture(rows: 16).outputBytes.count / 2))
        #expect(drain(&rebatcher, isLast: true).map(rowCount) == [8, 4, 4])
    }

    @Test func bytesFollowTheRowsThatWait() {
        var rebatcher = Rebatcher(size: .exactly(4))
        rebatcher.push(.fixture(id: 0, rows: 6, bytes: Bytes(600)))
        rebatcher.push(.fixture(id: 1, rows: 2, bytes: Bytes(50)))
        #expect(rebatcher.bytes == Bytes(650))
        #expect(rebatcher.next(isLast: false)?.map(\.bytes) == [Bytes(400)])
        #expect(rebatcher.bytes == Bytes(250))
        #expect(rebatcher.next(isLast: false)?.map(\.bytes) == [Bytes(200), Bytes(50)])
        #expect(rebatcher.bytes == .zero)
    }

    @Test func forgettingReturnsBlocksThatStillHaveRows() {
        var rebatcher = Rebatcher(size: .exactly(4))
        for id in 0..<3 { rebatcher.push(.fixture(id: id, rows: 3)) }
        _ = rebatcher.next(isLast: false)
        #expect(rebatcher.removeAll().map(\.id) == [1, 2])
        #expect(rebatcher.isEmpty)
        #expect(rebatcher.rowCount == 0)
        #expect(rebatcher.bytes == .zero)
    }

    @Test func anyMixOfPushesAndTakesKeepsEveryRowOnceAndInOrder() {
        for seed in 0..<200 {
            var random = SeededRandom(seed: seed)
            let low = Int.random(in: 1...12, using: &random)
            let size = random.pick([
                BatchSize.wholeBlock, .exactly(low), .flexible(low: low, high: low + 6),
                .bytes(low: Bytes(low * 10), high: Bytes(low * 20)), .evenly(rows: 2000, blocks: low),
            ])
            let blocks = (0..<random.pick([1, 10, 150])).map {
                BlockInfo.fixture(id: $0, rows: Int.random(in: 1...20, using: &random))
            }
            let batches = mixed(blocks, size, &random)
            #expect(rowNames(of: batches.flatMap { $0 }) == rowNames(of: blocks.map(whole)), "seed \(seed)")
            #expect(batches.dropLast().allSatisfy { fits(rowCount($0), size) }, "seed \(seed)")
            #expect(batches.last.map { rowCount($0) <= most(size) } ?? true, "seed \(seed)")
        }
    }

    @Test func aBlockOfMoreBytesThanThatIsCutIntoPiecesOfItsOwn() {
        var rebatcher = Rebatcher(size: .bytes(low: Bytes(50), high: Bytes(100)))
        rebatcher.push(.fixture(id: 0, rows: 1))
        rebatcher.push(.fixture(id: 1, rows: 25))
        rebatcher.push(.fixture(id: 2, rows: 1))
        let batches = drain(&rebatcher, isLast: false)
        #expect(batches.map { $0.map(\.block.id) } == [[0], [1], [1], [1], [2]])
        #expect(batches.map(rowCount) == [1, 9, 8, 8, 1])
    }

    // MARK: Helping hands

    /// Pushes and takes in a random mix, then takes the rest; bytes and rows are checked after each step.
    private func mixed(_ blocks: [BlockInfo], _ size: BatchSize, _ random: inout SeededRandom) -> [[BlockSlice]] {
        var rebatcher = Rebatcher(size: size)
        var batches: [[BlockSlice]] = []
        for block in blocks {
            rebatcher.push(block)
            let expected = rebatcher.nextOutputBytes(isLast: false)
            if random.chance(percent: 60) {
                let batch = rebatcher.next(isLast: false)
                #expect(batch?.reduce(.zero) { $0 + $1.outputBytes } == expected)
                if let batch { batches.append(batch) }
            }
            #expect(rebatcher.bytes >= .zero)
            #expect(
                rebatcher.rowCount == blocks[...block.id].reduce(0) { $0 + $1.rows }
                    - batches.reduce(0) { $0 + rowCount($1) }
            )
        }
        batches += drain(&rebatcher, isLast: true)
        #expect(rebatcher.bytes == .zero)
        return batches
    }

    private func drain(_ rebatcher: inout Rebatcher, isLast: Bool) -> [[BlockSlice]] {
        var batches: [[BlockSlice]] = []
        while rebatcher.hasBatch(isLast: isLast), let batch = rebatcher.next(isLast: isLast) { batches.append(batch) }
        #expect(rebatcher.next(isLast: isLast) == nil)
        return batches
    }

    private func rowCount(_ batch: [BlockSlice]) -> Int { batch.reduce(0) { $0 + $1.range.count } }

    private func whole(_ block: BlockInfo) -> BlockSlice { BlockSlice(block: block, range: 0..<block.rows) }

    private func rowNames(of slices: [BlockSlice]) -> [[Int]] {
        slices.flatMap { slice in slice.range.map { [slice.block.id, $0] } }
    }

    private func fits(_ rows: Int, _ size: BatchSize) -> Bool {
        switch size {
        case .wholeBlock: true
        case .exactly(let count): rows == count
        case .flexible(let low, let high): (low...high).contains(rows)
        case .bytes: rows > 0
        case .evenly(let total, let blocks): rows == total / blocks || rows == (total + blocks - 1) / blocks
        }
    }

    private func most(_ size: BatchSize) -> Int {
        switch size {
        case .wholeBlock: .max
        case .exactly(let count): count
        case .flexible(_, let high): high
        case .bytes: .max
        case .evenly(let total, let blocks): (total + blocks - 1) / blocks
        }
    }
}
