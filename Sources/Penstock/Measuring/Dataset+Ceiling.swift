import PenstockAdvisor
import PenstockCore
import PenstockEngine
public import PenstockPlan
import PenstockStages

extension Dataset {
    /// Measures every stage of an image classification alone, with this model and these images, and computes the ceiling.
    ///
    /// - Cost: reads up to `images` images into memory and works `seconds` per stage.
    /// - Throws: `PlanError` for a plan that cannot run or does not predict; `StageError` when a stage fails.
    public func ceiling(
        images: Int = 256,
        seconds: Double = 5,
        options: RunOptions = RunOptions()
    ) async throws -> CeilingReport {
        let limited = plan.operators.isEmpty ? self : limit(images)
        let measurement = try CeilingMeasurement(limited, seconds: seconds, options: options)
        return try await measurement.run()
    }
}

/// The steps of `Dataset.ceiling`.
private struct CeilingMeasurement {
    private let plan: PhysicalPlan
    private let options: RunOptions
    private let probe: Probe
    private let classifier: Classifier
    private let files: FileSelection
    private let facts = ModelFacts()

    init(_ dataset: Dataset, seconds: Double, options: RunOptions) throws(PlanError) {
        plan = try Planner(machine: .current, options: options).plan(dataset.plan.appending(.collect))
        self.options = options
        probe = Probe(seconds: seconds, cores: plan.cores)
        guard case .listFiles(let files)? = plan.operators.first?.stage,
            let classifier = plan.operators.compactMap({ if case .infer(let plan) = $0.stage { plan } else { nil } })
                .first
        else {
            throw PlanError("a ceiling is measured for reading images and predicting; this plan does something else.")
        }
        self.files = files
        self.classifier = classifier
    }

    private func listing(_ stores: StoreAccess) -> BoundOperator {
        let source = ListFilesSource(
            files.paths,
            kind: .images,
            listing: files.listing,
            blockRows: plan.blockRows,
            files: stores
        )
        return BoundOperator(OperatorSpec(name: "list", kind: .source, cpusPerTask: 0), EngineStage(source: source))
    }

    func run() async throws -> CeilingReport {
        let stores = StoreAccess(retries: options.retries)
        let listing = self.listing(stores)
        let reading = ReadFilesTransform(retries: options.retries, files: stores)
        let scratch = Bytes(plan.memory.count / 2 / plan.cores)
        let decoding = DecodeImagesTransform(classifier, maxPixels: options.maxPixels, maxScratch: scratch)
        let listed = try await collected([listing])
        let files = try await collected([listing, step(reading)])
        let images = try await collected([listing, step(reading), step(decoding)])
        guard !images.isEmpty else {
            throw StageError(.notFound, "none of the images could be decoded, so there is nothing to measure with.")
        }

        let stages = [
            Ceiling.Stage(
                name: "read",
                rate: try await probe.rate(reading, over: listed, workers: plan.cores),
                sharesCores: true
            ),
            Ceiling.Stage(
                name: "decode",
                rate: try await probe.rate(decoding, over: files, workers: plan.cores),
                sharesCores: true
            ),
            Ceiling.Stage(name: "model", rate: try await modelRate(over: images), sharesCores: true),
        ]
        let ceiling = Ceiling(stages)
        return CeilingReport(
            imagesPerSecond: ceiling.imagesPerSecond,
            cores: plan.cores,
            stages: stages.map { .init(name: $0.name, imagesPerSecond: $0.rate, share: ceiling.share(of: $0)) },
            images: images.reduce(0) { $0 + $1.rowCount },
            precision: facts.report.precision,
            versions: ["penstock": PenstockVersion.current, "openvino": facts.version]
        )
    }

    private func modelRate(over images: [Block]) async throws(StageError) -> Double {
        let workers = plan.operators.first { if case .infer = $0.stage { true } else { false } }?.workers ?? 1
        let settings = ClassifyTransform.ModelSettings(
            workers: workers,
            threadsPerWorker: plan.threadsPerModelWorker,
            cacheDirectory: options.cacheDirectory,
            backendLibrary: options.backendLibrary,
            facts: facts
        )
        let transform = ClassifyTransform(classifier, settings: settings)
        return try await probe.rate(transform, over: images, workers: workers)
    }

    private func step(_ transform: some BatchTransform) -> BoundOperator {
        let spec = OperatorSpec(name: transform.name, kind: .transform, workers: plan.cores, outputBudget: plan.memory)
        return BoundOperator(spec, EngineStage(transform: transform))
    }

    /// The rows at the end of a chain, in memory.
    private func collected(_ operators: [BoundOperator]) async throws(StageError) -> [Block] {
        let collector = RowCollector()
        let sink = BoundOperator(
            OperatorSpec(name: "collect", kind: .sink, cpusPerTask: 0),
            EngineStage(sink: CollectSink(collector))
        )
        let limits = RunLimits(cpus: Double(plan.cores), memory: plan.memory, badRows: .share(1))
        let outcome = await StreamingExecutor(operators + [sink], limits: limits).run()
        if case .failed(let error) = outcome.end { throw error }
        return collector.collected
    }
}
