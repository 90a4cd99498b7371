package import PenstockCore

/// How much runs of one and the same job differ, and how that is known.
package struct Noise: Sendable, Equatable {
    /// Where the figure comes from.
    package enum Source: Sendable, Equatable {
        /// From so many runs of the job.
        case runs(Int)
        /// What machines show as a rule.
        case experience
        /// From how much the batches of the runs themselves differ, and not below what machines show between runs.
        case batches
    }

    /// Runs on one quiet machine differ by that much, as a rule; used where nothing better is known.
    private static let usual = 0.03
    /// So many distances can do without the largest, which makes their mean smaller by as much as `trimming` makes up for.
    private static let many = 8
    private static let trimming = 1.2

    /// Standard deviation of a run's time, as a share of it.
    package let share: Double
    /// How it is known.
    package let source: Source
    /// How many deviations to add on each side for 95 %.
    let quantile: Double

    /// Where nothing is known.
    static let assumed = Noise(share: usual, source: .experience, quantile: 2)

    private init(share: Double, source: Source, quantile: Double) {
        self.share = share
        self.source = source
        self.quantile = quantile
    }

    /// From groups of runs: how far each is from the middle of its own group.
    ///
    /// Nil for fewer than three such distances.
    /// The mean distance rather than its square, and of many without the largest, as one run that was disturbed must not hide
    /// everything.
    ///
    /// - `least`: what it is at least; equal runs are no proof of exactness.
    package init?(groups: [[Double]], least: Double = 0.005) {
        let groups = groups.map { $0.filter { $0 > 0 } }.filter { $0.count > 1 }
        let freedom = groups.reduce(0) { $0 + $1.count - 1 }
        guard freedom >= 3 else { return nil }
        let distances = groups.flatMap { group in
            let middle = Statistics.median(group) ?? 0
            return group.map { abs($0 - middle) / middle }
        }
        // Normal values lie 0.80 standard deviations from their mean, on average.
        if freedom >= Self.many {
            let rest = distances.reduce(0, +) - (distances.max() ?? 0)
            share = max(Self.trimming * 1.2533 * rest / Double(freedom - 1), least)
        } else {
            share = max(1.2533 * distances.reduce(0, +) / Double(freedom), least)
        }
        source = .runs(groups.reduce(0) { $0 + $1.count })
        quantile = Statistics.studentQuantile(freedom: freedom)
    }

    /// From the spread of batch latencies in the runs themselves, averaged over the batches of a run.
    package init(batchesOf reports: [RunReport]) {
        let shares = reports.map { report in
            let latency = report.batchLatencyMs
            let tasks = report.stages.first { $0.name == "model" }?.tasks ?? 0
            guard latency.p50 > 0, tasks > 0 else { return 0.0 }
            return (latency.p95 - latency.p50) / 1.645 / latency.p50 / Double(tasks).squareRoot()
        }
        share = max(shares.max() ?? 0, Self.usual)
        source = .batches
        quantile = 2
    }

    /// Half the width of a 95 % interval about the ratio of two groups' medians.
    package func halfWidth(_ first: Int, _ second: Int) -> Double {
        func variance(_ count: Int) -> Double {
            // The median of three and more normal values spreads 1.25 times as much as their mean.
            (count > 2 ? 1.5625 : 1) / Double(max(count, 1))
        }
        return quantile * share * (variance(first) + variance(second)).squareRoot()
    }

    /// Where it comes from, for people.
    package var text: String {
        switch source {
        case .runs(let count): "noise of \(Words.percent(share)), from \(count) runs of this job"
        case .experience:
            "noise of \(Words.percent(share)), as runs on a machine differ; runs of the same job would tell more"
        case .batches:
            "noise of \(Words.percent(share)), from the spread of the batches; runs of the same job would tell more"
        }
    }
}
