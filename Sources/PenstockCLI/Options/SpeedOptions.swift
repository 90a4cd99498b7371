import ArgumentParser
import Penstock

/// Settings that change how fast a run is, not what it gives.
struct SpeedOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Images that the model sees at once.", valueName: "n|auto"))
    var batchSize: AutoOr<Int>?

    @Option(help: ArgumentHelp("Threads that decode.", valueName: "n|auto"))
    var decodeWorkers: AutoOr<Int>?

    @Option(help: ArgumentHelp("Threads that read files.", valueName: "n|auto"))
    var readWorkers: AutoOr<Int>?

    @Option(help: ArgumentHelp("Bytes of files that may lie read and not yet decoded.", valueName: "size"))
    var readAhead: Bytes?

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

    /// Settings that were typed.
    var typed: [(name: String, isTyped: Bool)] {
        [
            ("batch-size", batchSize != nil), ("decode-workers", decodeWorkers != nil),
            ("read-workers", readWorkers != nil), ("read-ahead", readAhead != nil),
            ("model-workers", modelWorkers != nil), ("threads-per-worker", threadsPerWorker != nil),
            ("cores", cores != nil), ("memory", memory != nil), ("block-bytes", blockBytes != nil),
            ("precision", precision != nil), ("device", device != nil), ("backend", backend != nil),
        ]
    }

    /// The classifier with precision, device and backend as chosen.
    func configured(_ classifier: Classifier) throws(PlanError) -> Classifier {
        var classifier = classifier
        classifier.precision = precision ?? .auto
        classifier.device = try resolvedDevice()
        classifier.backend = backend ?? .openvino
        return classifier
    }

    /// The model with precision, device and backend as chosen.
    func configured(_ job: ModelJob) throws(PlanError) -> ModelJob {
        var job = job
        job.precision = precision ?? .auto
        job.device = try resolvedDevice()
        job.backend = backend ?? .openvino
        return job
    }

    /// - `origin`: where the value of a setting comes from, by its name.
    func apply(to options: inout RunOptions, _ origin: (String) -> SettingOrigin = { _ in .flag }) {
        func choice(_ name: String, _ typed: AutoOr<Int>?) -> Choice<Int> {
            typed?.value.map { .set($0, origin(name)) } ?? .auto
        }
        options.batchSize = choice("batch-size", batchSize)
        options.readWorkers = choice("read-workers", readWorkers)
        options.readAhead = readAhead.map { .set($0, origin("read-ahead")) } ?? .auto
        options.decodeWorkers = choice("decode-workers", decodeWorkers)
        options.modelWorkers = choice("model-workers", modelWorkers)
        options.threadsPerWorker = choice("threads-per-worker", threadsPerWorker)
        options.cores = choice("cores", cores)
        options.memory = memory.map { .set($0, origin("memory")) } ?? .auto
        options.blockBytes = blockBytes.map { .set($0, origin("block-bytes")) } ?? .auto
    }
}
