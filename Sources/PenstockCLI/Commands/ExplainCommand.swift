import ArgumentParser
import Penstock

/// `penstock explain`: what a job would do.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Prints the logical and physical plan and every setting with its origin. Runs nothing.",
        discussion: """
            Takes what classify takes, or a pipeline file.

            Examples:
              penstock explain photos/ --model resnet50.onnx --output predictions/ --batch-size 32
              penstock explain pipeline.yaml --set batch-size=32
            """
    )

    @Argument(help: "A pipeline file (.yaml, .yml); or images as classify takes them.")
    var paths: [String]

    @Option(
        help: ArgumentHelp("With a pipeline file: replaces one of its values. May stand often.", valueName: "key=value")
    )
    var set: [String] = []

    @Option(name: .shortAndLong, help: "The model: an ONNX file, or an OpenVINO IR (.xml).")
    var model: String?

    @Option(name: .shortAndLong, help: "The folder that receives the predictions.")
    var output: String?

    @OptionGroup var input: ImageInputOptions

    @OptionGroup var classOptions: ClassOptions

    @OptionGroup var shared: SharedOptions

    @OptionGroup var profiles: ProfileOptions

    /// Whether a pipeline file is named.
    private var isFile: Bool {
        paths.contains { path in [".yaml", ".yml"].contains { path.lowercased().hasSuffix($0) } }
    }

    func validate() throws {
        if isFile {
            if paths.count > 1 {
                throw ValidationError("one pipeline file is explained, and there are \(paths.count) paths.")
            }
            if model != nil || output != nil {
                throw ValidationError(
                    "with a pipeline file, model and output are set by --set predict.model=FILE and --set write.parquet=DIR."
                )
            }
            let typed =
                shared.typed
                + [("labels", classOptions.labels != nil), ("top-k", classOptions.topK != nil)].filter(\.1).map(\.0)
            if let name = typed.first(where: { $0 != "existing-output" }) {
                throw ValidationError("--\(name) has no effect on a pipeline file; use --set \(name)=….")
            }
            return
        }
        if !set.isEmpty { throw ValidationError("--set is for pipeline files (.yaml, .yml).") }
        if model == nil { throw ValidationError("Missing expected argument '--model <model>'") }
        if output == nil { throw ValidationError("Missing expected argument '--output <output>'") }
    }

    func run() async throws {
        let job = try await profiles.applied(to: try self.job())
        print(try job.explanation())
        for remark in job.remarks { print("\nRemark: \(remark)") }
    }

    private func job() throws(PlanError) -> Job {
        if isFile { return try PipelineFile(paths[0], settings: set, existing: shared.writing.existing).job() }
        return try shared.classification(
            of: input.dataset(paths),
            by: model ?? "",
            classOptions.classes,
            to: output ?? ""
        )
    }
}
