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
        try unsafe checkInference { error, size in unsafe penstock_openvino_runtime_create(path, &runtime, error, size)
        }
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
        try unsafe checkInference { error, size in unsafe penstock_openvino_device(raw, device, &info, error, size) }
        return text(info.full_name)
    }

    package func supports(_ precision: Precision, on device: String) throws(StageError) -> Bool {
        var info = penstock_device_info()
        try unsafe checkInference { error, size in unsafe penstock_openvino_device(raw, device, &info, error, size) }
        return Self.precisions(info).contains(precision)
    }

    package func read(_ path: String) throws(StageError) -> any ReadModel {
        var model: OpaquePointer?
        try WorkMeter.ofThread.timing(\.modelLoadSeconds) { () throws(StageError) in
            try unsafe checkInference { error, size in
                unsafe penstock_openvino_model_create(raw, path, &model, error, size)
            }
        }
        guard let model = unsafe model else { preconditionFailure("a model without a handle") }
        return try unsafe OpenVINOModel(model, runtime: self)
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
        try unsafe checkInference { error, size in
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
        try unsafe checkInference { error, size in unsafe penstock_model_file_traits(path, &traits, error, size) }
        isQuantized = traits.is_quantized != 0
        dependsOnBatch = traits.depends_on_batch != 0
    }
}

@safe
private final class OpenVINOModel: ReadModel {
    private let raw: OpaquePointer
    private let runtime: OpenVINOBackend
    let signature: ModelSignature

    init(_ raw: OpaquePointer, runtime: OpenVINOBackend) throws(StageError) {
        unsafe self.raw = raw
        self.runtime = runtime
        let inputCount = unsafe penstock_openvino_model_input_count(raw)
        let outputCount = unsafe penstock_openvino_model_output_count(raw)
        signature = ModelSignature(
            inputs: try unsafe tensorPorts("input", count: inputCount) { index, info, error, size in
                unsafe penstock_openvino_model_input(raw, index, info, error, size)
            },
            outputs: try unsafe tensorPorts("output", count: outputCount) { index, info, error, size in
                unsafe penstock_openvino_model_output(raw, index, info, error, size)
            }
        )
    }

    deinit { unsafe penstock_openvino_model_destroy(raw) }

    func compile(_ request: CompileRequest) throws(StageError) -> any CompiledModel {
        var compiled: OpaquePointer?
        let meter = WorkMeter.ofThread
        meter.add { $0.modelLoads += 1 }
        let status = meter.timing(\.modelLoadSeconds) {
            unsafe withCStrings(request.device, request.cacheDirectory) { device, cache in
                var options = unsafe options(request, device: device, cache: cache)
                return unsafe CErrorText.collect { error, size in
                    unsafe penstock_openvino_compile(raw, &options, &compiled, error, size)
                }
            }
        }
        try checkInference(status)
        guard let compiled = unsafe compiled else { preconditionFailure("a compiled model without a handle") }
        return try unsafe OpenVINOCompiled(compiled)
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
        unsafe options.keep_output_types = request.keepsOutputTypes ? 1 : 0
        if let image = request.image {
            unsafe options.image.enabled = 1
            unsafe options.image.width = Int32(clamping: image.width)
            unsafe options.image.height = Int32(clamping: image.height)
            unsafe options.image.reverse_channels = image.channels == .bgr ? 1 : 0
            unsafe options.image.mean = (image.mean[0], image.mean[1], image.mean[2])
            unsafe options.image.scale = (image.scale[0], image.scale[1], image.scale[2])
        }
        return unsafe options
    }
}

// MARK: C

func checkInference(_ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) throws(StageError) {
    try unsafe checkInference(CErrorText.collect(call))
}

func checkInference(_ result: (status: CInt, message: String)) throws(StageError) {
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
func text<Characters>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
}

/// Describes a model's inputs or outputs.
func tensorPorts(
    _ word: String,
    count: Int,
    _ describe: (Int, UnsafeMutablePointer<penstock_tensor_info>, UnsafeMutablePointer<CChar>, Int) -> CInt
) throws(StageError) -> [TensorPort] {
    var ports: [TensorPort] = []
    for index in 0..<count {
        var info = penstock_tensor_info()
        try unsafe checkInference { error, size in unsafe describe(index, &info, error, size) }
        let name = text(info.name)
        let sizes = unsafe withUnsafeBytes(of: info.dims) { unsafe Array($0.bindMemory(to: Int64.self)) }
        let shape: [Int?]? = info.rank < 0 ? nil : sizes.prefix(Int(info.rank)).map { $0 < 0 ? nil : Int($0) }
        let port = TensorPort(
            name: name.isEmpty ? "\(word)\(index)" : name,
            type: ElementType(info.element_type),
            shape: shape
        )
        ports.append(port)
    }
    return ports
}

extension ElementType {
    private static let pairs: [(ElementType, penstock_element_type)] = [
        (.bool, .bool), (.u8, .u8), (.i8, .i8), (.u16, .u16), (.i16, .i16), (.u32, .u32), (.i32, .i32), (.u64, .u64),
        (.i64, .i64), (.bf16, .bf16), (.f16, .f16), (.f32, .f32), (.f64, .f64),
    ]

    init(_ type: penstock_element_type) { self = Self.pairs.first { $0.1 == type }?.0 ?? .other }

    var raw: penstock_element_type { Self.pairs.first { $0.0 == self }?.1 ?? .other }
}
