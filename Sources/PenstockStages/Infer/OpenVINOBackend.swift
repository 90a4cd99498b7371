internal import CPenstockInference
package import PenstockCore
package import PenstockPlan

/// OpenVINO through its C API, loaded at run time.
@safe
package final class OpenVINOBackend: InferenceBackend, @unchecked Sendable {
    // SAFETY: the runtime handle is thread-safe by contract of CPenstockInference.h and never changes.
    fileprivate let raw: OpaquePointer
    package let kind = BackendKind.openvino
    package let version: String

    /// Loads the library: `path`, or what the loader's own search finds.
    ///
    /// - Throws: `.backendMissing` with what was tried and how to install it.
    package init(library path: String?) throws(StageError) {
        var runtime: OpaquePointer?
        try unsafe check { error, size in unsafe penstock_openvino_runtime_create(path, &runtime, error, size) }
        guard let runtime = unsafe runtime else { preconditionFailure("OpenVINO without a handle") }
        unsafe raw = runtime
        version = unsafe String(cString: penstock_openvino_runtime_version(runtime))
    }

    deinit { unsafe penstock_openvino_runtime_destroy(raw) }

    /// Where the library was loaded from.
    package var libraryPath: String { unsafe String(cString: penstock_openvino_runtime_path(raw)) }

    /// A device's name for people, such as the processor's.
    package func fullName(of device: String) throws(StageError) -> String {
        var info = penstock_device_info()
        try unsafe check { error, size in unsafe penstock_openvino_device(raw, device, &info, error, size) }
        return text(info.full_name)
    }

    package func supports(_ precision: Precision, on device: String) throws(StageError) -> Bool {
        var info = penstock_device_info()
        try unsafe check { error, size in unsafe penstock_openvino_device(raw, device, &info, error, size) }
        return Self.precisions(info).contains(precision)
    }

    package func read(_ path: String) throws(StageError) -> any ReadModel {
        var model: OpaquePointer?
        try unsafe check { error, size in unsafe penstock_openvino_model_create(raw, path, &model, error, size) }
        guard let model = unsafe model else { preconditionFailure("a model without a handle") }
        return unsafe OpenVINOModel(model, runtime: self)
    }

    /// A device, for people.
    package struct Device: Sendable, Equatable {
        package let name: String
        package let fullName: String
        package let precisions: [Precision]
    }

    /// All devices here.
    ///
    /// - Cost: loads every device plugin, up to a second.
    package func devices() throws(StageError) -> [Device] {
        var infos = Array(repeating: penstock_device_info(), count: 16)
        var count = 0
        try unsafe check { error, size in
            unsafe infos.withUnsafeMutableBufferPointer { buffer in
                unsafe penstock_openvino_devices(raw, buffer.baseAddress, buffer.count, &count, error, size)
            }
        }
        return infos.prefix(count).map { info in
            Device(name: text(info.name), fullName: text(info.full_name), precisions: Self.precisions(info))
        }
    }

    private static func precisions(_ info: penstock_device_info) -> [Precision] {
        let bits: [(Int, Precision)] = [
            (PENSTOCK_CAPABILITY_F32, .f32), (PENSTOCK_CAPABILITY_BF16, .bf16), (PENSTOCK_CAPABILITY_F16, .f16),
            (PENSTOCK_CAPABILITY_INT8, .int8),
        ]
        return bits.filter { Int(info.capabilities) & $0.0 != 0 }.map(\.1)
    }
}

/// What a model file tells before it is loaded.
package struct ModelTraits: Sendable, Equatable {
    /// Some layers compute in int8.
    package let isQuantized: Bool
    /// A row's result depends on the other rows of its batch, so rows must be run one by one.
    package let dependsOnBatch: Bool

    /// Looks at the file without any backend.
    ///
    /// - Throws: `.invalidModel` with the true cause: a Git-LFS pointer, an HTML page, a missing weights file.
    /// - Cost: milliseconds.
    package init(of path: String) throws(StageError) {
        var traits = penstock_model_traits()
        try unsafe check { error, size in unsafe penstock_model_file_traits(path, &traits, error, size) }
        isQuantized = traits.is_quantized != 0
        dependsOnBatch = traits.depends_on_batch != 0
    }
}

