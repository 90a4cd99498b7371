import PenstockAdvisor
import PenstockCore
public import PenstockPlan
import PenstockStages

extension Dataset {
    /// Measures every stage of an image classification alone, with this model and these images, and computes the ceiling.
    ///
    /// - Cost: reads up to `request.images` images into memory, at most an eighth of the run's memory, and in each process that
    ///   measures a part once more; works about `request.seconds` × `request.repeats` for the job and three or four parts of it, and a
    ///   fifth of that for each of a dozen settings and stages.
    /// - Throws: `PlanError` for a plan that cannot run or does not predict; `StageError` when a stage fails.
    public func ceiling(
        _ request: CeilingRequest = CeilingRequest(),
        options: RunOptions = RunOptions()
    ) async throws -> CeilingReport {
        var options = options
        if options.batchSize.chosen == nil, let rows = request.run?.batchRows { options.batchSize = .value(rows) }
        let job = try MeasuredJob(self, images: request.images, options: options)
        return try await CeilingMeasurement(job, request).report()
    }

    /// Measures one part of a ceiling, in the process that was started for it.
    ///
    /// - `isReady` is called when everything is prepared, just before it measures.
    /// - Throws: as `ceiling`; what `isReady` throws.
    package func measure(
        _ task: CeilingTask,
        options: RunOptions,
        isReady: @Sendable () throws -> Void
    ) async throws -> CeilingSample {
        var options = options
        if let batch = task.batch { options.batchSize = .value(batch) }
        let job = try MeasuredJob(self, images: task.images, options: options)
        // Whatever is measured beside the job is worth a place in the cache of compiled models, as it is loaded in each round.
        let planned = if case .model(let layout) = task.part { layout } else { task.planned }
        let meter = CeilingMeter(job, CeilingInputs(job), planned: planned)
        try await meter.prepare(task.part)
        try isReady()
        return try await meter.measure(task.part, seconds: task.seconds)
    }
}

extension RunReport {
    /// Images that the run's model saw at once, where somebody set it or measuring found it.
    fileprivate var batchRows: Int? {
        let setting = settings["batch-size"].flatMap {
            $0.origin == SettingOrigin.computed.rawValue ? nil : Int($0.value)
        }
        return setting ?? stages.first { $0.name == "model" }?.batch?.rows
    }
}

/// A job whose stages are measured, with what the planner decided about it.
struct MeasuredJob {
    /// What is measured, without a sink.
    let dataset: Dataset
    let plan: PhysicalPlan
    let options: RunOptions
    let classifier: Classifier
    let files: FileSelection
    let stores: StoreAccess
    let facts = ModelFacts()

    /// - `images` are measured with, at most.
    /// - Throws: `PlanError` for a plan that cannot run, or is not reading of images and a classifier.
    init(_ whole: Dataset, images: Int, options: RunOptions) throws(PlanError) {
        dataset = whole.plan.operators.isEmpty ? whole : whole.limit(images)
        plan = try Planner(machine: .current, options: options).plan(dataset.plan.appending(.collect))
        self.options = options
        stores = StoreAccess(retries: options.retries)
        guard case .listFiles(let files)? = plan.operators.first?.stage,
            let classifier = plan.operators.compactMap({ if case .infer(let plan) = $0.stage { plan } else { nil } })
                .first
        else {
            throw PlanError("a ceiling is measured for reading images and predicting; this plan does something else.")
        }
        self.files = files
        self.classifier = classifier
    }

    /// The plan's operator of that name.
    func step(_ name: String) -> PhysicalOperator? { plan.operators.first { $0.name == name } }

    /// Workers that the planner gives to a stage.
    func workers(_ name: String) -> Int { step(name)?.workers ?? 1 }

    /// Images that the model sees at once, to begin with.
    var batch: Int {
        switch step("model")?.batch {
        case .exactly(let rows): rows
        case .flexible(_, let high): high
        case .wholeBlock, .bytes, .evenly, nil: plan.blockRows
        }
    }

    /// Images of a batch for each worker of the model.
    var imagesOfAllWorkers: Int { workers("model") * batch }

    // MARK: Its stages

    var listing: ListFilesSource {
        ListFilesSource(files.paths, kind: .images, listing: files.listing, plan: plan, files: stores)
    }

    var reading: ReadFilesTransform { ReadFilesTransform(retries: options.retries, files: stores) }

    var decoding: DecodeImagesTransform {
        DecodeImagesTransform(classifier, maxPixels: options.maxPixels, maxScratch: scratch)
    }

    var bareDecoding: BareDecodeTransform { BareDecodeTransform(maxPixels: options.maxPixels, maxScratch: scratch) }

    private var scratch: Bytes { Bytes(plan.memory.count / 2 / workers("decode")) }

    /// The model, in the plan's settings or in others.
    ///
    /// Only what the plan itself uses is worth a place in the cache of compiled models.
    func model(_ layout: ModelLayout, rows: Int, isPlanned: Bool) -> ClassifyTransform {
        var classifier = classifier
        classifier.precision = layout.precision
        let settings = ClassifyTransform.ModelSettings(
            workers: layout.workers,
            threadsPerWorker: layout.threads,
            batchRows: rows,
            cacheDirectory: isPlanned ? options.cacheDirectory : nil,
            backendLibrary: options.backendLibrary,
            facts: isPlanned ? facts : ModelFacts()
        )
        return ClassifyTransform(classifier, settings: settings)
    }
}
