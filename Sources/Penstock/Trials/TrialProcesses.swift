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

    /// The report with times that count only these turns: in between the process was stopped, while its clock went on.
    ///
    /// The rate is exact. Other times are taken for the same share of what they were, as turns are short against them; what
    /// single batches took, and CPU time, stay as they are.
    package func report(countingOnly turns: [ClosedRange<Double>]) -> RunReport {
        var report = report
        let processing = report.processingSeconds
        let active = turns.seconds(from: end - processing, to: end)
        guard active > 0, processing > 0 else { return report }
        let share = min(active / processing, 1)
        report.imagesPerSecond = Double(report.rowsWritten) / active
        report.wallSeconds *= share
        report.startupSeconds *= share
        for index in report.stages.indices { report.stages[index].shorten(to: share) }
        return report
    }
}

extension [ClosedRange<Double>] {
    /// Seconds of turns that lie between two times: how long a process could run then.
    func seconds(from begin: Double, to end: Double) -> Double {
        reduce(0) { $0 + Swift.max(0, Swift.min($1.upperBound, end) - Swift.max($1.lowerBound, begin)) }
    }
}

extension StageReport {
    /// Takes a share of all times that went on while the process was stopped.
    fileprivate mutating func shorten(to share: Double) {
        lifetimeSeconds *= share
        workerSeconds *= share
        startingSeconds *= share
        busySeconds *= share
        starvedSeconds *= share
        heldSeconds *= share
        heldBy = heldBy.mapValues { $0 * share }
        wallSecondsPerTask.min *= share
        wallSecondsPerTask.mean *= share
        wallSecondsPerTask.max *= share
        work.modelLoadSeconds *= share
        work.inferenceSeconds *= share
        work.makingSeconds *= share
        work.decodeSeconds *= share
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
