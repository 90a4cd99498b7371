import PenstockCore
import Synchronization
import Testing

@testable import Penstock

@Suite("What a probe counts")
struct ProbeMeterTests {
    /// Time that a test moves.
    private final class HandClock: RunClock {
        private let time = Mutex<Int64>(0)
        func now() -> RunInstant { time.withLock { RunInstant(nanoseconds: $0) } }
        func advance(_ seconds: Double) { time.withLock { $0 += Int64(seconds * 1e9) } }
    }

    private let clock = HandClock()

    private func call(_ meter: ProbeMeter, seconds: Double, rows: Int) {
        let start = meter.begin()
        clock.advance(seconds)
        meter.end(start, rows: rows)
    }

    @Test("Calls that begin while it warms up do not count")
    func warmUp() {
        let meter = ProbeMeter(seconds: 10, workers: 1, clock: clock)
        call(meter, seconds: 0.3, rows: 1000)  // the warm-up is no longer than that
        call(meter, seconds: 4, rows: 8)
        call(meter, seconds: 4, rows: 8)
        #expect(meter.result.rate == 2)
    }

    @Test("Work that was left over when the time was up does not count, except a sink's commit")
    func leftOvers() {
        let meter = ProbeMeter(seconds: 10, workers: 1, clock: clock)
        call(meter, seconds: 0.3, rows: 1)
        call(meter, seconds: 5, rows: 10)
        call(meter, seconds: 5, rows: 10)
        #expect(!meter.isOver)
        clock.advance(1)
        #expect(meter.isOver)
        call(meter, seconds: 100, rows: 1)
        #expect(meter.result.rate == 2)
        let commit = meter.begin()
        clock.advance(10)
        meter.end(commit, rows: 0, isLast: true)
        #expect(meter.result.rate == 1)
    }

    @Test("A stage whose calls are longer than the time gets two for each worker")
    func longCalls() {
        let meter = ProbeMeter(seconds: 1, workers: 2, clock: clock)
        call(meter, seconds: 60, rows: 1)
        for _ in 0..<3 {
            call(meter, seconds: 60, rows: 30)
            #expect(!meter.isOver)
        }
        call(meter, seconds: 60, rows: 30)
        #expect(meter.isOver)
        #expect(meter.result.rate == 1)
    }

    @Test("Nothing counted is a rate of 0")
    func nothing() {
        #expect(ProbeMeter(seconds: 1, workers: 1, clock: clock).result.rate == 0)
    }
}
