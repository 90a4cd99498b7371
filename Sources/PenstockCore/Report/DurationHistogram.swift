/// Durations in buckets 2 % wide, so that percentiles of any number of tasks take the same memory.
package struct DurationHistogram: Sendable {
    private static let growth = 1.02
    private static let bucketsPerLogarithm = 1 / Double.log(growth)
    private var counts: [Int] = []
    package private(set) var total = 0

    package init() {}

    /// Adds one duration, in seconds.
    package mutating func add(_ seconds: Double) {
        let microseconds = max(seconds * 1e6, 1)
        let bucket = Int(Double.log(microseconds) * Self.bucketsPerLogarithm)
        if bucket >= counts.count { counts += Array(repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] += 1
        total += 1
    }

    /// The duration in seconds that a share of all durations stays below; 0 when there are none.
    package func percentile(_ share: Double) -> Double {
        let wanted = Double(total) * share
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if count > 0, Double(seen) >= wanted { return Double.pow(Self.growth, Double(bucket) + 0.5) / 1e6 }
        }
        return 0
    }
}
