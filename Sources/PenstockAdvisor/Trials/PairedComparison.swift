import PenstockCore

/// Two ways of doing a job, measured side by side or in turn: how many times faster the second is, and how sure that is.
///
/// Ratios of neighbours in time cancel what hits both, such as a busy neighbour of a virtual machine.
package struct PairedComparison: Sendable, Equatable {
    /// Rates of the first way, in the order of measuring.
    package private(set) var before: [Double] = []
    /// Rates of the second way.
    package private(set) var after: [Double] = []

    /// A comparison without measurements.
    package init() {}

    /// Adds a pair of neighbours in time.
    package mutating func add(before: Double, after: Double) {
        self.before.append(before)
        self.after.append(after)
    }

    /// Second rate ÷ first rate of each pair.
    package var ratios: [Double] { zip(before, after).map { $0 > 0 ? $1 / $0 : 0 } }

    /// The median ratio: 1.25 means 25 % faster; 1 when nothing was measured.
    package var ratio: Double { logarithms.isEmpty ? Statistics.median(ratios) ?? 1 : .exp(center) }

    /// What holds the true ratio in about 95 % of cases; nil for fewer than three pairs, or when a rate was 0.
    ///
    /// Noise multiplies: half as fast is as far from the truth as twice as fast. So its ends are as many times below `ratio` as above.
    package var interval: ClosedRange<Double>? {
        guard let spread else { return nil }
        return ratio / .exp(spread)...ratio * .exp(spread)
    }

    /// Half the width of the interval; infinite where there is none.
    package var halfWidth: Double { interval.map { ($0.upperBound - $0.lowerBound) / 2 } ?? .infinity }

    /// How far the ends of the interval lie from `ratio`, as a natural logarithm.
    ///
    /// From five pairs on by the median absolute deviation, which one outlier cannot widen; with three or four that would be
    /// the distance of the nearest two, which agree by chance, so that there the standard deviation counts. Student's t for few
    /// pairs.
    var spread: Double? {
        let count = logarithms.count
        guard count >= 3 else { return nil }
        let deviation = count < 5 ? standardDeviation : robustDeviation
        // The median of a normal sample spreads 1.25 times as much as its mean.
        return Statistics.studentQuantile(freedom: count - 1) * 1.25 * deviation / Double(count).squareRoot()
    }

    /// Of all ratios; empty when one of them has none.
    private var logarithms: [Double] { ratios.allSatisfy { $0 > 0 } ? ratios.map { .log($0) } : [] }

    private var center: Double { Statistics.median(logarithms) ?? 0 }

    private var standardDeviation: Double {
        let values = logarithms
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }

    private var robustDeviation: Double {
        let center = center
        let deviation = 1.4826 * (Statistics.median(logarithms.map { abs($0 - center) }) ?? 0)
        // With few pairs it is too small and varies much: what makes the interval hold 95 % of 40,000 drawn normal samples.
        let factors = [5: 1.85, 6: 1.35, 7: 1.44, 8: 1.26, 9: 1.29, 10: 1.19, 11: 1.22]
        return deviation * (factors[ratios.count] ?? 1 + 2 / Double(ratios.count))
    }

    /// Whether the interval leaves out 1, and one way is more than `1 + atLeast` times as fast as the other.
    package func isDifferent(atLeast: Double = 0) -> Bool {
        guard let spread else { return false }
        return abs(center) > max(spread, .log(1 + atLeast))
    }
}
