import PenstockCore

/// The numbers of a physical plan, computed once from machine and options, with their reasons.
struct PlanSizing {
    let cores: Int
    let memory: Bytes
    let batch: Int
    let decodeWorkers: Int
    let modelWorkers: Int
    let threadsPerWorker: Int
    /// Rows of a block of images, which holds whole batches of the size that measuring finds.
    ///
    /// A reader takes the files of a block one after the other. From a store each takes a while, so that a block is one file
    /// there: all readers share what there is, and the first are there soon. Little memory makes blocks small as well.
    var blockRows: Int {
        if readsStore { return 1 }
        return options.batchSize.chosen ?? min(Planner.mostBlockRows, max(roomyRows, batch))
    }
    /// Rows of blocks, in whole batches, of which each decoder can fill one while another waits for the model.
    private var roomyRows: Int {
        memory.count / Self.decodedShare / (2 * decodeWorkers) / rowBytes / batch * batch
    }
    /// Bytes of an image as the classifier takes it.
    let rowBytes: Int
    /// Rows of the smallest block at the end: whole batches.
    var lastBlockRows: Int { min(batch, blockRows) }
    /// Files come from a store, one by one.
    let readsStore: Bool
    /// Decisions about the run as a whole.
    let settings: [Setting]
    let options: RunOptions
    let maxBadRows: BadRowLimit
    /// Rows keep the source's order: it was asked for, or a limit behind other work needs it.
    let preservesOrder: Bool

    init(machine: MachineFacts, options: RunOptions, plan: LogicalPlan) throws(PlanError) {
        self.options = options
        readsStore = plan.readsFilesOfStore
        rowBytes = Self.rowBytes(plan)
        let skips = plan.operators.contains { step in
            if case .transform(let transform) = step, case .skip = transform.onError { true } else { false }
        }
        // A transform that may skip rows has a limit of its own; the run's default would cut it short.
        let isDefault = options.maxBadRows == RunOptions().maxBadRows && options.origins["max-bad-rows"] == nil
        maxBadRows = skips && isDefault ? .share(1) : options.maxBadRows
        let hasLimit = plan.operators.contains { if case .limit = $0 { true } else { false } }
        preservesOrder = options.preservesOrder || hasLimit
        var notes = SettingNotes(options)
        let allowed = "every core that this process may use"
        cores = notes.note("cores", options.cores, default: machine.cores, reason: allowed)
        let half = "half of the \(machine.memory) that this machine or container has"
        memory = notes.note("memory", options.memory, default: Bytes(machine.memory.count / 2), reason: half)
        let small = "what the model sees at once; a task has as many of them as take about a second"
        batch = notes.note("batch-size", options.batchSize, default: Planner.defaultBatchSize, reason: small)
        let streams = "parallel streams beat parallel layers"
        threadsPerWorker = notes.note("threads-per-worker", options.threadsPerWorker, default: 1, reason: streams)
        let each = "one stream for each \(threadsPerWorker == 1 ? "core" : "\(threadsPerWorker) cores")"
        modelWorkers = notes.note(
            "model-workers",
            options.modelWorkers,
            default: max(1, cores / threadsPerWorker),
            reason: each
        )
        decodeWorkers = notes.note("decode-workers", options.decodeWorkers, default: cores, reason: "one per core")
        if preservesOrder, !options.preservesOrder {
            notes.add(computed: "preserve-order", "true", reason: "limit takes the first rows, in every run the same")
        } else {
            notes.add("preserve-order", options.preservesOrder, default: false, reason: "order costs waiting")
        }
        Self.addRowSettings(&notes, options, maxBadRows)
        settings = notes.settings
        try checkThreads()
    }

    /// One part in so many of the memory is for decoded images that wait.
    static let decodedShare = 8

    private static func rowBytes(_ plan: LogicalPlan) -> Int {
        let rows = plan.operators.compactMap { step in
            if case .predict(let classifier, _) = step { classifier.preprocessing.rowBytes } else { nil }
        }
        return rows.max() ?? Preprocessing.torchvision.rowBytes
    }

    private static func addRowSettings(_ notes: inout SettingNotes, _ options: RunOptions, _ badRows: BadRowLimit) {
        if badRows == options.maxBadRows {
            let counted = "a share counts once \(BadRowLimit.minimumRows) rows were read"
            notes.add("max-bad-rows", badRows, default: RunOptions().maxBadRows, reason: counted)
        } else {
            notes.add(computed: "max-bad-rows", "\(badRows)", reason: "a transform with .skip has a limit of its own")
        }
        notes.add(
            "retries",
            options.retries,
            default: RunOptions().retries,
            reason: "for reads that fail for a passing reason"
        )
        if let price = options.pricePerHour { notes.add("price-per-hour", price, default: .nan, reason: "") }
    }

    private func checkThreads() throws(PlanError) {
        let wanted = modelWorkers * threadsPerWorker
        if wanted > cores, options.modelWorkers.chosen == nil || options.threadsPerWorker.chosen == nil {
            throw PlanError(
                "\(modelWorkers) model worker\(modelWorkers == 1 ? "" : "s") × \(threadsPerWorker) "
                    + "thread\(threadsPerWorker == 1 ? "" : "s") = \(wanted) threads for \(cores) cores. "
                    + "Lower one of them, or set both --model-workers and --threads-per-worker to oversubscribe knowingly.",
                isUsage: true
            )
        }
    }

    /// A share of the memory, bounded: a longer queue only costs memory once it covers the start of the model.
    func budget(share: Int, atMost limit: Bytes) -> Bytes { min(Bytes(memory.count / share), limit) }
}
