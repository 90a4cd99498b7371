internal import CPenstockInference
import PenstockCore

/// A model compiled by OpenVINO.
@safe
final class OpenVINOCompiled: CompiledModel, @unchecked Sendable {
    // SAFETY: a compiled model is immutable and thread-safe by contract of CPenstockInference.h.
    private let raw: OpaquePointer
    let info: CompiledModelInfo

    init(_ raw: OpaquePointer) throws(StageError) {
        unsafe self.raw = raw
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
        info.signature = ModelSignature(
            inputs: try unsafe tensorPorts("input", count: Int(reported.input_count)) { index, port, error, size in
                unsafe penstock_openvino_compiled_input(raw, index, port, error, size)
            },
            outputs: try unsafe tensorPorts("output", count: Int(reported.output_count)) { index, port, error, size in
                unsafe penstock_openvino_compiled_output(raw, index, port, error, size)
            }
        )
        if let output = info.signature.outputs.first, output.shape?.count ?? 0 >= 2 {
            info.classCount = output.rowElementCount
        }
        self.info = info
    }

    deinit { unsafe penstock_openvino_compiled_destroy(raw) }

    func makeRequest() throws(StageError) -> any InferenceRequest {
        var request: OpaquePointer?
        let meter = WorkMeter.ofThread
        meter.add { $0.requestsMade += 1 }
        try meter.timing(\.makingSeconds) { () throws(StageError) in
            try unsafe checkInference { error, size in
                unsafe penstock_openvino_request_create(raw, &request, error, size)
            }
        }
        guard let request = unsafe request else { preconditionFailure("a request without a handle") }
        return unsafe OpenVINORequest(request)
    }
}

@safe
private final class OpenVINORequest: InferenceRequest {
    private let raw: OpaquePointer
    /// Of each output that was asked for, at its last time: most often the same again, which then is not made anew.
    private var shapes: [Int: [Int]] = [:]

    init(_ raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe penstock_openvino_request_destroy(raw) }

    func run(_ inputs: [InputTensor]) throws(StageError) {
        // The library reads the memory of the inputs until the inference has ended, which it has when `infer` returns.
        defer { withExtendedLifetime(inputs) {} }
        for (index, input) in inputs.enumerated() { try set(input, at: index) }
        let meter = WorkMeter.ofThread
        meter.add {
            $0.inferenceCalls += 1
            $0.inferenceRows += inputs.first?.shape.first ?? 0
        }
        try meter.timing(\.inferenceSeconds) { () throws(StageError) in
            try unsafe checkInference { error, size in unsafe penstock_openvino_request_infer(raw, error, size) }
        }
    }

    private func set(_ input: InputTensor, at index: Int) throws(StageError) {
        var view = unsafe penstock_tensor_view()
        unsafe view.element_type = input.type.raw
        unsafe view.rank = Int32(clamping: input.shape.count)
        unsafe view.byte_count = input.bytes.count
        unsafe withUnsafeMutableBytes(of: &view.dims) { bytes in
            let sizes = unsafe bytes.bindMemory(to: Int64.self)
            for (axis, size) in input.shape.prefix(sizes.count).enumerated() { unsafe sizes[axis] = Int64(size) }
        }
        let result = unsafe input.bytes.withUnsafePointer { base in
            unsafe view.data = UnsafeRawPointer(base)
            return unsafe CErrorText.collect { error, size in
                unsafe penstock_openvino_request_set_input(raw, index, &view, error, size)
            }
        }
        try checkInference(result)
    }

    func withOutput(
        _ index: Int,
        _ body: (ElementType, [Int], RawSpan) throws(StageError) -> Void
    ) throws(StageError) {
        var view = unsafe penstock_tensor_view()
        try unsafe checkInference { error, size in
            unsafe penstock_openvino_request_output(raw, index, &view, error, size)
        }
        guard unsafe view.rank >= 0 else {
            throw StageError(
                .invalidModel,
                "output \(index) of the model has more than 8 axes, which Penstock does not carry."
            )
        }
        let shape = unsafe shape(of: index, view)
        let bytes = unsafe UnsafeRawBufferPointer(start: view.data, count: view.byte_count)
        try unsafe body(ElementType(view.element_type), shape, bytes.bytes)
    }

    private func shape(of index: Int, _ view: penstock_tensor_view) -> [Int] {
        unsafe withUnsafeBytes(of: view.dims) { bytes in
            let sizes = unsafe bytes.bindMemory(to: Int64.self).prefix(Int(view.rank))
            if let last = shapes[index], unsafe last.count == sizes.count,
                unsafe zip(last, sizes).allSatisfy({ Int64($0) == $1 })
            {
                return last
            }
            let shape = unsafe sizes.map { Int($0) }
            shapes[index] = shape
            return shape
        }
    }
}
