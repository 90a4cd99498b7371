import PenstockCore
import PenstockPlan
import Synchronization

/// A model of any inputs and outputs, compiled once for all workers.
package final class LoadedModel: Sendable {
    /// What the file declares.
    package let signature: ModelSignature
    private let path: String
    private let outputs: [OutputColumn]
    private let request: CompileRequest
    private let models: Mutex<Models>
    private let facts: ModelFacts
    private let measure: OutputMeasure

    private struct Models {
        let source: any ReadModel
        var compiled: (image: ImageInput?, model: any CompiledModel)?
        /// Whether rows went through what is compiled.
        var isInUse = false
    }

    /// Reads the model, and compiles it unless only the first rows can say for what.
    ///
    /// - Throws: `.backendMissing`, `.invalidModel`, `.notFound`, with the true cause and what to do; `.invalidInput` for a name
    ///   that is no input or output.
    init(
        _ job: ModelJob,
        _ settings: ClassifyTransform.ModelSettings,
        _ measure: OutputMeasure
    ) throws(StageError) {
        path = job.model
        facts = settings.facts
        self.measure = measure
        let traits = try ModelTraits(of: job.model, checkedFor: job.precision)
        let backend = try OpenVINOBackend(library: settings.backendLibrary)
        facts.set(version: backend.version)
        let pendingHash = Pending { () throws(StageError) in
            try ModelFile.hash(job.model, rememberedIn: settings.cacheDirectory)
        }
        let source = try backend.read(job.model)
        signature = source.signature
        outputs = try OutputColumn.all(of: job, signature, besides: [])
        request = Self.request(job, settings, traits, signature)
        models = Mutex(Models(source: source))
        if let guess = Self.expectedImage(job, signature) { _ = try compiled(for: guess, inUse: false) }
        let hash = try pendingHash.value()
        facts.update { report in
            report.path = job.model
            report.hash = hash
            report.backend = backend.kind.rawValue
            report.device = job.device
        }
    }

    private static func request(
        _ job: ModelJob,
        _ settings: ClassifyTransform.ModelSettings,
        _ traits: ModelTraits,
        _ signature: ModelSignature
    ) -> CompileRequest {
        var request = CompileRequest()
        request.device = job.device
        request.precision = job.precision == .auto ? .f32 : job.precision
        request.streams = settings.workers
        request.threads = settings.workers * settings.threadsPerWorker
        request.cacheDirectory = settings.cacheDirectory.map { $0 + "/openvino" }
        request.batchRows = traits.dependsOnBatch ? 1 : 0
        request.keepsOutputTypes = signature.outputs.contains { $0.type == .f64 }
        return request
    }

    /// What the rows will most likely be, so that compiling need not wait for them: tensors (nil inside) or images of a size;
    /// nil: it cannot be said.
    private static func expectedImage(_ job: ModelJob, _ signature: ModelSignature) -> ImageInput?? {
        guard signature.inputs.count == 1, signature.inputs[0].isImage else { return .some(nil) }
        guard let preprocessing = job.preprocessing else { return nil }
        // The size that the model fixes, if any: what decodes the images may have taken it from there.
        let sizes = signature.inputs[0].imageSizes
        let (height, width) = (sizes.height ?? preprocessing.crop, sizes.width ?? preprocessing.crop)
        return .some(ImageInput(width: width, height: height, preprocessing))
    }

    /// The model compiled for images of a size, or (nil) for tensors as it declares them.
    ///
    /// - Thread: any; one compiles, the others wait for it, as they have nothing else to do.
    /// - Throws: `.invalidInput` when rows of two kinds come in one run, `.invalidModel` when the model cannot take them.
    func compiled(for image: ImageInput?) throws(StageError) -> any CompiledModel {
        try compiled(for: image, inUse: true)
    }

    private func compiled(for image: ImageInput?, inUse: Bool) throws(StageError) -> any CompiledModel {
        try models.withLock { (models) throws(StageError) in
            if let compiled = models.compiled {
                if compiled.image == image {
                    models.isInUse = models.isInUse || inUse
                    return compiled.model
                }
                if models.isInUse { throw Self.mixed(compiled.image, image) }
            }
            models.compiled = nil  // the guess was wrong: its memory is not needed
            var request = request
            request.image = image
            let model = try models.source.compile(request)
            measure.expect(try rowBytes(model.info.signature))
            facts.update { $0.precision = model.info.precision }
            models.compiled = (image, model)
            models.isInUse = inUse
            return model
        }
    }

    private static func mixed(_ first: ImageInput?, _ second: ImageInput?) -> StageError {
        func text(_ image: ImageInput?) -> String {
            image.map { "images of \($0.width)×\($0.height)" } ?? "other tensors"
        }
        return StageError(
            .invalidInput,
            "the model got \(text(first)) first and \(text(second)) now; it is compiled for one kind. Resize all images to one size."
        )
    }

    /// Bytes that the outputs of one row take; nil where that is known only while running.
    private func rowBytes(_ compiled: ModelSignature) throws(StageError) -> Int? {
        var total = 0
        for output in outputs {
            let port = compiled.outputs[output.index]
            guard let shape = port.rowShape, !shape.contains(nil) else { return nil }
            guard let bytes = output.rowBytes(port), bytes <= OutputMeasure.greatest - total else {
                throw StageError(.tooLarge, "the model \"\(path)\" declares an output that no memory holds: \(port).")
            }
            total += bytes
        }
        return total
    }
}

/// How many bytes the outputs of a row take: from the compiled shapes, or from what came out so far.
final class OutputMeasure: Sendable {
    /// A row of more is refused: 1 TiB, so that sums and products with row counts stay numbers.
    static let greatest = 1 << 40
    /// Taken for models that have not said and not shown yet: 4 KiB, the scores of 1000 classes.
    ///
    /// More would hold back tables of many rows for a memory that most models never take.
    static let unknown = 1 << 12

    private let state = Mutex<(declared: Int?, largest: Int)>((nil, 0))

    /// The most that a row is expected to take.
    var rowBytes: Int { state.withLock { $0.declared ?? ($0.largest > 0 ? $0.largest : Self.unknown) } }

    /// Takes what the compiled shapes say; nil: some of them are open.
    func expect(_ bytes: Int?) { state.withLock { $0.declared = bytes } }

    /// Takes what some rows really took.
    func observe(bytes: Int, rows: Int) {
        guard rows > 0 else { return }
        state.withLock { $0.largest = max($0.largest, bytes / rows + 1) }
    }
}
