import PenstockCore
import PenstockEngine
import PenstockPlan
import PenstockStages

/// Runs the whole job as the planner would, with a model that is loaded already.
struct JobProbe {
    let job: MeasuredJob
    /// Takes the place of the plan's model.
    let model: Preloaded<ClassifyTransform>

    /// A run over so many images, from its beginning to its commit.
    ///
    /// They are those that were `listed`, as often as it takes. What is written is gone afterwards.
    /// - Throws: `PlanError` for a plan that cannot run; `StageError` when a stage fails or the run was cancelled.
    func measure(images: Int, of listed: [Block]) async throws -> CeilingSample {
        let place = TemporaryPlace("penstock-ceiling")
        defer { place.remove() }
        let table = WriteTable(directory: place.path, format: .parquet)
        let binding = Binding(
            plan: try Planner(machine: .current, options: job.options).plan(job.dataset.writing(table).plan),
            options: job.options,
            stages: [],
            collector: RowCollector(),
            delivery: nil,
            files: job.stores
        )
        let folder = binding.folder(table)
        try await Blocking.run { () throws(StageError) in
            Result { () throws(PlanError) in try folder.prepare(.refuse) }
        }.get()
        let source = try ListFilesSource(job.listing, repeating: listed, count: images)
        let operators = try binding.operators().map { step in
            switch step.spec.name {
            case "list": BoundOperator(step.spec, EngineStage(source: source))
            case "model": BoundOperator(step.spec, EngineStage(transform: model))
            default: step
            }
        }
        var limits = binding.limits
        limits.badRows = .share(1)
        let start = Platform.processCPUSeconds
        let outcome = await StreamingExecutor(operators, limits: limits).run()
        let processSeconds = Platform.processCPUSeconds - start
        try outcome.checkMeasured()
        let rate = outcome.commitSeconds > 0 ? Double(outcome.summary.rowCount) / outcome.commitSeconds : 0
        return CeilingSample(rate: rate, stages: outcome.stages, processSeconds: processSeconds)
    }
}
