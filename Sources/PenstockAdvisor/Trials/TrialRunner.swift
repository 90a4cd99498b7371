package import PenstockCore
package import PenstockPlan

/// Runs a job again with other settings, so that advice can be tried before it is given.
///
/// The advisor's logic asks through this; `Penstock` implements it on real data, tests with a script.
package protocol TrialRunner: Sendable {
    /// Runs the job over a sample and reports; what it writes is removed again.
    ///
    /// - `images`: rows of the sample, the first of the source; nil: all of them.
    /// - Throws: `PlanError` for settings that cannot run together, `RunError` when the run failed.
    func run(_ changes: SettingChanges, images: Int?) async throws -> RunReport
}
