import ArgumentParser
import Penstock

/// What to classify with what, and where to: shared by `classify` and `explain`.
struct JobOptions: ParsableArguments {
    @Argument(help: "Images: files, folders (searched recursively), patterns, or lists of paths (list.txt, @list).")
    var paths: [String]

    @Option(name: .shortAndLong, help: "The model: an ONNX file, or an OpenVINO IR (.xml).")
    var model: String

    @Option(name: .shortAndLong, help: "The folder that receives the predictions.")
    var output: String

    @Option(help: ArgumentHelp("File with one class name a line; adds a column label.", valueName: "file"))
    var labels: String?

    @Option(help: ArgumentHelp("Write the n most probable classes as lists.", valueName: "n"))
    var topK: Int?

    @OptionGroup(title: "Preprocessing")
    var preprocessing: PreprocessingOptions

    @OptionGroup(title: "Speed")
    var speed: SpeedOptions

    @OptionGroup(title: "Rows")
    var rows: RowOptions

    @Option(help: "Files to write: parquet, csv or jsonl.")
    var format: OutputFormat?

    @Flag(help: "Continue an interrupted run: rows that are already written are left out.")
    var resume = false

    @Flag(help: "Replace what an earlier run wrote.")
    var overwrite = false

    func validate() throws {
        if resume && overwrite { throw ValidationError("--resume and --overwrite contradict each other.") }
    }

    /// The dataset before its sink.
    func dataset() throws(PlanError) -> Dataset {
        var classifier = try speed.configured(try preprocessing.configured(Classifier(model: model, labels: labels)))
        classifier.topK = topK ?? 1
        let images = Dataset.readImages(from: paths)
        return (rows.limit.map { images.limit($0) } ?? images).predict(with: classifier)
    }

    /// The sink.
    var table: WriteTable {
        WriteTable(
            directory: output,
            format: format ?? .parquet,
            existing: resume ? .resume : overwrite ? .overwrite : .refuse
        )
    }

    /// Options of the run.
    func runOptions() -> RunOptions {
        var options = RunOptions()
        speed.apply(to: &options)
        rows.apply(to: &options)
        options.cacheDirectory = UserFolders.cache
        options.backendLibrary = UserFolders.backendLibrary
        let typed =
            preprocessing.typed + speed.typed + rows.typed + [
                ("top-k", topK != nil), ("format", format != nil), ("existing-output", resume || overwrite),
            ]
        for setting in typed where setting.isTyped { options.origins[setting.name] = .flag }
        return options
    }
}

/// Settings that change how fast a run is, not what it gives.
struct SpeedOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Images that the model sees at once.", valueName: "n|auto"))
    var batchSize: AutoOr<Int>?

    @Option(help: ArgumentHelp("Threads that decode.", valueName: "n|auto"))
    var decodeWorkers: AutoOr<Int>?

    @Option(help: ArgumentHelp("Inferences that run side by side.", valueName: "n|auto"))
    var modelWorkers: AutoOr<Int>?

    @Option(help: ArgumentHelp("Threads of each inference.", valueName: "n|auto"))
    var threadsPerWorker: AutoOr<Int>?

    @Option(help: ArgumentHelp("Cores to use.", valueName: "n|auto"))
    var cores: AutoOr<Int>?

    @Option(help: ArgumentHelp("Memory for blocks, batches and decoders.", valueName: "size"))
    var memory: Bytes?

    @Option(help: ArgumentHelp("Size at which output files are closed.", valueName: "size"))
    var blockBytes: Bytes?

    @Option(help: "auto takes the fastest that agrees with f32 on the first images; or f32, bf16, f16, int8.")
    var precision: Precision?

    @Option(help: ArgumentHelp("Where the model runs.", valueName: "auto|cpu|gpu:n"))
    var device: String?

    @Option(help: "The library that runs the model.")
    var backend: BackendKind?

    /// OpenVINO's name of the device.
    private func resolvedDevice() throws(PlanError) -> String {
        let text = (device ?? "auto").lowercased()
        if text == "auto" || text == "cpu" { return "CPU" }
        if text.hasPrefix("gpu:"), let number = Int(text.dropFirst(4)), number >= 0 { return "GPU.\(number)" }
        throw PlanError("--device \(text): it is auto, cpu, or gpu:0, gpu:1, …", isUsage: true)
    }

    /// Settings that were typed and are no `Choice`.
    var typed: [(name: String, isTyped: Bool)] {
        [("precision", precision != nil), ("device", device != nil), ("backend", backend != nil)]
    }

    /// The classifier with precision, device and backend as chosen.
    func configured(_ classifier: Classifier) throws(PlanError) -> Classifier {
        var classifier = classifier
        classifier.precision = precision ?? .auto
        classifier.device = try resolvedDevice()
        classifier.backend = backend ?? .openvino
        return classifier
    }

    func apply(to options: inout RunOptions) {
        options.batchSize = batchSize?.choice ?? .auto
        options.decodeWorkers = decodeWorkers?.choice ?? .auto
        options.modelWorkers = modelWorkers?.choice ?? .auto
        options.threadsPerWorker = threadsPerWorker?.choice ?? .auto
        options.cores = cores?.choice ?? .auto
        options.memory = memory.map { .set($0, .flag) } ?? .auto
        options.blockBytes = blockBytes.map { .set($0, .flag) } ?? .auto
    }
}

/// Which rows, in which order, and what happens to bad ones.
struct RowOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Process at most so many images.", valueName: "n"))
    var limit: Int?

    @Flag(help: "Write rows in the order in which images are listed.")
    var preserveOrder = false

    @Option(help: ArgumentHelp("Stop when more rows than this cannot be processed.", valueName: "n|p%"))
    var maxBadRows: BadRowLimit?

    @Option(help: ArgumentHelp("Try reads that fail for a passing reason so often again.", valueName: "n"))
    var retries: Int?

    /// Settings that were typed.
    var typed: [(name: String, isTyped: Bool)] {
        [
            ("limit", limit != nil), ("preserve-order", preserveOrder), ("max-bad-rows", maxBadRows != nil),
            ("retries", retries != nil),
        ]
    }

    func apply(to options: inout RunOptions) {
        options.preservesOrder = preserveOrder
        options.maxBadRows = maxBadRows ?? options.maxBadRows
        options.retries = retries ?? options.retries
    }
}
