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

    /// Operators for the engine.
    func operators() throws(PlanError) -> [BoundOperator] {
        var bound: [BoundOperator] = []
        for step in plan.operators { bound.append(BoundOperator(spec(step), try stage(step))) }
        return bound
    }

    /// Bounds for the engine.
    ///
    /// Workers × threads beyond the cores were asked for knowingly, so there is a slot for each.
    var limits: RunLimits {
        let wanted =
            plan.operators.map { Double($0.workers) * ($0.pool == .actors && isModel($0) ? $0.cpusPerTask : 0) }.max()
            ?? 0
        return RunLimits(
            cpus: max(Double(plan.cores), wanted),
            memory: plan.memory,
            preservesOrder: options.preservesOrder,
            badRows: options.maxBadRows
        )
    }

    private func isModel(_ step: PhysicalOperator) -> Bool { if case .infer = step.stage { true } else { false } }

    private func spec(_ step: PhysicalOperator) -> OperatorSpec {
        let kind: OperatorSpec.Kind =
            switch step.pool {
            case .source: .source
            case .tasks, .actors: .transform
            case .sink: .sink
            }
        return OperatorSpec(
            name: step.name,
            kind: kind,
            workers: step.workers,
            batch: step.batch,
            cpusPerTask: step.cpusPerTask,
            outputBudget: step.outputBudget
        )
    }

    private func stage(_ step: PhysicalOperator) throws(PlanError) -> EngineStage {
        switch step.stage {
        case .listFiles(let read): return EngineStage(source: ListFilesSource(read, blockRows: plan.blockRows))
        case .readFiles: return EngineStage(transform: ReadFilesTransform(retries: options.retries))
        case .skipWritten(let write):
            return EngineStage(transform: SkipWrittenTransform(OutputFolder(write.directory, format: write.format)))
        case .decodeImages(let classifier):
            let scratch = Bytes(plan.memory.count / 2 / step.workers)
            return EngineStage(
                transform: DecodeImagesTransform(classifier, maxPixels: options.maxPixels, maxScratch: scratch)
            )
        case .infer(let classifier):
            return EngineStage(transform: ClassifyTransform(classifier, settings: modelSettings(step)))
        case .custom(let transform):
            guard stages.indices.contains(transform.position), let stage = stages[transform.position] as? EngineStage
            else {
                preconditionFailure(
                    "the plan refers to stage \(transform.position), and \(stages.count) travel with it"
                )
            }
            return stage
        case .write(let write):
            let folder = OutputFolder(write.directory, format: write.format)
            return EngineStage(
                sink: TableSink(
                    folder,
                    partBytes: options.blockBytes.chosen ?? Planner.defaultPartBytes,
                    metadata: metadata()
                )
            )
        case .collect: return EngineStage(sink: CollectSink(collector))
        }
    }

    private func modelSettings(_ step: PhysicalOperator) -> ClassifyTransform.ModelSettings {
        ClassifyTransform.ModelSettings(
            workers: step.workers,
            threadsPerWorker: plan.threadsPerModelWorker,
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
