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

/// What such a run gave.
package struct TrialAnswer: Codable, Sendable {
    /// The run's report.
    package var report: RunReport
    /// When it ended, on the clock of `Platform.monotonicSeconds`.
    package var end: Double

    /// The report with a rate that counts only the time within these turns: in between the process was stopped, while its clock
    /// went on.
    package func report(countingOnly turns: [ClosedRange<Double>]) -> RunReport {
        var report = report
        let begin = end - report.processingSeconds
        let active = turns.reduce(0) { $0 + max(0, min($1.upperBound, end) - max($1.lowerBound, begin)) }
        if active > 0 { report.imagesPerSecond = Double(report.rowsWritten) / active }
        return report
    }
}

/// Runs trials of a job in processes of their own, which take turns.
///
/// A program can do so that knows how to start itself again: the command line is one, a host of the library need not be.
package protocol TrialProcesses: Sendable {
    /// - Returns: the reports, with the rates of the time in which each could run.
    /// - Throws: `PlanError` when one cannot run; `CancellationError`.
    func run(_ trials: [Trial]) async throws -> [RunReport]
}

extension DatasetTrials {
    /// One trial, in the process that was started for it.
    ///
    /// - Throws: as `run`.
    package func answer(_ trial: Trial) async throws -> TrialAnswer {
        let report = try await reading(trial.paths).run(SettingChanges(trial.changes), images: trial.images)
        return TrialAnswer(report: report, end: Platform.monotonicSeconds)
    }
}
