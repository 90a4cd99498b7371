package import PenstockCore
package import PenstockPlan

/// Runs of one sample: as the job is, and with each of some changes, in pairs that were made at the same time.
package struct TrialResults: Sendable {
    private var pairs: [SettingChanges: [(plain: RunReport, changed: RunReport)]] = [:]

    /// Nothing was tried.
    package init() {}

    /// Adds a run with changes, and one as the job is that was made beside it.
    package mutating func add(_ changes: SettingChanges, plain: RunReport, changed: RunReport) {
        pairs[changes, default: []].append((plain, changed))
    }

    /// The run of the middle among those with these changes; nil when they were not tried.
    package func middle(_ changes: SettingChanges) -> RunReport? {
        let sorted = (pairs[changes] ?? []).map(\.changed).sorted { $0.imagesPerSecond < $1.imagesPerSecond }
        return sorted.dropFirst(sorted.count / 2).first
    }

    /// The rates of all pairs.
    func comparison(_ changes: SettingChanges) -> PairedComparison {
        var comparison = PairedComparison()
        for pair in pairs[changes] ?? [] {
            comparison.add(before: pair.plain.imagesPerSecond, after: pair.changed.imagesPerSecond)
        }
        return comparison
    }

    /// What rounds that happened to agree differ by all the same, as a share of 1.
    static let leastNoise = 0.05
    /// Pairs of runs that a prediction is held against.
    static let judgingPairs = 5.0

    /// What a later measurement of the gain may differ by, as a share of 1.
    ///
    /// Half the width of the 95 % interval of the ratio, and that of the measurement, whose own few pairs differ as these do.
    package func noise(_ changes: SettingChanges) -> Double {
        let comparison = comparison(changes)
        guard let width = comparison.spread else { return 0 }
        let later = width * (Double(comparison.ratios.count) / Self.judgingPairs).squareRoot()
        return .exp((width * width + later * later + Self.leastNoise * Self.leastNoise).squareRoot()) - 1
    }
}

extension DoctorFacts {
    /// How many times faster the trials of changes were; nil without trials.
    ///
    /// The interval is as wide as their pairs differ.
    package func gain(trying changes: SettingChanges) -> GainReport? {
        let comparison = trials.comparison(changes)
        guard !comparison.ratios.isEmpty, comparison.ratio > 0 else { return nil }
        let noise = trials.noise(changes)
        return GainReport(
            low: comparison.ratio / (1 + noise),
            likely: comparison.ratio,
            high: comparison.ratio * (1 + noise)
        )
    }
}
