import PenstockCore

/// How long an image takes when nothing disturbs the machine, from runs of which some were disturbed.
///
/// What else runs on a machine, or beside a virtual one, only ever adds time, and comes in bursts of seconds. So fast runs tell
/// what the job itself takes: of n runs the n/4-th fastest. One lucky run does not set it, and it stays where it is until three
/// quarters of the runs are disturbed. A job that has become slower is slower in its fast runs too.
struct QuietTime {
    /// Fewer runs say nothing of how much they differ.
    static let fewest = 3

    /// In ascending order; never empty.
    private let times: [Double]

    /// Nil without times above 0.
    init?(_ times: [Double]) {
        let sorted = times.filter { $0 > 0 && $0.isFinite }.sorted()
        guard !sorted.isEmpty else { return nil }
        self.times = sorted
    }

    /// How many runs it is from.
    var count: Int { times.count }

    /// The time of an image.
    var milliseconds: Double { times[rank - 1] }

    /// The middle of all runs, of use where there are few.
    var median: Double { Statistics.median(times) ?? milliseconds }

    private var rank: Int { (times.count + 3) / 4 }

    /// How much longer this is than another, as a share: 0.15 is 15 % slower.
    func slowdown(from other: QuietTime) -> Double { milliseconds / other.milliseconds - 1 }

    /// Whether this is slower than nearly all runs of another, disturbed ones among them.
    ///
    /// A machine can be slow for minutes. Only what is slower than the disturbed runs of before is not that.
    func isApart(from other: QuietTime) -> Bool {
        milliseconds > Statistics.quantile(0.9, of: other.times) ?? .infinity
    }

    /// An interval about `slowdown(from:)` that holds the true one in about 95 % of cases.
    ///
    /// By bootstrap: what would come out of other runs like these, drawn from these. Computed exactly, so that the same runs
    /// always give the same interval.
    func interval(from other: QuietTime) -> ClosedRange<Double> {
        let mine = likely
        var ratios: [(value: Double, share: Double)] = []
        for (before, shareBefore) in other.likely {
            ratios += mine.map { ($0.value / before - 1, $0.share * shareBefore) }
        }
        ratios.sort { $0.value < $1.value }
        func quantile(_ wanted: Double) -> Double {
            var seen = 0.0
            return ratios.first {
                seen += $0.share; return seen >= wanted
            }?.value ?? slowdown(from: other)
        }
        return quantile(0.025)...max(quantile(0.975), quantile(0.025))
    }

    /// The values that `milliseconds` would have in other draws of as many runs, with the share of draws that give each.
    private var likely: [(value: Double, share: Double)] {
        var below = 0.0
        return times.indices.compactMap { index in
            // At least `rank` of the drawn runs are no slower than this one.
            let upTo = chance(of: rank, share: Double(index + 1) / Double(times.count))
            defer { below = upTo }
            return upTo - below > 1e-6 ? (times[index], upTo - below) : nil
        }
    }

    /// How likely at least so many of as many draws as there are runs are hits, where a share of all are.
    private func chance(of hits: Int, share: Double) -> Double {
        guard share < 1 else { return 1 }
        let draws = times.count
        var exactly = Double.pow(1 - share, Double(draws))
        var fewer = 0.0
        for number in 0..<hits {
            fewer += exactly
            exactly *= Double(draws - number) / Double(number + 1) * share / (1 - share)
        }
        return 1 - fewer
    }
}
