package import PenstockCore
package import PenstockPlan

/// Runs of one sample: as the job is, and with each of some changes, in pairs that were made at the same time.
package struct TrialResults: Sendable {
    /// Two runs that share what disturbed the machine.
    struct Pair: Sendable {
        /// The job as it is.
        var plain: RunReport
        /// With changes.
        var changed: RunReport

        /// How many times as fast the changed one was.
        var ratio: Double { plain.imagesPerSecond > 0 ? changed.imagesPerSecond / plain.imagesPerSecond : 0 }
    }

    private var pairs: [SettingChanges: [Pair]] = [:]

    /// Nothing was tried.
    package init() {}

    /// Adds a run with changes, and one as the job is that was made beside it.
    package mutating func add(_ changes: SettingChanges, plain: RunReport, changed: RunReport) {
        pairs[changes, default: []].append(Pair(plain: plain, changed: changed))
    }

    /// The pair of the middle by how much faster the changed run was; nil when these changes were not tried.
    func middlePair(_ changes: SettingChanges) -> Pair? {
        let sorted = (pairs[changes] ?? []).sorted { $0.ratio < $1.ratio }
        return sorted.dropFirst(sorted.count / 2).first
    }

    /// The run with changes of that pair.
    package func middle(_ changes: SettingChanges) -> RunReport? { middlePair(changes)?.changed }

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
    /// How many times faster the sample should be with changes, from what its stages cost in the trials of both.
    ///
    /// - `adapt`: changes what the stages of the trial cost, where that is not yet what it will be. Nil without trials.
    func gain(trying changes: SettingChanges, _ adapt: (inout Forecast) -> Void = { _ in }) -> GainReport? {
        guard let pair = trials.middlePair(changes) else { return nil }
        let before = Forecast(pair.plain, cores: cores)
        var after = Forecast(pair.changed, cores: changes.values["cores"] == nil ? cores : machine.cores)
        adapt(&after)
        return before.gain(of: after, noise: trials.noise(changes))
    }

    /// How many times faster the trials of changes were, with the noise of the rounds: for changes whose effect is in how
    /// stages wait for each other, which no sum of costs tells.
    package func measuredGain(trying changes: SettingChanges) -> GainReport? {
        guard let pair = trials.middlePair(changes), pair.plain.imagesPerSecond > 0 else { return nil }
        let ratio = pair.ratio
        let noise = trials.noise(changes)
        return GainReport(low: ratio / (1 + noise), likely: ratio, high: ratio * (1 + noise))
    }
}
