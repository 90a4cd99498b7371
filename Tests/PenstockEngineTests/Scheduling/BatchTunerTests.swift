import PenstockCore
import Testing

@testable import PenstockEngine

@Suite struct BatchTunerTests {
    /// Feeds batches of whatever size is wanted, at a cost of `fixed` and `perRow` seconds.
    private func tuned(fixed: Double, perRow: Double, small: Int = 4, large: Int = 64) -> BatchTuner {
        var tuner = BatchTuner(small: small, large: large)
        for _ in 0..<100 {
            let rows = tuner.rows
            _ = tuner.add(rows: rows, seconds: fixed + perRow * Double(rows))
        }
        return tuner
    }

    @Test(arguments: [
        (fixed: 0.0, perRow: 0.02, rows: 4),  // a heavy model: small batches are as fast
        (0.0002, 0.001, 10),  // 0.2 ms a batch, 1 ms a row: 2 % at ten rows
        (0.1, 0.001, 64),  // so costly a batch that only the largest will do
        (0.01, 0.0, 64),
    ])
    func theSmallestSizeWhoseFixedCostIsSmall(fixed: Double, perRow: Double, rows: Int) throws {
        let tuner = tuned(fixed: fixed, perRow: perRow)
        #expect(tuner.rows == rows)
        let decision = try #require(tuner.decision)
        #expect(abs(decision.fixedSeconds - fixed) < 1e-9)
    }

    private func add(_ rows: Int, _ seconds: Double, _ tuner: inout BatchTuner) -> Bool {
        tuner.add(rows: rows, seconds: seconds)
    }

    @Test func batchesOfOtherSizesAndTheFirstOnesAreNotCounted() {
        var tuner = BatchTuner(small: 4, large: 16)
        for _ in 0..<50 { #expect(add(3, 1, &tuner) == false) }
        for _ in 0..<BatchTuner.warmUp { #expect(add(4, 1000, &tuner) == false) }
        for _ in 1..<BatchTuner.samples { #expect(add(4, 0.4, &tuner) == false) }
        #expect(add(4, 0.4, &tuner) == true)
        #expect(tuner.rows == 16)
        #expect(tuner.decision == nil)
    }

    @Test func oneDisturbedBatchDecidesNothing() throws {
        var tuner = BatchTuner(small: 4, large: 16)
        for index in 0..<BatchTuner.warmUp + BatchTuner.samples {
            _ = tuner.add(rows: 4, seconds: index == 4 ? 9 : 0.4)
        }
        for _ in 0..<BatchTuner.warmUp + BatchTuner.samples { _ = tuner.add(rows: 16, seconds: 1.6) }
        #expect(try #require(tuner.decision).rows == 4)
    }

    @Test(arguments: [
        (perRow: 0.001, rows: 64),  // fast: as many as a block has
        (0.02, 48),  // 0.16 s a unit: six of them take 0.96 s
        (0.125, 8),  // a unit that takes a second is a task
        (3, 8),
    ])
    func aTaskGetsTheUnitsOfASecond(perRow: Double, rows: Int) {
        var tuner = BatchTuner(small: 8, large: 64, unit: 8)
        for _ in 0..<BatchTuner.warmUp + BatchTuner.samples { _ = tuner.add(rows: 8, seconds: perRow * 8) }
        #expect(tuner.rows == rows)
        #expect(add(rows, perRow * Double(rows) * 9, &tuner) == false)
    }

    @Test func withoutRoomNothingIsMeasured() {
        var tuner = BatchTuner(small: 8, large: 8)
        for _ in 0..<50 { #expect(add(8, 1, &tuner) == false) }
        #expect(tuner.rows == 8)
        #expect(tuner.decision == nil)
    }
}
