import ArgumentParser
import Penstock
import PenstockAdvisor

/// What a run tells while it goes on and when it has ended: shared by all commands that run one.
struct ReportingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Also write the report to this file.", valueName: "file"))
    var report: String?

    @Option(help: "Progress on stderr: auto, plain (a line every 10 s) or none.")
    var progress = ProgressStyle.auto

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Also print every setting with its origin and reason.")
    var verbose = false

    @Flag(help: "Do not keep this run in the ledger (penstock runs).")
    var noLedger = false

    /// Runs a job and tells how it went.
    ///
    /// - `more`: lines for the end of the summary, where rows were written.
    func run(_ job: Job, more: () throws -> [String] = { [] }) async throws {
        let monitor = RunMonitor()
        var options = job.options
        options.monitor = monitor
        let line = ProgressLine(rowsAre: job.rowsAre, pricePerHour: options.pricePerHour)
        let reporter = ProgressReporter(monitor, style: progress, isQuiet: quiet, line: line)
        reporter?.start()
        do {
            let report = try await Interruption.handling { [options] in
                try await job.dataset.write(job.table, options: options)
            }
            reporter?.stop()
            try finish(report, job, more)
        } catch let error as RunError {
            reporter?.stop()
            try finish(error.report, job, more)
            throw error
        } catch {
            reporter?.stop()
            throw error
        }
    }

    private func finish(_ report: RunReport, _ job: Job, _ more: () throws -> [String]) throws {
        if !noLedger, let warning = RunHistory.keep(report, output: job.table.directory), !quiet {
            Terminal.standardError(warning)
        }
        if let path = self.report { try ReportFile.write(report.json(), to: path) }
        if quiet { return }
        if report.outcome == .failed, report.rowsWritten == 0 { return }
        let output = job.table.directory
        let summary = RunSummary(report, output: output, rowsAre: job.rowsAre)
        if verbose { for remark in job.remarks { print("Remark   \(remark)") } }
        if let profile = job.profile { print("Profile  \(profile)") }
        for line in summary.lines(verbose: verbose) + summary.quarantine() + summary.samples() { print(line) }
        if report.rowsWritten > 0 { for line in try more() { print(line) } }
        let shown = output.withoutKeys
        let folder = shown.hasSuffix("/") ? shown : shown + "/"
        print("\nOutput   \(shown) (report: \(folder)_penstock/report.json)")
        let next = NextCommand.lines(Doctor.together(report.findings), job)
        for line in FindingText.short(report.findings) + summary.verdict() + next { print(line) }
    }
}
