/// A change between two groups of runs, as a share, with an interval that holds the true one in about 95 % of cases.
package struct Change: Sendable, Equatable {
    /// 0.15 is 15 % more.
    package let share: Double
    /// From the least to the most that it may be.
    package let interval: ClosedRange<Double>
    /// Whether it is more than the noise.
    package let isCertain: Bool

    init(_ share: Double, _ interval: ClosedRange<Double>, isCertain: Bool) {
        self.share = share
        self.interval = interval
        self.isCertain = isCertain
    }

    /// No change.
    static let unchanged = Change(0, 0...0, isCertain: false)

    /// The change of a time that disturbances lengthen.
    ///
    /// From the quiet runs of groups of three and more, else from the medians and what is known of the noise. Nil without
    /// runs on both sides.
    init?(from before: [Double], to after: [Double], noise: Noise) {
        guard let first = QuietTime(before), let second = QuietTime(after) else { return nil }
        guard min(first.count, second.count) < QuietTime.fewest else {
            let interval = second.interval(from: first)
            let isCertain = !interval.contains(0) && (second.isApart(from: first) || first.isApart(from: second))
            self.init(second.slowdown(from: first), interval, isCertain: isCertain)
            return
        }
        let share = second.median / first.median - 1
        let half = noise.halfWidth(first.count, second.count) * (1 + max(share, 0))
        self.init(share, (share - half)...(share + half), isCertain: abs(share) > half)
    }

    /// Half the width of the interval.
    package var halfWidth: Double { (interval.upperBound - interval.lowerBound) / 2 }

    /// Both changes, one after the other.
    func and(_ other: Change) -> Change {
        let least = (1 + interval.lowerBound) * (1 + other.interval.lowerBound) - 1
        let most = (1 + interval.upperBound) * (1 + other.interval.upperBound) - 1
        let share = (1 + share) * (1 + other.share) - 1
        return Change(share, min(least, most)...max(least, most), isCertain: isCertain && other.isCertain)
    }
}