@safe
private final class OpenVINOModel: ReadModel {
    private let raw: OpaquePointer
    private let runtime: OpenVINOBackend

    init(_ raw: OpaquePointer, runtime: OpenVINOBackend) {
        unsafe self.raw = raw
        self.runtime = runtime
    }

    deinit { unsafe penstock_openvino_model_destroy(raw) }

    func compile(_ request: CompileRequest) throws(StageError) -> any CompiledModel {
        var compiled: OpaquePointer?
        let status = unsafe withCStrings(request.device, request.cacheDirectory) { device, cache in
            var options = unsafe options(request, device: device, cache: cache)
            return unsafe CErrorText.collect { error, size in
                unsafe penstock_openvino_compile(raw, &options, &compiled, error, size)
            }
        }
        try check(status)
        guard let compiled = unsafe compiled else { preconditionFailure("a compiled model without a handle") }
        return unsafe OpenVINOCompiled(compiled, crop: request.preprocessing.crop)
    }

    private func options(
        _ request: CompileRequest,
        device: UnsafePointer<CChar>,
        cache: UnsafePointer<CChar>?
    ) -> penstock_compile_options {
        var options = unsafe penstock_compile_options()
        unsafe options.device = device
        unsafe options.cache_directory = cache
        unsafe options.precision =
            switch request.precision {
            case .f32: .f32
            case .bf16: .bf16
            case .f16: .f16
            case .auto, .int8: .deviceDefault
            }
        unsafe options.streams = Int32(request.streams)
        unsafe options.threads = Int32(request.threads)
        unsafe options.pinning = .off  // decoding shares the cores
        unsafe options.batch_rows = Int32(request.batchRows)
        let size = request.preprocessing
        unsafe options.image.enabled = 1
        unsafe options.image.width = Int32(size.crop)
        unsafe options.image.height = Int32(size.crop)
        unsafe options.image.reverse_channels = size.channels == .bgr ? 1 : 0
        unsafe options.image.mean = (size.mean[0] * 255, size.mean[1] * 255, size.mean[2] * 255)
        unsafe options.image.scale = (size.std[0] * 255, size.std[1] * 255, size.std[2] * 255)
        return unsafe options
    }
}

@safe
private final class OpenVINOCompiled: CompiledModel, @unchecked Sendable {
    // SAFETY: a compiled model is immutable and thread-safe by contract of CPenstockInference.h.
    private let raw: OpaquePointer
    let info: CompiledModelInfo
    private let crop: Int

    init(_ raw: OpaquePointer, crop: Int) {
        unsafe self.raw = raw
        self.crop = crop
        let reported = unsafe penstock_openvino_compiled_info(raw)
        var info = CompiledModelInfo()
        info.batchRows = Int(reported.batch_rows)
        info.precision =
            switch reported.precision {
            case .f32: "f32"
            case .bf16: "bf16"
            case .f16: "f16"
            case .deviceDefault: ""
            }
        var output = penstock_tensor_info()
        let status = unsafe CErrorText.collect { error, size in
            unsafe penstock_openvino_compiled_output(raw, 0, &output, error, size)
        }
        if status.status == 0 { info.classCount = Self.classCount(output) }
        self.info = info
    }

    deinit { unsafe penstock_openvino_compiled_destroy(raw) }

    func makeRequest() throws(StageError) -> any InferenceRequest {
        var request: OpaquePointer?
        try unsafe check { error, size in unsafe penstock_openvino_request_create(raw, &request, error, size) }
        guard let request = unsafe request else { preconditionFailure("a request without a handle") }
        return unsafe OpenVINORequest(request, crop: crop, fixedRows: info.batchRows)
    }

    /// The product of all dimensions but the first; nil when one is dynamic.
    private static func classCount(_ output: penstock_tensor_info) -> Int? {
        guard output.rank >= 2 else { return nil }
        let all = unsafe withUnsafeBytes(of: output.dims) { unsafe Array($0.bindMemory(to: Int64.self)) }
        let dims = all[1..<Int(output.rank)]
        return dims.contains { $0 < 0 } ? nil : Int(dims.reduce(1, *))
    }
}

