package import PenstockCore
package import PenstockPlan

/// What a search may do.
package struct TuningRequest: Sendable {
    /// Seconds for all of it.
    package var seconds = 90.0
    /// Settings that somebody decided, which are left as they are.
    package var fixed: Set<String> = []
    /// Settings that may change answers and were allowed to: `precision`, `resize-quality`.
    package var allowed: Set<String> = []
    /// Share of images that must get the same class as before when such a setting is changed.
    package var minimumAgreement = 0.995
    /// Cores of the machine.
    package var machineCores = 1
    /// Bytes of the machine's memory.
    package var machineMemory = Int.max
    /// Images that a run may have at most.
    package var availableImages = Int.max
    /// What a gain must exceed to be worth a setting, as a share of 1.
    package var minimumGain = 0.01

    /// The defaults.
    package init() {}

    /// Seconds that a run shall take once the model is loaded, at most.
    var longestRun = 1.5

    /// Seconds that a run shall take: so that a search of any length has some forty of them.
    var secondsPerRun: Double { longestRun * min(1, seconds / 67.5) }
}

/// Compares answers of two ways to run a job.
package protocol AgreementRunner: Sendable {
    /// The share of the first `images` images that get the same class with the changes as without those that change answers.
    func agreement(_ changes: SettingChanges, without reference: SettingChanges, images: Int) async throws -> Double
}

/// What a search needs beside its request: something to run the job with, a clock, and somebody to tell.
package struct TuningTools: Sendable {
    /// Runs the job.
    package var runner: any TrialRunner
    /// Compares answers; nil: settings that change them are not tried.
    package var agreement: (any AgreementRunner)?
    /// Tells the time.
    package var clock: any RunClock
    /// Hears of each step.
    package var tell: @Sendable (TuningEvent) -> Void

    package init(
        runner: any TrialRunner,
        agreement: (any AgreementRunner)? = nil,
        clock: any RunClock = MonotonicClock(),
        tell: @escaping @Sendable (TuningEvent) -> Void = { _ in }
    ) {
        self.runner = runner
        self.agreement = agreement
        self.clock = clock
        self.tell = tell
    }
}
