import ArgumentParser
import Penstock

/// `penstock run`: a pipeline from a file.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a pipeline that is described by a YAML file: read, select and filter, predict, write.",
        discussion: """
            Examples:
              penstock run pipeline.yaml
              penstock run pipeline.yaml --set batch-size=16 --set write.parquet=other/
              penstock explain pipeline.yaml

            A file:
              read: {images: photos/}
              predict: {model: resnet50.onnx, labels: labels.txt}
              write: {parquet: predictions/}

            All keys: docs/guides/pipeline-files.md. Paths count from the working folder, as in flags.
            """
    )

    @Argument(help: "The pipeline file.")
    var file: String

    @Option(
        help: ArgumentHelp(
            "Replaces a value of the file, such as options.batch-size=16. May stand often.",
            valueName: "key=value"
        )
    )
    var set: [String] = []

    @Option(help: ArgumentHelp("Price of the machine for an hour: prints what the run costs.", valueName: "price"))
    var pricePerHour: Double?

    @Flag(help: "Continue an interrupted run: rows that are already written are left out.")
    var resume = false

    @Flag(help: "Replace what an earlier run wrote.")
    var overwrite = false

    @OptionGroup var profiles: ProfileOptions

    @OptionGroup var reporting: ReportingOptions

    func validate() throws {
        if resume && overwrite { throw ValidationError("--resume and --overwrite contradict each other.") }
    }

    func run() async throws {
        try await reporting.run(try await profiles.applied(to: try pipelineJob()))
    }

    /// What the file describes.
    func pipelineJob() throws -> Job {
        let existing: ExistingOutput? = resume ? .resume : overwrite ? .overwrite : nil
        let price = pricePerHour.map { ["options.price-per-hour=\($0)"] } ?? []
        var job = try PipelineFile(file, settings: set + price, existing: existing).job()
        job.settingsAre = set.isEmpty ? .file(file) : .fileAndSets
        return job
    }
}
