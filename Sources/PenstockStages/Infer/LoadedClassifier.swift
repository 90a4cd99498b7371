package import PenstockCore
import PenstockPlan
import Synchronization

/// What is known of a model once it is loaded; written by the model stage, read by reports and by the sink's metadata.
package final class ModelFacts: Sendable {
    private let state = Mutex(ModelReport())
    private let backendVersion = Mutex("")

    package init() {}

    /// The model's entry in the report.
    package var report: ModelReport { state.withLock { $0 } }
    /// Backend and version, once loaded.
    package var version: String { backendVersion.withLock { $0 } }

    func update(_ change: (inout ModelReport) -> Void) { state.withLock { change(&$0) } }
    func set(version: String) { backendVersion.withLock { $0 = version } }
}

/// A classifier, compiled once for all workers: in f32, in a fast precision, or in both until the guard decided.
package final class LoadedClassifier: Sendable {
    let labels: [String]?
    private let models: Mutex<(exact: (any CompiledModel)?, fast: (any CompiledModel)?)>
    private let precisionGuard: PrecisionGuard?
    private let memory: AgreementMemory?
    private let facts: ModelFacts
    private let labelsPath: String

    /// Which model a batch goes to.
    var decision: PrecisionGuard.Decision {
        if let precisionGuard { return precisionGuard.decision }
        return models.withLock { $0.exact == nil ? .fast : .exact }
    }
    var exact: (any CompiledModel)? { models.withLock { $0.exact } }
    var fast: (any CompiledModel)? { models.withLock { $0.fast } }

    /// Reads and compiles the model.
    ///
    /// - Throws: `.backendMissing`, `.invalidModel`, `.notFound`, with the true cause and what to do.
    init(_ plan: Classifier, _ settings: ClassifyTransform.ModelSettings) throws(StageError) {
        facts = settings.facts
        labelsPath = plan.labels ?? ""
        if let path = plan.labels { labels = try ModelFile.labels(path) } else { labels = nil }
        try checkModelFile(plan.model)
        let traits = try ModelTraits(of: plan.model)
        if plan.precision == .int8, !traits.isQuantized {
            throw StageError(
                .invalidModel,
                "--precision int8: the model \"\(plan.model)\" has no int8 layers. Quantise it first, or take another precision."
            )
        }
        let backend = try OpenVINOBackend(library: settings.backendLibrary)
        facts.set(version: backend.version)
        let hash = try ModelFile.hash(plan.model)
        let source = try backend.read(plan.model)
        var request = Self.request(plan, settings)
        request.batchRows = traits.dependsOnBatch ? 1 : 0

        var exact: (any CompiledModel)?
        var fast: (any CompiledModel)?
        var precisionGuard: PrecisionGuard?
        var memory: AgreementMemory?
        let fastPrecision = try Self.fastPrecision(plan, backend)
        if plan.precision == .auto, let fastPrecision {
            memory = AgreementMemory(
                directory: settings.cacheDirectory,
                key: "\(hash)-\(fastPrecision.rawValue)-\(backend.version)"
            )
            let remembered = memory?.read()
            let checker = PrecisionGuard(remembered: remembered)
            precisionGuard = checker
            request.precision = fastPrecision
            if checker.decision != .exact { fast = try source.compile(request) }
            request.precision = .f32
            if checker.decision != .fast { exact = try source.compile(request) }
        } else {
            request.precision = plan.precision == .auto ? .f32 : plan.precision
            let model = try source.compile(request)
            if request.precision == .f32 { exact = model } else { fast = model }
        }
        models = Mutex((exact, fast))
        self.precisionGuard = precisionGuard
        self.memory = memory
        if let classes = (fast ?? exact)?.info.classCount { try checkLabels(classes: classes) }
        report(plan, hash: hash, backend: backend)
    }

    private static func request(_ plan: Classifier, _ settings: ClassifyTransform.ModelSettings) -> CompileRequest {
        var request = CompileRequest()
        request.device = plan.device
        request.streams = settings.workers
        request.threads = settings.workers * settings.threadsPerWorker
        request.preprocessing = plan.preprocessing
        return request
    }

    /// The precision that `auto` tries: the device's fastest below f32.
    private static func fastPrecision(
        _ plan: Classifier,
        _ backend: any InferenceBackend
    ) throws(StageError) -> Precision? {
        for precision in [Precision.bf16, .f16] where try backend.supports(precision, on: plan.device) {
            return precision
        }
        return nil
    }

    /// Feeds the guard.
    ///
    /// - Returns: true when the fast precision was accepted by this call, so that f32 may be dropped.
    func compare(exact: ClassScores, fast: ClassScores) throws(StageError) -> Bool {
        guard let precisionGuard, precisionGuard.compare(exact: exact, fast: fast) else { return false }
        if let agreement = precisionGuard.agreement { try memory?.write(agreement) }
        reportPrecision()
        return precisionGuard.decision == .fast
    }

    /// Checks that every class has a name.
    func checkLabels(classes: Int) throws(StageError) {
        guard let labels, labels.count != classes else { return }
        throw StageError(
            .invalidModel,
            "the labels file \"\(labelsPath)\" has \(labels.count) names, and the model has \(classes) classes. Pass the labels that belong to this model."
        )
    }

    private func report(_ plan: Classifier, hash: String, backend: any InferenceBackend) {
        facts.update { report in
            report.path = plan.model
            report.hash = hash
            report.backend = backend.kind.rawValue
            report.device = plan.device
        }
        reportPrecision()
    }

    private func reportPrecision() {
        let agreement = precisionGuard?.agreement
        let model = decision == .fast ? fast : exact
        facts.update { report in
            report.precision = model?.info.precision ?? ""
            report.agreement = agreement?.share
            report.agreementImages = agreement?.images
        }
    }
}
