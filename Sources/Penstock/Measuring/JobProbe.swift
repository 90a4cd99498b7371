import PenstockCore
import PenstockEngine
import PenstockPlan
import PenstockStages

/// Runs the whole job as the planner would, with a model that is loaded already, so that nothing but its stages takes time.
struct JobProbe {
    let job: MeasuredJob
    /// Takes the place of the plan's model.
    let model: Preloaded<ClassifyTransform>

    /// A run over so many images, those that were `listed` as often as it takes; of a store each is read once.
    ///
    /// What is written is gone afterwards.
    /// - Throws: `PlanError` for a plan that cannot run; `StageError` when a stage fails or the run was cancelled.
    func measure(images: Int, of listed: [Block]) async throws -> CeilingSample {
        let place = TemporaryPlace("penstock-ceiling")
        defer { place.remove() }
        let table = WriteTable(directory: place.path, format: .parquet)
        let dataset = try reading(images, of: listed).writing(table)
        let binding = Binding(
            plan: try Planner(machine: .current, options: job.options).plan(dataset.plan),
            options: job.options,
            stages: [],
            collector: RowCollector(),
            delivery: nil,
            files: StoreAccess(retries: job.options.retries)
        )
        defer { binding.files.endRun() }
        try binding.folder(table).prepare(.refuse)
        let operators = try binding.operators().map { step in
            step.spec.name == "model" ? BoundOperator(step.spec, EngineStage(transform: model)) : step
        }
        var limits = binding.limits
        limits.badRows = .share(1)
        let start = Platform.processCPUSeconds
        let outcome = await StreamingExecutor(operators, limits: limits).run()
        let processSeconds = Platform.processCPUSeconds - start
        switch outcome.end {
        case .failed(let error): throw error
        case .cancelled: throw StageError(.cancelled, "measuring was interrupted.")
        case .done, .tooManyBadRows: break
        }
        let rate = outcome.commitSeconds > 0 ? Double(outcome.summary.rowCount) / outcome.commitSeconds : 0
        return CeilingSample(rate: rate, stages: outcome.stages, processSeconds: processSeconds)
    }

    private func reading(_ images: Int, of listed: [Block]) throws(StageError) -> Dataset {
        var plan = job.dataset.plan
        // Paths in a store carry no keys, so it is read as it was named.
        guard !plan.readsStore, case .readImages(var read)? = plan.operators.first else { return job.dataset }
        var paths: [String] = []
        for block in listed {
            let strings = try block.strings("path")
            paths += (0..<block.rowCount).map { strings.string($0) }
        }
        plan.operators.removeAll { if case .limit = $0 { true } else { false } }
        (read.paths, read.limit) = ((0..<max(images, 1)).map { paths[$0 % paths.count] }, nil)
        plan.operators[0] = .readImages(read)
        return Dataset(plan: plan, stages: job.dataset.stages)
    }
}
