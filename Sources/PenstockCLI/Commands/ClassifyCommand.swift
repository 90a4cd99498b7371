import ArgumentParser
import Penstock

/// `penstock classify`: the main job.
struct ClassifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Predicts a class for each image and writes Parquet.",
        discussion: """
            Examples:
              penstock classify photos/ --model resnet50.onnx --output predictions/
              penstock classify photos/ more/*.png --model resnet50.onnx --labels imagenet.txt --top-k 5 --output predictions/
              penstock classify @list.txt --model squeezenet.onnx --preset caffe --output predictions/ --resume
              penstock classify photos/ --model resnet50.onnx --precision f32 --exif ignore --output reference/

            What cannot be read or decoded is quarantined with its reason, and the run goes on. See it with
            penstock show DIR --quarantine.
            """
    )

    @OptionGroup var job: JobOptions

    @Option(help: ArgumentHelp("Also write the report to this file.", valueName: "file"))
    var report: String?

    @Option(
        help: ArgumentHelp(
            "CSV file with columns file and index: prints the share of right predictions.",
            valueName: "file"
        )
    )
    var truth: String?

    @Option(help: "Progress on stderr: auto, plain (a line every 10 s) or none.")
    var progress = ProgressStyle.auto

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Also print every setting with its origin and reason.")
    var verbose = false

    func run() async throws {
        let dataset = try job.dataset()
        let table = job.table
        let monitor = RunMonitor()
        var options = job.runOptions()
        options.monitor = monitor
        let reporter = ProgressReporter(monitor, style: progress, isQuiet: quiet)
        reporter?.start()
        do {
            let report = try await Interruption.handling { [options] in try await dataset.write(table, options: options)
            }
            reporter?.stop()
            try finish(report)
        } catch let error as RunError {
            reporter?.stop()
            try finish(error.report)
            throw error
        } catch {
            reporter?.stop()
            throw error
        }
    }

    private func finish(_ report: RunReport) throws {
        if let path = self.report { try ReportFile.write(report.json(), to: path) }
        if quiet { return }
        if report.outcome == .failed, report.rowsWritten == 0 { return }
        let summary = RunSummary(report, output: job.output)
        for line in summary.lines(verbose: verbose) + summary.quarantine() + summary.samples() { print(line) }
        if let truth, report.rowsWritten > 0 {
            let accuracy = try Predictions(in: job.output).accuracy(against: truth)
            print(
                "\nTop-1    \(Format.percent(accuracy.share)) (\(Format.count(accuracy.correct)) of \(Format.count(accuracy.known)) labelled images)"
            )
        }
        let output = job.output.withoutKeys
        print("\nOutput   \(output) (report: \(output)/_penstock/report.json)")
        print(summary.verdict)
    }
}
