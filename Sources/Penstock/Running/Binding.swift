import PenstockCore
import PenstockEngine
import PenstockPlan
import PenstockStages

/// Joins a physical plan to the stages that do its work: the one place where engine and stages meet.
struct Binding {
    let plan: PhysicalPlan
    let options: RunOptions
    let stages: [any Sendable]
    let facts = ModelFacts()
    /// Receives the rows of plans that end in `collect`.
    let collector: RowCollector
    /// Receives the rows of plans that end in `deliver`; nil: they are only counted.
    let delivery: Delivery?
    /// The stores of the run, each opened once, and how often their calls are tried.
    let files: StoreAccess

    /// Operators for the engine.
    func operators() throws(PlanError) -> [BoundOperator] {
        var bound: [BoundOperator] = []
        for step in plan.operators { bound.append(BoundOperator(spec(step), try stage(step))) }
        return bound
    }

    /// Bounds for the engine.
    ///
    /// Where all cores are used, one task more than cores may run: between two tasks a core idles for a moment, and a thread
    /// that waits for the threads of a library leaves it to others. (5 to 13 % for light models: docs/performance/NOTES.md, 39.)
    /// Cores that were counted out stay a bound, and so do workers × threads beyond the cores, which were asked for knowingly.
    var limits: RunLimits {
        let wanted =
            plan.operators.map { Double($0.workers) * ($0.pool == .actors && isModel($0) ? $0.cpusPerTask : 0) }.max()
            ?? 0
        var limits = RunLimits(
            cpus: max(Double(plan.cores) + (options.cores.chosen == nil ? 1 : 0), wanted),
            memory: plan.memory,
            preservesOrder: options.preservesOrder,
            badRows: plan.maxBadRows
        )
        limits.gpus = Double(plan.gpus)
        return limits
    }

    private func isModel(_ step: PhysicalOperator) -> Bool {
        switch step.stage {
        case .infer, .inferModel: true
        default: false
        }
    }

    private func spec(_ step: PhysicalOperator) -> OperatorSpec {
        let kind: OperatorSpec.Kind =
            switch step.pool {
            case .source: .source
            case .tasks, .actors: .transform
            case .sink: .sink
            }
        var spec = OperatorSpec(
            name: step.name,
            kind: kind,
            workers: step.workers,
            batch: step.batch,
            cpusPerTask: step.cpusPerTask,
            outputBudget: step.outputBudget
        )
        spec.workers = step.minimumWorkers...step.workers
        spec.tunedRows = step.tunedRows
        if case .infer = step.stage, step.compiledRows > 0 { spec.unitRows = step.compiledRows }
        spec.gpusPerTask = step.gpusPerTask
        spec.memoryPerWorker = step.memoryPerWorker
        spec.maxConcurrency = step.maxConcurrency
        return spec
    }

    private func stage(_ step: PhysicalOperator) throws(PlanError) -> EngineStage {
        switch step.stage {
        case .listFiles, .range, .items, .readCustom, .union: return EngineStage(source: try sources.source(step.stage))
        case .readFiles, .readBinaryFiles, .splitTables, .readTables, .readText, .decodeToTensors, .readUnion:
            return EngineStage(transform: try sources.transform(step.stage, workers: step.workers))
        case .skipWritten(let write):
            return EngineStage(transform: SkipWrittenTransform(folder(write)))
        case .decodeImages(let classifier):
            let scratch = Bytes(plan.memory.count / 2 / step.workers)
            return EngineStage(
                transform: DecodeImagesTransform(classifier, maxPixels: options.maxPixels, maxScratch: scratch)
            )
        case .infer(let classifier):
            return EngineStage(transform: ClassifyTransform(classifier, settings: modelSettings(step)))
        case .inferModel(let job): return EngineStage(transform: ModelTransform(job, settings: modelSettings(step)))
        case .custom(let transform): return try found(transform.position, as: EngineStage.self)
        case .chain(let steps):
            return EngineStage(transform: ChainTransform(name: step.name, links: try steps.map(link)))
        case .limit(let count): return EngineStage(transform: LimitTransform(count))
        case .rebatch: return EngineStage(transform: RebatchTransform())
        case .write(let write): return EngineStage(sink: sink(write))
        case .collect: return EngineStage(sink: CollectSink(collector))
        case .deliver: return EngineStage(sink: DeliverySink(delivery))
        case .writeCustom(let sink): return try found(sink.position, as: EngineStage.self)
        }
    }

    private var sources: SourceBinding { SourceBinding(plan: plan, options: options, stages: stages, files: files) }

    private func link(_ step: ChainStep) throws(PlanError) -> ChainLink {
        switch step {
        case .columns(let change): .columns(change)
        case .transform(let transform): .code(transform, try found(transform.position, as: UserCode.self))
        }
    }

    /// What travels beside the plan at a position.
    private func found<Stage>(_ position: Int, as type: Stage.Type) throws(PlanError) -> Stage {
        try StageTable.found(position, in: stages, as: type)
    }

    /// Where the rows go.
    func folder(_ write: WriteTable) -> OutputFolder {
        OutputFolder(write.directory, format: write.format, files: files)
    }

    /// The sink of a table.
    func sink(_ write: WriteTable) -> TableSink {
        TableSink(
            folder(write),
            partBytes: write.bytesPerFile ?? options.blockBytes.chosen ?? Planner.defaultPartBytes,
            rowsPerFile: write.rowsPerFile,
            rowGroupBytes: write.rowGroupBytes,
            partitionBy: write.partitionBy,
            metadata: metadata()
        )
    }

    private func modelSettings(_ step: PhysicalOperator) -> ClassifyTransform.ModelSettings {
        ClassifyTransform.ModelSettings(
            workers: step.workers,
            threadsPerWorker: plan.threadsPerModelWorker,
            batchRows: step.compiledRows,
            cacheDirectory: options.cacheDirectory,
            backendLibrary: options.backendLibrary,
            facts: facts
        )
    }

    private func metadata() -> @Sendable () -> [(String, String)] {
        let settings = settingsHash(plan)
        return { [facts] in
            [
                ("penstock.version", PenstockVersion.current), ("penstock.model_hash", facts.report.hash),
                ("penstock.settings_hash", settings),
            ]
        }
    }
}

/// Code and rows that travel beside a plan, by position.
enum StageTable {
    /// - Throws: `PlanError` when the plan was made in another program, whose code is not here.
    static func found<Stage>(_ position: Int, in stages: [any Sendable], as type: Stage.Type) throws(PlanError) -> Stage
    {
        if stages.indices.contains(position), let stage = stages[position] as? Stage { return stage }
        throw PlanError(
            "the plan refers to code or rows at position \(position), and \(stages.count) travel with it: a plan with code of its own runs only in the program that made it."
        )
    }
}
