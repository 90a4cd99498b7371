import ArgumentParser
import Penstock
import PenstockAdvisor

/// `penstock doctor`: what makes a job slow or unsafe, what a change would gain, and whether that is true.
struct DoctorCommand: AsyncParsableCommand, TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Finds classic mistakes, with evidence, predicted gain and fix; --fix measures the gain.",
        discussion: """
            Examples:
              penstock doctor pipeline.yaml
              penstock doctor pipeline.yaml --fix
              penstock doctor photos/ --model resnet50.onnx --batch-size 1
              penstock doctor predictions/
              penstock doctor --accuracy

            Runs a sample of the job into a temporary folder; of an earlier run only its report is read. Every rule and what it
            cost when we measured it: docs/mistakes/README.md.
            """
    )

    @Argument(help: "A pipeline file; a folder of predictions; a report (.json); or images, with --model.")
    var paths: [String] = []

    @Option(name: .shortAndLong, help: "With images: the model, an ONNX file or an OpenVINO IR (.xml).")
    var model: String?

    @Option(help: ArgumentHelp("Images of the sample; as many as take two seconds unless given.", valueName: "n"))
    var images: Int?

    @Flag(help: "Write the changed pipeline file beside the old one, and measure each predicted gain.")
    var fix = false

    @Option(help: ArgumentHelp("Pairs of runs for each gain that --fix measures.", valueName: "n"))
    var repeats = 5

    @Flag(help: "Print how good the predictions were that --fix measured so far.")
    var accuracy = false

    @Option(help: ArgumentHelp("Also write findings and measurements to this file.", valueName: "file"))
    var json: String?

    @OptionGroup(title: "Preprocessing")
    var preprocessing: PreprocessingOptions

    @OptionGroup(title: "Speed")
    var speed: SpeedOptions

    func validate() throws {
        if accuracy { return }
        if paths.isEmpty {
            throw ValidationError("name a pipeline file, a folder of predictions, a report, or images.")
        }
        if let images, images < 1 { throw ValidationError("--images \(images): at least 1 image is needed.") }
        if !(3...100).contains(repeats) { throw ValidationError("--repeats \(repeats): it is 3 to 100.") }
        if model == nil, let name = (preprocessing.typed + speed.typed).first(where: \.isTyped)?.name {
            throw ValidationError("--\(name) is for images with --model; in a pipeline file it has a line of its own.")
        }
    }

    func run() async throws {
        if accuracy {
            for line in try store().lines() { print(line) }
            return
        }
        switch try DoctorSubject(paths, hasModel: model != nil) {
        case .report(let report):
            if fix {
                throw PlanError("--fix runs the job, and a report is not one; name its pipeline file.", isUsage: true)
            }
            let findings = Doctor.advice(DoctorFacts(report: report, machine: .current))
            show(findings, "the report of \(Format.count(report.rowsWritten)) rows")
            let found = DoctorReport(findings)
            showTogether(found)
            try write(found)
        case .pipeline(let path): try await examine(try trialJob(), file: path)
        case .images: try await examine(try trialJob(), file: nil)
        }
    }

    /// The job of a pipeline file, or of images and a model.
    func trialJob() throws -> Job {
        var job: Job
        switch try DoctorSubject(paths, hasModel: model != nil) {
        case .report: throw PlanError("a report is no job that could run.", isUsage: true)
        case .pipeline(let path): job = try PipelineFile(path).job()
        case .images(let paths):
            var options = RunOptions()
            speed.apply(to: &options)
            for (name, isTyped) in preprocessing.typed + speed.typed where isTyped { options.origins[name] = .flag }
            let classifier = try speed.configured(try preprocessing.configured(Classifier(model: model ?? "")))
            job = Job(
                dataset: Dataset.readImages(from: paths).predict(with: classifier),
                table: WriteTable(directory: "sample"),
                options: options
            )
        }
        job.options.cacheDirectory = UserFolders.cache
        job.options.backendLibrary = UserFolders.backendLibrary
        return job
    }

    private func examine(_ job: Job, file: String?) async throws {
        let processes = TrialChildren()
        let doctor = DatasetDoctor(job.dataset, table: job.table, options: job.options, processes: processes)
        let count = images
        let found = try await Interruption.handling {
            try await doctor.examine(images: count) { Terminal.standardError("penstock: \($0)\n") }
        }
        let rows = found.sample?.rowsWritten ?? 0
        show(found.findings, "\(Format.count(found.runs)) runs of a sample of \(Format.count(rows)) \(job.rowsAre)")
        var report = DoctorReport(found)
        showTogether(report)
        let isChanged = !found.changes.values.isEmpty
        if fix, !isChanged, !found.findings.isEmpty { print("\nNothing to change by settings.") }
        if fix, let sample = found.sample {
            let target = isChanged ? try fixed(found.changes, file) : nil
            let runner = DatasetTrials(job.dataset, table: job.table, options: job.options, processes: processes)
            try await measure(found, GainMeasurement(runner, images: found.images, repeats: repeats), sample, &report)
            if let target { print("\nNext: \(NextCommand.run(target, job.table))") }
        } else if isChanged {
            let words = CommandLine.arguments + ["--fix"]
            if file != nil { print("\nNext: \(words.map(\.withoutKeys.quotedForShell).joined(separator: " "))") }
        }
        try write(report)
    }

    /// Whether several findings change settings.
    private func isTogether(_ findings: [FindingReport]) -> Bool { findings.count { !$0.changes.isEmpty } > 1 }

    /// What the changes of all findings are together, where there are several.
    private func showTogether(_ report: DoctorReport) {
        guard isTogether(report.findings) else { return }
        print("\nAll changes together: \(FindingText.flags(report.changes))")
        if let gain = report.gain { print("  expected  \(FindingText.text(gain))") }
    }

    private func show(_ findings: [FindingReport], _ subject: String) {
        if findings.isEmpty { return print("No finding, from \(subject).") }
        print("\(findings.count) finding\(findings.count == 1 ? "" : "s"), from \(subject).")
        for finding in findings { print(([""] + FindingText.lines(finding)).joined(separator: "\n")) }
    }

    private func write(_ report: DoctorReport) throws {
        if let json { try ReportFile.write(report.json(), to: json) }
    }

    // MARK: Fixing

    /// Measures every gain that was predicted, and that of all changes together; stores what came of the predictions.
    private func measure(
        _ found: DatasetDoctor.Examination,
        _ measuring: GainMeasurement,
        _ sample: RunReport,
        _ report: inout DoctorReport
    ) async throws {
        let findings = found.findings.filter { $0.gain != nil && !$0.changes.isEmpty }
        var comparisons = findings.map { finding in
            let before = SettingChanges(finding.after)
            return (before: before, after: before.merging(SettingChanges(finding.changes)))
        }
        if isTogether(found.findings) { comparisons.append((SettingChanges(), found.changes)) }
        guard !comparisons.isEmpty else { return }
        let pairs = try await Interruption.handling { [comparisons] in
            try await measuring.measure(comparisons) { Terminal.standardError("penstock: \($0)\n") }
        }
        for (finding, pairs) in zip(findings, pairs) {
            guard let predicted = finding.gain else { continue }
            let record = PredictionRecord(
                finding,
                predicted,
                pairs,
                rows: sample.rowsWritten,
                cores: MachineFacts.current.cores,
                version: PenstockVersion.current
            )
            report.measured.append(record)
            print(
                "\n\(finding.id) \(record.change)\n  predicted \(FindingText.text(predicted))\n\(measured(pairs)): \(record.isInside ? "inside" : "outside")"
            )
        }
        if !report.measured.isEmpty { try store().add(report.measured) }
        if isTogether(found.findings), let together = pairs.last { show(together, found, &report) }
    }

    /// What all changes together gained.
    private func show(_ pairs: PairedComparison, _ found: DatasetDoctor.Examination, _ report: inout DoctorReport) {
        report.measuredTogether = DoctorReport.Measured(pairs)
        print("\nAll changes together")
        if let gain = found.gain { print("  predicted \(FindingText.text(gain))") }
        print(measured(pairs))
        if pairs.ratio < 1 {
            print("  On this sample the changed job is not faster. The changed file is there all the same.")
        }
    }

    private func measured(_ pairs: PairedComparison) -> String {
        let (ratio, interval) = (pairs.ratio, pairs.interval ?? pairs.ratio...pairs.ratio)
        let gain = GainReport(low: interval.lowerBound, likely: ratio, high: interval.upperBound)
        return "  measured  \(FindingText.text(gain)) in \(pairs.ratios.count) pairs of runs"
    }

    /// Writes the changed file and returns its name; nil where there is none to change, and that is said.
    private func fixed(_ changes: SettingChanges, _ file: String?) throws(PlanError) -> String? {
        guard let file else { return nil }
        let target = try PipelineFix.write(changes, to: file)
        print("\nWrote \(target)")
        return target
    }

    private func store() throws(PlanError) -> PredictionStore {
        guard let folder = UserFolders.data else {
            throw PlanError("there is no folder to keep predictions in: set PENSTOCK_DATA or HOME.")
        }
        return PredictionStore(path: folder + "/predictions.jsonl")
    }
}
