import ArgumentParser
import Penstock

/// `penstock ceiling`: what the machine allows.
struct CeilingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ceiling",
        abstract: "Measures each stage alone, the throughput that this machine allows, and what the job reaches of it.",
        discussion: """
            Stages that compute share the cores, so their times add up: 1/ceiling = Σ 1/rate. Stages that mostly wait take only
            their CPU time from the others; the slowest of all bounds the job on its own. First each stage and the model in the
            planner's settings and the few that could beat them (in all with --sweep) are measured for a short time. Then what
            computes, with the fastest model, and the whole job are measured in turns of a tenth of a second, so that a slow
            second of the machine hits all alike: their ratio is what the job reaches. It takes two minutes or more.

            Examples:
              penstock ceiling photos/ --model resnet50.onnx
              penstock ceiling photos/ --model resnet50.onnx --run predictions/
              penstock ceiling photos/ --model resnet50.onnx --sweep --json ceiling.json
            """
    )

    @Argument(help: "Images: files, folders, patterns, or lists of paths.")
    var paths: [String]

    @Option(name: .shortAndLong, help: "The model: an ONNX file, or an OpenVINO IR (.xml).")
    var model: String

    @Option(
        help: ArgumentHelp(
            "A folder of predictions, or a report file (.json): also print how much of the ceiling that run reached, as a whole and in each stage.",
            valueName: "dir"
        )
    )
    var run: String?

    @Flag(help: "Measure the model in every combination of precision, streams, threads and batch size.")
    var sweep = false

    @Option(help: ArgumentHelp("Images to measure with.", valueName: "n"))
    var images = CeilingRequest().images

    @Option(
        help: ArgumentHelp(
            "Seconds for the job and for each stage in turn with it; what is measured first gets a fifth.",
            valueName: "s"
        )
    )
    var seconds = CeilingRequest().seconds

    @Option(help: ArgumentHelp("How often each measurement is made.", valueName: "n"))
    var repeats = CeilingRequest().repeats

    @Option(help: ArgumentHelp("Also write the figures to this file.", valueName: "file"))
    var json: String?

    @OptionGroup(title: "Preprocessing")
    var preprocessing: PreprocessingOptions

    @OptionGroup(title: "Speed")
    var speed: SpeedOptions

    func validate() throws {
        if images < 1 { throw ValidationError("--images \(images): at least 1 image is needed.") }
        if !(1...1000).contains(repeats) {
            throw ValidationError("--repeats \(repeats): it must be at least 1 and at most 1000.")
        }
        if !(seconds > 0 && seconds <= 3600) {
            throw ValidationError("--seconds \(seconds): it must be above 0 and at most 3600.")
        }
    }

    func run() async throws {
        var request = try request()
        request.processes = CeilingChildren()
        request.tell = { Terminal.standardError("penstock: \($0)\n") }
        let (dataset, options) = (try dataset(request.run), options)
        let report = try await interruptible { [request] in try await dataset.ceiling(request, options: options) }
        for line in CeilingText(report, run: run).lines() { print(line) }
        if let json { try ReportFile.write(report.json(), to: json) }
    }

    /// Measures what Ctrl-C ends without a result.
    private func interruptible(
        _ body: @escaping @Sendable () async throws -> CeilingReport
    ) async throws -> CeilingReport {
        do { return try await Interruption.handling("Stopping. Press Ctrl-C again to stop at once.", body) } catch {
            guard error is CancellationError || (error as? StageError)?.code == .cancelled else { throw error }
            Terminal.standardError("penstock: interrupted before everything was measured.\n")
            throw ExitCode(ExitStatus.interrupted)
        }
    }

    /// How the job runs.
    var options: RunOptions {
        var options = RunOptions()
        speed.apply(to: &options)
        options.cacheDirectory = UserFolders.cache
        options.backendLibrary = UserFolders.backendLibrary
        return options
    }

    /// What is measured.
    func dataset() throws -> Dataset { try dataset(try run.map { try RunReport(contentsOf: $0) }) }

    private func dataset(_ run: RunReport?) throws(PlanError) -> Dataset {
        Dataset.readImages(from: paths).predict(with: try classifier(like: run))
    }

    private func request() throws -> CeilingRequest {
        var request = CeilingRequest()
        request.images = images
        request.seconds = seconds
        request.repeats = repeats
        request.sweepsModel = sweep
        if let run { request.run = try RunReport(contentsOf: run) }
        return request
    }

    /// The model; its precision is the run's unless one was typed, as only equals are compared.
    private func classifier(like run: RunReport?) throws(PlanError) -> Classifier {
        var classifier = try speed.configured(try preprocessing.configured(Classifier(model: model)))
        if speed.precision == nil, let precision = run?.model.flatMap({ Precision(rawValue: $0.precision) }) {
            classifier.precision = precision
        }
        return classifier
    }
}
