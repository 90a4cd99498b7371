package import PenstockCore
package import PenstockPlan

/// How u8 images `[height, width, 3]`, RGB, become the numbers of a model's only input, inside the compiled graph.
package struct ImageInput: Sendable, Hashable {
    /// Pixels.
    package var width: Int
    /// Pixels.
    package var height: Int
    /// In units of 0…255, in the model's channel order.
    package var mean: [Float] = [0, 0, 0]
    /// In units of 0…255, in the model's channel order.
    package var scale: [Float] = [1, 1, 1]
    /// The order of channels that the model wants.
    package var channels = ChannelOrder.rgb

    /// Images of a size; without `preprocessing` their numbers stay 0…255.
    package init(width: Int, height: Int, _ preprocessing: Preprocessing?) {
        self.width = width
        self.height = height
        guard let preprocessing else { return }
        mean = preprocessing.mean.map { $0 * 255 }
        scale = preprocessing.std.map { $0 * 255 }
        channels = preprocessing.channels
    }

    /// The square that `preprocessing` cuts out.
    package init(_ preprocessing: Preprocessing) {
        self.init(width: preprocessing.crop, height: preprocessing.crop, preprocessing)
    }
}

/// How a model is to be compiled.
package struct CompileRequest: Sendable {
    package var device = "CPU"
    package var precision = Precision.f32
    /// Inferences that run side by side.
    package var streams = 1
    /// Threads over all streams together.
    package var threads = 1
    /// Rows of one inference; 0: any number.
    package var batchRows = 0
    /// Nil: tensors go in as the model declares them.
    package var image: ImageInput?
    /// Outputs of f64 stay what they are; else every float becomes f32 inside the graph.
    package var keepsOutputTypes = false
    package var cacheDirectory: String?

    package init() {}
}

extension CompileRequest {
    /// The same in another precision.
    func at(_ precision: Precision) -> CompileRequest {
        var request = self
        request.precision = precision
        return request
    }
}

/// What came out of compiling.
package struct CompiledModelInfo: Sendable, Equatable {
    /// Rows that each inference must have; 0: any number; -1: inputs do not agree on one.
    package var batchRows = 0
    /// Of the compiled graph, in the order in which `InferenceRequest` takes and gives them.
    package var signature = ModelSignature(inputs: [], outputs: [])
    /// The arithmetic that the device reports.
    package var precision = ""
    /// Classes in the output's last dimensions; nil when the model does not say.
    package var classCount: Int?
}

/// A library that runs models, behind one small face.
///
/// Implementations are loaded at run time.
package protocol InferenceBackend: Sendable {
    var kind: BackendKind { get }
    var version: String { get }
    /// Precisions that the device computes natively.
    func supports(_ precision: Precision, on device: String) throws(StageError) -> Bool
    /// Reads a model file.
    func read(_ path: String) throws(StageError) -> any ReadModel
}

/// A model as read from its file; can be compiled more than once.
///
/// One thread at a time.
package protocol ReadModel {
    /// What the file declares.
    var signature: ModelSignature { get }
    func compile(_ request: CompileRequest) throws(StageError) -> any CompiledModel
}

/// A model compiled for a device: weights are in memory once, however many workers run it.
package protocol CompiledModel: Sendable {
    var info: CompiledModelInfo { get }
    func makeRequest() throws(StageError) -> any InferenceRequest
}

/// One inference at a time; one per worker.
package protocol InferenceRequest: AnyObject {
    /// Runs the model on one tensor for each input, in the order of the signature. Copies nothing.
    ///
    /// - Throws: `.invalidModel` where a type or shape does not fit, `.inferenceFailed`, `.outOfMemory`.
    func run(_ inputs: [InputTensor]) throws(StageError)
    /// Calls `body` with type, shape and memory of an output of the last run; the memory is the library's.
    func withOutput(
        _ index: Int,
        _ body: (ElementType, [Int], RawSpan) throws(StageError) -> Void
    ) throws(StageError)
}
