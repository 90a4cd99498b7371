import PenstockCore

/// Two ways of doing a job, measured in turn: how many times faster the second is, and how sure that is.
///
/// Ratios of neighbours in time cancel what hits both, such as a busy neighbour of a virtual machine.
package struct PairedComparison: Sendable, Equatable {
    /// Rates of the first way, in the order of measuring.
    package private(set) var before: [Double] = []
    /// Rates of the second way.
    package private(set) var after: [Double] = []

    /// A comparison without measurements.
    package init() {}

    /// Adds a pair, measured one after the other.
    package mutating func add(before: Double, after: Double) {
        self.before.append(before)
        self.after.append(after)
    }

    /// Second rate ÷ first rate of each pair.
    package var ratios: [Double] { zip(before, after).map { $0 > 0 ? $1 / $0 : 0 } }

    /// The median ratio: 1.25 means 25 % faster; 1 when nothing was measured.
    package var ratio: Double { Statistics.median(ratios) ?? 1 }

    /// Half the width of an interval about `ratio` that holds the true ratio in about 95 % of cases.
    ///
    /// From five pairs on by the median absolute deviation, which one outlier cannot widen; with three or four that would be
    /// the distance of the nearest two, which agree by chance, so that there the standard deviation counts. Student's t for few
    /// pairs; infinite for fewer than three.
    package var halfWidth: Double {
        let count = ratios.count
        guard count >= 3 else { return .infinity }
        let deviation = count < 5 ? standardDeviation : robustDeviation
        // The median of a normal sample spreads 1.25 times as much as its mean.
        return Statistics.studentQuantile(freedom: count - 1) * 1.25 * deviation / Double(count).squareRoot()
    }

    private var standardDeviation: Double {
        let mean = ratios.reduce(0, +) / Double(ratios.count)
        let squares = ratios.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(ratios.count - 1)).squareRoot()
    }

    private var robustDeviation: Double {
        let center = ratio
        let deviation = 1.4826 * (Statistics.median(ratios.map { abs($0 - center) }) ?? 0)
        // With few pairs it is too small and varies much: what makes the interval hold 95 % of 40,000 drawn normal samples.
        let factors = [5: 1.85, 6: 1.35, 7: 1.44, 8: 1.26, 9: 1.29, 10: 1.19, 11: 1.22]
        return deviation * (factors[ratios.count] ?? 1 + 2 / Double(ratios.count))
    }

    /// Whether the difference is larger than the noise and than `atLeast`, as a share of 1.
    package func isDifferent(atLeast: Double = 0) -> Bool { abs(ratio - 1) > max(halfWidth, atLeast) }
}
