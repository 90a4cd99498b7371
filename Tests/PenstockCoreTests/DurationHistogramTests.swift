import PenstockCore
import Testing

@Suite struct DurationHistogramTests {
    @Test(arguments: [0.01, 0.25, 0.50, 0.95, 0.99, 1.0], [1e-5, 0.003, 0.25, 70])
    func percentilesAreWithinTwoPercent(share: Double, unit: Double) {
        var histogram = DurationHistogram()
        let durations = (1...1000).map { Double($0) * unit }
        for duration in durations.reversed() { histogram.add(duration) }
        let exact = durations[Int((share * 1000).rounded(.up)) - 1]
        #expect(abs(histogram.percentile(share) - exact) <= 0.02 * exact)
        #expect(histogram.total == 1000)
    }

    @Test func oneDurationIsEveryPercentile() {
        var histogram = DurationHistogram()
        histogram.add(0.1)
        for share in [0, 0.5, 1] { #expect(abs(histogram.percentile(share) - 0.1) <= 0.002) }
    }

    @Test func nothingHasNoPercentile() { #expect(DurationHistogram().percentile(0.5) == 0) }

    @Test(arguments: [0, -1, 1e-12])
    func lessThanAMicrosecondCountsAsOne(duration: Double) {
        var histogram = DurationHistogram()
        histogram.add(duration)
        #expect(abs(histogram.percentile(0.5) - 1e-6) <= 2e-8)
    }
}
