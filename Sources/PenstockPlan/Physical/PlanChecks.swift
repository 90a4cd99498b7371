import PenstockCore

/// Refuses plans that cannot run, before anything does, with the values and the arithmetic.
struct PlanChecks {
    let machine: MachineFacts
    let options: RunOptions

    func check(_ plan: LogicalPlan) throws(PlanError) {
        guard plan.operators.first?.isSource ?? false else {
            throw PlanError("a pipeline begins with a source, such as readImages or readParquet.")
        }
        for step in plan.operators { try check(step) }
        try checkCounts()
        try checkBatches(plan)
    }

    private func check(_ step: LogicalOperator) throws(PlanError) {
        switch step {
        case .limit(let count): try checkLimit(count)
        case .readImages(let read):
            guard !read.paths.isEmpty else { throw PlanError("no paths to read images from.", isUsage: true) }
            try check(read.listing)
            if let size = read.size { try check(size) }
        case .readTable(let read):
            try checkPaths(read.paths, "tables")
            try check(read.listing)
            if let columns = read.columns, Set(columns).count != columns.count {
                throw PlanError("columns \(columns): each column is read once.")
            }
        case .readText(let read):
            try checkPaths(read.paths, "texts")
            try check(read.listing)
        case .readBinaryFiles(let read):
            try checkPaths(read.paths, "files")
            try check(read.listing)
        case .range(let range):
            guard range.count >= 0 else { throw PlanError("range(\(range.count)): a range has 0 or more rows.") }
            try checkBlockCount(range.blockCount)
        case .items: break
        case .union(let plans): for plan in plans { for step in plan.operators { try check(step) } }
        case .repartition(.blocks(let count)), .repartition(.rowsPerBlock(let count)):
            guard count >= 1 else { throw PlanError("repartition(\(count)): at least 1 is needed.") }
        case .predict(let classifier, let request):
            try classifier.preprocessing.validate()
            guard classifier.topK >= 1 else {
                throw PlanError("--top-k \(classifier.topK): at least 1 class is written.", isUsage: true)
            }
            try check(request)
        case .infer(_, let request): try check(request)
        case .transform(let transform): try check(transform)
        case .write(let write): try check(write)
        case .columns(let change): try check(change)
        case .randomizeOrder, .repartition, .readCustom, .writeCustom, .collect, .deliver: break
        }
    }

    private func checkPaths(_ paths: [String], _ kind: String) throws(PlanError) {
        guard !paths.isEmpty else { throw PlanError("no paths to read \(kind) from.", isUsage: true) }
    }

    private func check(_ listing: Listing) throws(PlanError) {
        if let limit = listing.limit { try checkLimit(limit) }
        try checkBlockCount(listing.blockCount)
    }

    private func checkLimit(_ count: Int) throws(PlanError) {
        guard count >= 0 else { throw PlanError("limit \(count): a limit is 0 or more rows.", isUsage: true) }
    }

    private func checkBlockCount(_ count: Int?) throws(PlanError) {
        guard (count ?? 1) >= 1 else {
            throw PlanError("overrideBlockCount \(count ?? 0): at least 1 block is needed.")
        }
    }

    private func check(_ size: ImageSize) throws(PlanError) {
        let sides = 1...16_384
        guard sides.contains(size.height), sides.contains(size.width) else {
            throw PlanError(
                "size \(size.height) × \(size.width): each side of an image is between \(sides.lowerBound) and \(sides.upperBound) pixels."
            )
        }
    }

    private func check(_ write: WriteTable) throws(PlanError) {
        guard (write.rowsPerFile ?? 1) >= 1 else {
            throw PlanError("rowsPerFile \(write.rowsPerFile ?? 0): a file has at least 1 row.")
        }
        guard Set(write.partitionBy).count == write.partitionBy.count else {
            throw PlanError("partitionBy \(write.partitionBy): each column makes one level of folders.")
        }
    }

    // MARK: Pools

    private func check(_ request: PoolRequest) throws(PlanError) {
        if let batch = request.batch { try check(batch, "predict") }
        guard let compute = request.compute else {
            if let resources = request.resources { try check(resources, "predict") }
            return
        }
        if compute.kind == .tasks {
            throw PlanError(
                "predict with compute \(compute): tasks keep nothing, so the model would be loaded for each batch. Use .actors(\(compute.maximum ?? cores)), which load it once per run."
            )
        }
        try check(compute, request.resources ?? Resources(), "predict")
    }

    private func check(_ transform: CustomTransform) throws(PlanError) {
        if let batch = transform.batch { try check(batch, transform.name) }
        if case .skip(let most?) = transform.onError, most < 0 {
            throw PlanError("\(transform.name): skip(max: \(most)): 0 or more rows may be skipped.")
        }
        if transform.onError == .emitNull, transform.kind == .mapBatches, transform.schema == nil {
            throw PlanError(
                "\(transform.name): emitNull needs to know the columns that a failed batch lacks. Declare them: schema: [Field(\"name\", .float32)]."
            )
        }
        if transform.onError == .emitNull, transform.kind == .addColumn, transform.schema == nil {
            throw PlanError(
                "\(transform.name): emitNull needs the type of the column that a failed batch lacks. Declare it: addColumn(\"\(transform.column ?? transform.name)\", type: .float32, onError: .emitNull)."
            )
        }
        if let compute = transform.compute {
            try check(compute, transform.resources, transform.name)
        } else {
            try check(transform.resources, transform.name)
        }
    }