@safe
private final class OpenVINORequest: InferenceRequest {
    private let raw: OpaquePointer
    private let rowBytes: Int
    private let fixedRows: Int
    /// Padding for models that take only batches of one size.
    private var padded: [UInt8] = []

    init(_ raw: OpaquePointer, crop: Int, fixedRows: Int) {
        unsafe self.raw = raw
        rowBytes = crop * crop * 3
        self.fixedRows = max(fixedRows, 0)
    }

    deinit { unsafe penstock_openvino_request_destroy(raw) }

    func infer(_ pixels: Tensor<UInt8>, scores: inout [Float]) throws(StageError) -> Int {
        var classes = 0
        try unsafe pixels.elements.withUnsafePointer { (base: UnsafePointer<UInt8>) throws(StageError) in
            let step = fixedRows == 0 ? pixels.rowCount : fixedRows
            for first in stride(from: 0, to: pixels.rowCount, by: max(step, 1)) {
                let rows = min(step, pixels.rowCount - first)
                let part = unsafe UnsafeBufferPointer(start: base + first * rowBytes, count: rows * rowBytes)
                classes = try unsafe run(part, rows: rows, scores: &scores)
            }
        }
        return classes
    }

    private func run(_ pixels: UnsafeBufferPointer<UInt8>, rows: Int, scores: inout [Float]) throws(StageError) -> Int {
        if fixedRows == 0 || rows == fixedRows {
            return try unsafe runExactly(pixels, rows: rows, keep: rows, scores: &scores)
        }
        if padded.isEmpty { padded = Array(repeating: 0, count: fixedRows * rowBytes) }
        for index in pixels.indices { padded[index] = unsafe pixels[index] }
        let copy = padded
        return try unsafe copy.withUnsafeBufferPointer { buffer throws(StageError) in
            try unsafe runExactly(buffer, rows: fixedRows, keep: rows, scores: &scores)
        }
    }

    private func runExactly(
        _ pixels: UnsafeBufferPointer<UInt8>,
        rows: Int,
        keep: Int,
        scores: inout [Float]
    ) throws(StageError) -> Int {
        guard let base = pixels.baseAddress else { return 0 }
        try unsafe check { error, size in
            unsafe penstock_openvino_request_set_images(raw, base, rows, pixels.count, error, size)
        }
        try unsafe check { error, size in unsafe penstock_openvino_request_infer(raw, error, size) }
        var view = unsafe penstock_tensor_view()
        try unsafe check { error, size in unsafe penstock_openvino_request_output(raw, 0, &view, error, size) }
        guard unsafe view.element_type == .f32, let data = unsafe view.data else {
            throw StageError(
                .invalidModel,
                "the model's first output is not made of floating-point numbers, so it cannot be class scores."
            )
        }
        let count = unsafe view.byte_count / MemoryLayout<Float>.stride
        guard rows > 0, count % rows == 0, count > 0 else {
            throw StageError(
                .invalidModel,
                "the model's first output holds \(count) numbers for \(rows) images; expected the same number for each image."
            )
        }
        let values = unsafe UnsafeBufferPointer(
            start: data.assumingMemoryBound(to: Float.self),
            count: count / rows * keep
        )
        unsafe scores.append(contentsOf: values)
        return count / rows
    }
}

// MARK: C

private func check(_ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) throws(StageError) {
    try unsafe check(CErrorText.collect(call))
}

private func check(_ result: (status: CInt, message: String)) throws(StageError) {
    guard result.status != 0 else { return }
    let code: StageError.Code =
        switch penstock_inference_status(rawValue: UInt32(result.status)) {
        case .libraryMissing: .backendMissing
        case .invalidModel, .unsupported, .invalidArgument: .invalidModel
        case .outOfMemory: .outOfMemory
        case .cancelled: .cancelled
        case .ok, .inferenceFailed, .timedOut, nil: .inferenceFailed
        }
    throw StageError(code, result.message)
}

private func withCStrings<R>(
    _ first: String,
    _ second: String?,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>?) -> R
) -> R {
    unsafe first.withCString { first in
        guard let second else { return unsafe body(first, nil) }
        return unsafe second.withCString { unsafe body(first, $0) }
    }
}

/// A C array of characters as text.
private func text<Characters>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
}
