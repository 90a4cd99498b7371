import ArgumentParser
import Penstock
import PenstockAdvisor

/// `penstock doctor`: what makes a job slow or unsafe, what a change would gain, and whether that is true.
struct DoctorCommand: AsyncParsableCommand {
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
            let findings = Doctor.findings(DoctorFacts(report: report, machine: .current))
            show(findings, "the report of \(Format.count(report.rowsWritten)) rows")
            try write(DoctorReport(findings))
        case .pipeline(let path): try await examine(try PipelineFile(path).job(), file: path)
        case .images(let paths): try await examine(try job(paths), file: nil)
        }
    }

    private func job(_ paths: [String]) throws(PlanError) -> Job {
        var options = RunOptions()
        speed.apply(to: &options)
        for (name, isTyped) in preprocessing.typed + speed.typed where isTyped { options.origins[name] = .flag }
        let classifier = try speed.configured(try preprocessing.configured(Classifier(model: model ?? "")))
        return Job(
            dataset: Dataset.readImages(from: paths).predict(with: classifier),
            table: WriteTable(directory: "sample"),
            options: options
        )
    }

    private func examine(_ job: Job, file: String?) async throws {
        var options = job.options
        options.cacheDirectory = UserFolders.cache
        options.backendLibrary = UserFolders.backendLibrary
        let doctor = DatasetDoctor(job.dataset, table: job.table, options: options)
        let count = images
        let found = try await Interruption.handling {
            try await doctor.examine(images: count) { Terminal.standardError("penstock: \($0)\n") }
        }
        let rows = found.sample?.rowsWritten ?? 0
        show(found.findings, "\(Format.count(found.runs)) runs of a sample of \(Format.count(rows)) \(job.rowsAre)")
        var report = DoctorReport(found.findings, sample: found.sample)
        if fix, let sample = found.sample {
            let runner = DatasetTrials(job.dataset, table: job.table, options: options)
            let measuring = GainMeasurement(runner, images: found.images, repeats: repeats)
            report.measured = try await measure(found.findings, measuring, sample)
            try fixed(found.findings, file)
        }
        try write(report)
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

    /// Measures every gain that was predicted, and stores what came of it.
    private func measure(
        _ findings: [FindingReport],
        _ measuring: GainMeasurement,
        _ sample: RunReport
    ) async throws -> [PredictionRecord] {
        var records: [PredictionRecord] = []
        for finding in findings where !finding.changes.isEmpty {
            guard let predicted = finding.gain else { continue }
            let changes = SettingChanges(finding.changes)
            Terminal.standardError("penstock: measuring \(changes)\n")
            let pairs = try await Interruption.handling { try await measuring.measure(changes) }
            let record = PredictionRecord(
                finding,
                predicted,
                pairs,
                rows: sample.rowsWritten,
                cores: MachineFacts.current.cores,
                version: PenstockVersion.current
            )
            records.append(record)
            print(
                "\n\(finding.id) \(changes)\n  predicted \(FindingText.text(predicted))\n  measured  \(FindingText.number(record.measured)) ± \(FindingText.number(record.halfWidth)) in \(record.pairs) pairs of runs: \(record.isInside ? "inside" : "outside")"
            )
        }
        if !records.isEmpty { try store().add(records) }
        return records
    }

    /// Writes the changed file, or says what to type.
    private func fixed(_ findings: [FindingReport], _ file: String?) throws(PlanError) {
        let all = findings.reversed().reduce(SettingChanges()) { $0.merging(SettingChanges($1.changes)) }
        if all.values.isEmpty { return print("\nNothing to change by settings.") }
        guard let file else { return print("\nChange: \(FindingText.flags(all.values))") }
        let target = try PipelineFix.write(all, to: file)
        print("\nWrote \(target). Run it: penstock run \(target)")
    }

    private func store() throws(PlanError) -> PredictionStore {
        guard let folder = UserFolders.data else {
            throw PlanError("there is no folder to keep predictions in: set PENSTOCK_DATA or HOME.")
        }
        return PredictionStore(path: folder + "/predictions.jsonl")
    }
}
