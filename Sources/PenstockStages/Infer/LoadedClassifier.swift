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
    /// Both only until the guard decided.
    private let models: Mutex<(exact: (any CompiledModel)?, fast: (any CompiledModel)?)>
    private let precisionGuard: PrecisionGuard?
    private let memory: AgreementMemory?
    private let facts: ModelFacts
    private let labelsPath: String

    /// What a batch is to be run on; once only one model is left, the other one's memory is given back.
    enum Choice {
        case exact(any CompiledModel)
        case fast(any CompiledModel)
        case both(exact: any CompiledModel, fast: any CompiledModel)
    }

    /// Which model a batch goes to, now.
    var choice: Choice {
        switch models.withLock({ $0 }) {
        case (let exact?, let fast?): return .both(exact: exact, fast: fast)
        case (let exact?, nil): return .exact(exact)
        case (nil, let fast?): return .fast(fast)
        case (nil, nil): preconditionFailure("a classifier without a model")
        }
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
        let traits = try ModelTraits(of: plan.model, checkedFor: plan.precision)
        let backend = try OpenVINOBackend(library: settings.backendLibrary)
        facts.set(version: backend.version)
        let pendingHash = Self.pendingHash(plan, settings)
        let source = try backend.read(plan.model)
        let hash = try pendingHash.value()
        let request = Self.request(plan, settings, traits)
        if plan.precision == .auto, let fast = try Self.fastPrecision(plan, backend) {
            let key = try Self.agreementKey(plan, hash: hash, precision: fast, backend: backend)
            let memory = AgreementMemory(directory: settings.cacheDirectory, key: key)
            let checker = PrecisionGuard(remembered: memory?.read())
            models = Mutex(try Self.compiled(checker.decision, fast, backend, source, request, path: plan.model))
            precisionGuard = checker
            self.memory = memory
        } else {
            let precision = plan.precision == .auto ? .f32 : plan.precision
            let model = try source.compile(request.at(precision))
            models = Mutex(precision == .f32 ? (exact: model, fast: nil) : (exact: nil, fast: model))
            precisionGuard = nil
            memory = nil
        }
        if let classes = (fast ?? exact)?.info.classCount { try checkLabels(classes: classes) }
        report(plan, hash: hash, backend: backend)
        let fastest = try Self.fastPrecision(plan, backend)?.rawValue ?? "f32"
        facts.update { $0.fastestPrecision = fastest }
    }

    /// The models that the guard needs: both until it has decided.
    ///
    /// Two are compiled side by side, each from its own reading of the file, as the first prediction waits for both.
    private static func compiled(
        _ decision: PrecisionGuard.Decision,
        _ fast: Precision,
        _ backend: OpenVINOBackend,
        _ source: any ReadModel,
        _ request: CompileRequest,
        path: String
    ) throws(StageError) -> (exact: (any CompiledModel)?, fast: (any CompiledModel)?) {
        switch decision {
        case .fast: return (nil, try source.compile(request.at(fast)))
        case .exact: return (try source.compile(request.at(.f32)), nil)
        case .undecided:
            let pending = Pending { () throws(StageError) in try backend.read(path).compile(request.at(fast)) }
            let exact = Result { () throws(StageError) in try source.compile(request.at(.f32)) }
            // Waited for in any case: a process that ends while the library compiles crashes.
            let quick = Result { () throws(StageError) in try pending.value() }
            return (try exact.get(), try quick.get())
        }
    }

    /// What an agreement was measured for: model, precision, library, processor and the way images are prepared.
    private static func agreementKey(
        _ plan: Classifier,
        hash: String,
        precision: Precision,
        backend: OpenVINOBackend
    ) throws(StageError) -> String {
        let size = plan.preprocessing
        let parts =
            "\(try backend.fullName(of: plan.device)) \(size.resize) \(size.crop) \(size.mean) \(size.std) \(size.channels)"
        return "\(hash)-\(precision.rawValue)-\(backend.version)-\(ModelFile.hash(text: parts).prefix(16))"
    }

    private static func pendingHash(
        _ plan: Classifier,
        _ settings: ClassifyTransform.ModelSettings
    ) -> Pending<String> {
        Pending { () throws(StageError) in
            try ModelFile.hash(plan.model, rememberedIn: settings.cacheDirectory)
        }
    }

    private static func request(
        _ plan: Classifier,
        _ settings: ClassifyTransform.ModelSettings,
        _ traits: ModelTraits
    ) -> CompileRequest {
        var request = CompileRequest()
        request.device = plan.device
        request.streams = settings.workers
        request.threads = settings.workers * settings.threadsPerWorker
        request.image = ImageInput(plan.preprocessing)
        request.cacheDirectory = settings.cacheDirectory.map { $0 + "/openvino" }
        request.batchRows = traits.dependsOnBatch ? 1 : settings.batchRows
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

    /// Feeds the guard; when that decides, the model that lost is dropped.
    func compare(exact: ClassScores, fast: ClassScores) throws(StageError) {
        guard let precisionGuard else { return }
        guard precisionGuard.compare(exact: exact, fast: fast) else { return reportPrecision() }
        let isFast = precisionGuard.decision == .fast
        // Taken out of the lock, so that it is released there as well.
        let rejected = models.withLock { models -> (any CompiledModel)? in
            let rejected = isFast ? models.exact : models.fast
            if isFast { models.exact = nil } else { models.fast = nil }
            return rejected
        }
        withExtendedLifetime(rejected) {}
        if isFast, let agreement = precisionGuard.agreement { try memory?.write(agreement) }
        reportPrecision()
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
        // A handful of images says nothing.
        let agreement = precisionGuard?.agreement.flatMap { $0.images < PrecisionGuard.imageCount ? nil : $0 }
        // Until the guard decided, rows carry what f32 says.
        let model = exact ?? fast
        facts.update { report in
            report.precision = model?.info.precision ?? ""
            report.agreement = agreement?.share
            report.agreementImages = agreement?.images
        }
    }
}
