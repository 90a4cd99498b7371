import PenstockCore
import Testing

@Suite("Time that remains")
struct RateHistoryTests {
    private func history(rates: [Int], total: Int?, loading: Int = 0) -> RateHistory {
        var history = RateHistory()
        var rows = 0
        for (index, rate) in (Array(repeating: 0, count: loading) + rates).enumerated() {
            rows += rate
            var look = RunSnapshot()
            look.seconds = Double(index + 1)
            look.rowsWritten = rows
            look.totalRows = total
            history.add(look)
        }
        return history
    }

    @Test("A steady rate gives a time without a band; rates that differ give one that narrows")
    func bands() throws {
        let steady = try #require(history(rates: Array(repeating: 10, count: 5), total: 150).remaining)
        #expect(steady.seconds == 10 && steady.halfWidth == 0)
        let few = try #require(history(rates: [8, 12, 8, 12], total: 1040).remaining)
        #expect(few.seconds == 100)
        // s = 2.31, so 2 · 2.31 · √(1/4 + 1/100) of 10.
        #expect(abs(try #require(few.halfWidth) - 23.55) < 0.01)
        let many = try #require(history(rates: (0..<20).map { $0 % 2 == 0 ? 8 : 12 }, total: 1200).remaining)
        #expect(try #require(many.halfWidth) < 0.5 * #require(few.halfWidth))
    }

    @Test("No time without a total or a rate, no band from fewer than four rates")
    func unknown() throws {
        #expect(history(rates: [10, 10], total: nil).remaining == nil)
        #expect(history(rates: [], total: 10).remaining == nil)
        #expect(history(rates: [0, 0], total: 10).remaining == nil)
        let early = try #require(history(rates: [10, 10, 10], total: 100).remaining)
        #expect(early.seconds == 7 && early.halfWidth == nil)
    }

    @Test("Loading is no rate, and what is longer ago than thirty intervals counts no more")
    func whatCounts() throws {
        #expect(history(rates: [10, 10], total: 100, loading: 9).rate == 10)
        let changed = history(rates: Array(repeating: 1, count: 50) + Array(repeating: 20, count: 30), total: 1000)
        #expect(changed.rate == 20)
    }

    @Test("Looks that come often are gathered, and quarantined and skipped rows are done")
    func gathering() throws {
        var history = RateHistory()
        for tick in 1...20 {
            var look = RunSnapshot()
            look.seconds = Double(tick) / 4
            look.rowsWritten = tick
            look.rowsQuarantined = tick
            look.rowsSkipped = tick
            look.totalRows = 120
            history.add(look)
        }
        #expect(history.rate == 12)
        #expect(history.remaining?.seconds == 5)
    }

    @Test("A cost is that of the time, and per thousand rows where there are any")
    func cost() {
        #expect(CostReport(pricePerHour: 3.6, seconds: 10, rows: 500).total == 0.01)
        #expect(CostReport(pricePerHour: 3.6, seconds: 10, rows: 500).per1000 == 0.02)
        #expect(CostReport(pricePerHour: 3.6, seconds: 10, rows: 0).per1000 == nil)
    }
}