    private func check(_ batch: BatchSize, _ name: String) throws(PlanError) {
        let isPossible =
            switch batch {
            case .wholeBlock: true
            case .exactly(let count): count >= 1
            case .flexible(let low, let high): low >= 1 && high >= low
            case .bytes(let low, let high): high >= low && high > .zero
            case .evenly(let rows, let blocks): rows >= 0 && blocks >= 1
            }
        guard isPossible else {
            throw PlanError("\(name): a batch of \(batch) rows cannot be made; it has at least 1 row.")
        }
    }

    private var cores: Int { options.cores.chosen ?? machine.cores }
    var memory: Bytes { options.memory.chosen ?? Bytes(machine.memory.count / 2) }

    private func check(_ resources: Resources, _ name: String) throws(PlanError) {
        guard resources.cpus >= 0, resources.cpus.isFinite, resources.gpus >= 0, resources.gpus.isFinite else {
            throw PlanError("\(name): Resources(cpus: \(resources.cpus), gpus: \(resources.gpus)): 0 or more of each.")
        }
        guard (resources.maxConcurrency ?? 1) >= 1 else {
            throw PlanError("\(name): maxConcurrency \(resources.maxConcurrency ?? 0): at least 1 task must run.")
        }
        if resources.cpus > Double(cores) {
            throw PlanError(
                "\(name): one task needs \(Self.number(resources.cpus)) CPUs and there are \(cores), so it could never run. Lower Resources(cpus:) to \(cores) or less."
            )
        }
        if resources.gpus > Double(machine.gpus) {
            throw PlanError(
                "\(name): one task needs \(Self.number(resources.gpus)) GPUs and there are \(machine.gpus), so it could never run. Lower Resources(gpus:), or run where there is one; penstock backends lists the devices."
            )
        }
        if resources.memory > memory {
            throw PlanError(
                "\(name): one worker keeps \(resources.memory) and the run may take \(memory), so it could never start. Raise --memory or lower Resources(memory:)."
            )
        }
    }

    private func check(_ compute: Compute, _ resources: Resources, _ name: String) throws(PlanError) {
        let least = compute.minimum ?? 1
        let most = compute.maximum ?? max(least, cores)
        guard least >= (compute.kind == .tasks ? 1 : 0), most >= max(1, least), most <= 1024 else {
            throw PlanError("\(name): \(compute): the number of workers is between 1 and 1024.")
        }
        try check(resources, name)
        let cpus = Double(least) * resources.cpus
        if cpus > Double(cores) + 1e-9 {
            throw PlanError(
                "\(name): \(least) workers × \(Self.number(resources.cpus)) CPU = \(Self.number(cpus)) CPUs, and there are \(cores) (shared with reading and decoding), so they could never all work. "
                    + Self.advice(compute, cores, resources.cpus)
            )
        }
        let gpus = Double(least) * resources.gpus
        if gpus > Double(machine.gpus) + 1e-9 {
            throw PlanError(
                "\(name): \(least) workers × \(Self.number(resources.gpus)) GPU = \(Self.number(gpus)) GPUs, and there are \(machine.gpus). Use fewer workers, or a smaller share of a GPU for each."
            )
        }
        let kept = resources.memory * least
        if kept > memory {
            throw PlanError(
                "\(name): \(least) workers × \(resources.memory) = \(kept), and the run may take \(memory). Raise --memory, or use fewer workers."
            )
        }
    }

    private static func advice(_ compute: Compute, _ cores: Int, _ cpus: Double) -> String {
        let fitting = max(1, Int(Double(cores) / cpus))
        let call = compute.kind == .tasks ? ".tasks(concurrency: \(fitting))" : ".actors(\(fitting))"
        return
            "Use \(call), or Resources(cpus: \(number(Double(cores) / Double(compute.minimum ?? 1)))) if each really needs less."
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }

    private func checkCounts() throws(PlanError) {
        let counts: [(String, Int?, ClosedRange<Int>)] = [
            ("batch-size", options.batchSize.chosen, 1...65_536),
            ("decode-workers", options.decodeWorkers.chosen, 1...1024),
            ("read-workers", options.readWorkers.chosen, 1...1024),
            ("model-workers", options.modelWorkers.chosen, 1...1024),
            ("threads-per-worker", options.threadsPerWorker.chosen, 1...1024),
            ("cores", options.cores.chosen, 1...4096),
            ("retries", options.retries, 0...100),
        ]
        for (name, value, range) in counts {
            if let value, !range.contains(value) {
                throw PlanError(
                    "--\(name) \(value): it must be between \(range.lowerBound) and \(range.upperBound).",
                    isUsage: true
                )
            }
        }
        if let price = options.pricePerHour, !(0...1e9).contains(price) {
            throw PlanError("--price-per-hour \(price): it must be between 0 and 1,000,000,000.", isUsage: true)
        }
        if let memory = options.memory.chosen, memory < .mebibytes(64) {
            throw PlanError("--memory \(memory) is too little to work with; the least is 64 MiB.", isUsage: true)
        }
    }
}
