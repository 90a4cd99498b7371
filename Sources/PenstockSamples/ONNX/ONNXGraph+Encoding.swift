// Field numbers and type codes from onnx.proto (github.com/onnx/onnx, IR version 8).

extension ONNXGraph {
    /// Weights are made and written this many at a time: 256 KiB of output.
    private static let chunkElements = 65_536

    /// Size in bytes of the file that `encode` writes.
    var encodedByteCount: Int {
        modelHead().bytes.count + graphByteCount + modelTail().bytes.count
    }

    /// Writes the model as an ONNX file, opset 13, piece by piece.
    ///
    /// - Cost: the largest piece is 256 KiB, whatever the model's size.
    /// - Throws: what `emit` throws.
    func encode(_ emit: ([UInt8]) throws(SampleError) -> Void) throws(SampleError) {
        try emit(modelHead().bytes)
        try emit(graphHead().bytes)
        for (index, tensor) in tensors.enumerated() {
            try emit(tensorHead(tensor).bytes)
            try encodeContent(of: tensor, stream: UInt64(index), emit)
        }
        try emit(graphTail().bytes)
        try emit(modelTail().bytes)
    }

    private var graphByteCount: Int {
        let tensorBytes = tensors.reduce(0) { $0 + tensorHead($1).bytes.count + 4 * $1.elementCount }
        return graphHead().bytes.count + tensorBytes + graphTail().bytes.count
    }

    /// ModelProto up to and including the length of its graph.
    private func modelHead() -> ProtobufWriter {
        var writer = ProtobufWriter()
        writer.write(8, field: 1)  // ir_version
        writer.write("penstock", field: 2)  // producer_name
        writer.writeHeader(field: 7, byteCount: graphByteCount)  // graph
        return writer
    }

    /// ModelProto after its graph.
    private func modelTail() -> ProtobufWriter {
        var opset = ProtobufWriter()
        opset.write("", field: 1)  // domain
        opset.write(13, field: 2)  // version
        var writer = ProtobufWriter()
        writer.write(opset, field: 8)  // opset_import
        return writer
    }

    /// GraphProto up to its weights.
    private func graphHead() -> ProtobufWriter {
        var writer = ProtobufWriter()
        for node in nodes { writer.write(encoded(node), field: 1) }
        writer.write(name, field: 2)
        return writer
    }

    /// GraphProto after its weights.
    private func graphTail() -> ProtobufWriter {
        var writer = ProtobufWriter()
        for input in inputs { writer.write(encoded(input), field: 11) }
        for output in outputs { writer.write(encoded(output), field: 12) }
        return writer
    }

    private func encoded(_ node: Node) -> ProtobufWriter {
        var writer = ProtobufWriter()
        for input in node.inputs { writer.write(input, field: 1) }
        writer.write(node.output, field: 2)
        writer.write(node.output, field: 3)  // name
        writer.write(node.operation, field: 4)  // op_type
        for (name, value) in node.attributes { writer.write(encoded(name, value), field: 5) }
        return writer
    }

    private func encoded(_ name: String, _ value: Attribute) -> ProtobufWriter {
        var writer = ProtobufWriter()
        writer.write(name, field: 1)
        switch value {
        case .float(let number):
            writer.write(number, field: 2)
            writer.write(1, field: 20)  // type FLOAT
        case .integer(let number):
            writer.write(number, field: 3)
            writer.write(2, field: 20)  // type INT
        case .integers(let numbers):
            for number in numbers { writer.write(number, field: 8) }
            writer.write(7, field: 20)  // type INTS
        }
        return writer
    }

    /// ValueInfoProto of a tensor.
    private func encoded(_ port: Port) -> ProtobufWriter {
        var shape = ProtobufWriter()
        for dimension in port.shape {
            var encodedDimension = ProtobufWriter()
            switch dimension {
            case .fixed(let size): encodedDimension.write(size, field: 1)
            case .named(let name): encodedDimension.write(name, field: 2)
            }
            shape.write(encodedDimension, field: 1)
        }
        var tensor = ProtobufWriter()
        tensor.write(port.type.rawValue, field: 1)  // elem_type
        tensor.write(shape, field: 2)
        var type = ProtobufWriter()
        type.write(tensor, field: 1)  // tensor_type
        var writer = ProtobufWriter()
        writer.write(port.name, field: 1)
        writer.write(type, field: 2)
        return writer
    }

    /// The graph's `initializer` field up to and including the length of the tensor's raw data.
    private func tensorHead(_ tensor: Tensor) -> ProtobufWriter {
        var message = ProtobufWriter()
        for size in tensor.shape { message.write(size, field: 1) }
        message.write(1, field: 2)  // data_type FLOAT
        message.write(tensor.name, field: 8)
        message.writeHeader(field: 9, byteCount: 4 * tensor.elementCount)  // raw_data
        var writer = ProtobufWriter()
        writer.writeHeader(field: 5, byteCount: message.bytes.count + 4 * tensor.elementCount)
        return writer.followed(by: message)
    }

    /// The tensor's numbers in little-endian order, as ONNX demands on every machine.
    private func encodeContent(
        of tensor: Tensor,
        stream: UInt64,
        _ emit: ([UInt8]) throws(SampleError) -> Void
    ) throws(SampleError) {
        var random = SeededRandom(seed: seed, stream: stream)
        var left = tensor.elementCount
        while left > 0 {
            let count = min(left, Self.chunkElements)
            try emit(chunk(of: tensor.content, from: tensor.elementCount - left, count: count, random: &random))
            left -= count
        }
    }

    private func chunk(of content: Content, from start: Int, count: Int, random: inout SeededRandom) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 4 * count) { bytes, initialized in
            for place in 0..<count {
                let value: Float =
                    switch content {
                    case .constant(let value): value
                    case .uniform(let bound): (2 * random.unit() - 1) * bound
                    case .values(let values): values[start + place]
                    }
                UnsafeMutableRawBufferPointer(bytes)
                    .storeBytes(of: value.bitPattern.littleEndian, toByteOffset: 4 * place, as: UInt32.self)
            }
            initialized = 4 * count
        }
    }
}
