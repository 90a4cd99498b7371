import PenstockCore

/// The numbers of a physical plan, computed once from machine and options, with their reasons.
struct PlanSizing {
    let cores: Int
    let memory: Bytes
    let batch: Int
    let decodeWorkers: Int
    let modelWorkers: Int
    let threadsPerWorker: Int
    private(set) var settings: [Setting] = []
    private let options: RunOptions

    init(machine: MachineFacts, options: RunOptions, plan: LogicalPlan) throws(PlanError) {
        self.options = options
        var notes = SettingNotes()
        cores = notes.note(
            "cores",
            options.cores,
            default: machine.cores,
            reason: "every core that this process may use"
        )
        memory = notes.note(
            "memory",
            options.memory,
            default: Bytes(machine.memory.count / 2),
            reason: "half of the \(machine.memory) that this machine or container has"
        )
        batch = notes.note(
            "batch-size",
            options.batchSize,
            default: Planner.defaultBatchSize,
            reason: "larger batches are not faster on a CPU and lengthen the tail"
        )
        threadsPerWorker = notes.note(
            "threads-per-worker",
            options.threadsPerWorker,
            default: 1,
            reason: "parallel streams beat parallel layers"
        )
        modelWorkers = notes.note(
            "model-workers",
            options.modelWorkers,
            default: max(1, cores / threadsPerWorker),
            reason: "one stream for each \(threadsPerWorker == 1 ? "core" : "\(threadsPerWorker) cores")"
        )
        decodeWorkers = notes.note("decode-workers", options.decodeWorkers, default: cores, reason: "one per core")
        notes.add(Setting("preserve-order", "\(options.preservesOrder)", options.preservesOrder ? .flag : .computed))
        notes.add(
            Setting(
                "max-bad-rows",
                "\(options.maxBadRows)",
                .computed,
                reason: "a share counts once \(BadRowLimit.minimumRows) rows were read"
            )
        )
        notes.add(
            Setting("retries", "\(options.retries)", .computed, reason: "for reads that fail for a passing reason")
        )
        settings = notes.settings
        try checkThreads()
    }

    private func checkThreads() throws(PlanError) {
        let wanted = modelWorkers * threadsPerWorker
        if wanted > cores, options.modelWorkers.chosen == nil || options.threadsPerWorker.chosen == nil {
            throw PlanError(
                "\(modelWorkers) model workers × \(threadsPerWorker) threads = \(wanted) threads for \(cores) cores. "
                    + "Lower one of them, or set both --model-workers and --threads-per-worker to oversubscribe knowingly.",
                isUsage: true
            )
        }
    }

    // MARK: Operators

    func reading(_ read: ReadImages) -> [PhysicalOperator] {
        let list = PhysicalOperator(
            name: "list",
            stage: .listFiles(read),
            pool: .source,
            workers: 1,
            batch: .wholeBlock,
            cpusPerTask: 0,
            outputBudget: .kibibytes(256),
            settings: [
                Setting(
                    "block-rows",
                    "\(batch)",
                    .computed,
                    reason: "one block becomes one batch, so no pixel is copied"
                )
            ]
        )
        let readers = PhysicalOperator(
            name: "read",
            stage: .readFiles,
            pool: .tasks,
            workers: 2,
            batch: .wholeBlock,
            cpusPerTask: 0,
            outputBudget: budget(share: 8, atMost: .mebibytes(64)),
            settings: [Setting("read-workers", "2", .computed, reason: "they wait for the disk and take no CPU slot")]
        )
        return [list, readers]
    }

    func predicting(_ classifier: Classifier) -> [PhysicalOperator] {
        [decoding(classifier), inferring(classifier)]
    }

    private func decoding(_ classifier: Classifier) -> PhysicalOperator {
        let size = classifier.preprocessing
        return PhysicalOperator(
            name: "decode",
            stage: .decodeImages(classifier),
            pool: .actors,
            workers: decodeWorkers,
            batch: .wholeBlock,
            cpusPerTask: 1,
            outputBudget: budget(share: 8, atMost: .mebibytes(128)),
            settings: [
                Setting(
                    "preset",
                    classifier.preprocessingName,
                    classifier.preprocessingName == "explicit" ? .flag : .computed
                ),
                Setting("resize", "\(size.resize)", .computed, reason: "from the preset or a flag"),
                Setting("crop", "\(size.crop)", .computed, reason: "from the preset or a flag"),
                Setting(
                    "resize-quality",
                    classifier.resizeQuality.rawValue,
                    .computed,
                    reason: "exact: the bytes that Pillow gives"
                ),
                Setting(
                    "exif",
                    classifier.orientation.rawValue,
                    .computed,
                    reason: "photographs are shown to the model upright"
                ),
            ]
        )
    }

    private func inferring(_ classifier: Classifier) -> PhysicalOperator {
        PhysicalOperator(
            name: "model",
            stage: .infer(classifier),
            pool: .actors,
            workers: modelWorkers,
            batch: .flexible(low: max(1, batch / 2), high: batch),
            cpusPerTask: Double(threadsPerWorker),
            outputBudget: Planner.predictionBudget,
            settings: [
                Setting(
                    "precision",
                    classifier.precision.rawValue,
                    classifier.precisionOrigin,
                    reason: classifier.precision == .auto ? "the fastest that agrees with f32 on the first images" : ""
                ),
                Setting("backend", classifier.backend.rawValue, .computed, reason: "the fastest here on CPUs"),
                Setting("device", classifier.device, .computed, reason: "the only kind of device tried so far"),
                Setting("top-k", "\(classifier.topK)", classifier.topK == 1 ? .computed : .flag),
            ]
        )
    }

    func custom(_ transform: CustomTransform) -> PhysicalOperator {
        PhysicalOperator(
            name: transform.name,
            stage: .custom(transform),
            pool: .tasks,
            workers: transform.workers ?? cores,
            batch: transform.batch,
            cpusPerTask: 1,
            outputBudget: budget(share: 8, atMost: .mebibytes(128)),
            settings: []
        )
    }

    func writing(_ write: WriteTable) -> PhysicalOperator {
        var sink = sink("write", .write(write))
        sink.settings = [
            Setting(
                "format",
                write.format.rawValue,
                .computed,
                reason: write.format == .parquet ? "columnar, compressed, read by everything" : ""
            ),
            Setting("existing-output", write.existing.rawValue, write.existing == .refuse ? .computed : .flag),
        ]
        return sink
    }

    func sink(_ name: String, _ stage: PhysicalStage) -> PhysicalOperator {
        PhysicalOperator(
            name: name,
            stage: stage,
            pool: .sink,
            workers: 1,
            batch: .wholeBlock,
            cpusPerTask: 0,
            outputBudget: .zero,
            settings: []
        )
    }

    /// A share of the memory, bounded: a longer queue only costs memory once it covers the start of the model.
    private func budget(share: Int, atMost limit: Bytes) -> Bytes { min(Bytes(memory.count / share), limit) }
}

/// Collects decisions while they are made.
struct SettingNotes {
    private(set) var settings: [Setting] = []

    mutating func add(_ setting: Setting) { settings.append(setting) }

    mutating func note<Value>(_ name: String, _ choice: Choice<Value>, default value: Value, reason: String) -> Value {
        switch choice {
        case .auto:
            settings.append(Setting(name, "\(value)", .computed, reason: reason))
            return value
        case .set(let chosen, let origin):
            settings.append(Setting(name, "\(chosen)", origin))
            return chosen
        }
    }
}
