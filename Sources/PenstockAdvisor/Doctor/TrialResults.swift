package import PenstockCore
package import PenstockPlan

/// Runs of one sample, in turn: as the job is, and with each of some changes.
package struct TrialResults: Sendable {
    /// The job as it is, once a round.
    package private(set) var plain: [RunReport] = []
    /// The same sample with changes, once a round.
    package private(set) var changed: [SettingChanges: [RunReport]] = [:]

    /// Nothing was tried.
    package init() {}

    /// Adds a round: the plain run, and those with changes that were made right after it.
    package mutating func add(plain: RunReport, changed: [SettingChanges: RunReport]) {
        self.plain.append(plain)
        for (changes, report) in changed { self.changed[changes, default: []].append(report) }
    }

    /// The run of the middle among the trials of changes; nil when they were not tried.
    package func middle(_ changes: SettingChanges) -> RunReport? { Self.middle(changed[changes] ?? []) }

    /// The run of the middle among those of the job as it is.
    package var middle: RunReport? { Self.middle(plain) }

    /// What rounds that happened to agree differ by all the same, as a share of 1.
    static let leastNoise = 0.05
    /// Pairs of runs that a prediction is held against.
    static let judgingPairs = 5.0

    /// What a later measurement of the gain may differ by, as a share of 1.
    ///
    /// Half the width of the 95 % interval of the ratio, and that of the measurement, whose own few pairs differ as these do.
    package func noise(_ changes: SettingChanges) -> Double {
        var pairs = PairedComparison()
        for (before, after) in zip(plain, changed[changes] ?? []) {
            pairs.add(before: before.imagesPerSecond, after: after.imagesPerSecond)
        }
        guard let width = pairs.spread else { return 0 }
        let later = width * (Double(pairs.ratios.count) / Self.judgingPairs).squareRoot()
        return .exp((width * width + later * later + Self.leastNoise * Self.leastNoise).squareRoot()) - 1
    }

    private static func middle(_ reports: [RunReport]) -> RunReport? {
        reports.sorted { $0.imagesPerSecond < $1.imagesPerSecond }.dropFirst(reports.count / 2).first
    }
}

extension DoctorFacts {
    /// How many times faster the sample should be with changes, from what its stages cost in the trials of both.
    ///
    /// - `adapt`: changes what the stages of the trial cost, where that is not yet what it will be. Nil without trials.
    func gain(trying changes: SettingChanges, _ adapt: (inout Forecast) -> Void = { _ in }) -> GainReport? {
        guard let plain = trials.middle, let tried = trials.middle(changes) else { return nil }
        let before = Forecast(plain, cores: cores)
        var after = Forecast(tried, cores: changes.values["cores"] == nil ? cores : machine.cores)
        adapt(&after)
        return before.gain(of: after, noise: trials.noise(changes))
    }

    /// How many times faster the trials of changes were, with the noise of the rounds: for changes whose effect is in how
    /// stages wait for each other, which no sum of costs tells.
    package func measuredGain(trying changes: SettingChanges) -> GainReport? {
        guard let plain = trials.middle, let tried = trials.middle(changes), plain.imagesPerSecond > 0 else {
            return nil
        }
        let ratio = tried.imagesPerSecond / plain.imagesPerSecond
        let noise = trials.noise(changes)
        return GainReport(low: ratio / (1 + noise), likely: ratio, high: ratio * (1 + noise))
    }
}
