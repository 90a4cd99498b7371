package import PenstockCore
package import PenstockPlan

/// How a model is to be compiled for images.
package struct CompileRequest: Sendable {
    package var device = "CPU"
    package var precision = Precision.f32
    /// Inferences that run side by side.
    package var streams = 1
    /// Threads over all streams together.
    package var threads = 1
    /// Rows of one inference; 0: any number.
    package var batchRows = 0
    package var preprocessing = Preprocessing.torchvision
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
    /// Rows that each inference must have; 0: any number.
    package var batchRows = 0
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
    func compile(_ request: CompileRequest) throws(StageError) -> any CompiledModel
}

/// A model compiled for a device: weights are in memory once, however many workers run it.
package protocol CompiledModel: Sendable {
    var info: CompiledModelInfo { get }
    func makeRequest() throws(StageError) -> any InferenceRequest
}

/// One inference at a time; one per worker.
package protocol InferenceRequest: AnyObject {
    /// Runs u8 pixels `[rows, height, width, 3]` and appends the first output, f32, `rows × classes`, to `scores`.
    ///
    /// - Returns: number of classes.
    func infer(_ pixels: Tensor<UInt8>, scores: inout [Float]) throws(StageError) -> Int
}
