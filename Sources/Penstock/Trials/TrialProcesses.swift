package import PenstockCore
import PenstockPlan

/// One run of a job's sample, for a process of its own.
package struct Trial: Codable, Sendable {
    /// What differs from the job.
    package var changes: [String: String]
    /// Rows of the sample; nil: all.
    package var images: Int?
    /// Files that are read instead of the job's own; nil: those.
    package var paths: [String]?
}

/// Runs trials of a job in processes of their own, which take turns.
///
/// A program can do so that knows how to start itself again: the command line is one, a host of the library need not be.
package protocol TrialProcesses: Sendable {
    /// - Returns: the reports; their times are those in which each could run.
    /// - Throws: `PlanError` when one cannot run; `CancellationError`.
    func run(_ trials: [Trial]) async throws -> [RunReport]
}

extension DatasetTrials {
    /// One trial, in the process that was started for it.
    ///
    /// - Throws: as `run`.
    package func report(_ trial: Trial) async throws -> RunReport {
        try await reading(trial.paths).run(SettingChanges(trial.changes), images: trial.images)
    }
}
