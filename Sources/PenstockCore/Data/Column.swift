/// One column of a block: values of one type in Arrow's memory layout, immutable, cheap to slice and share.
public struct Column: Sendable {
    /// The values, by type.
    public enum Values: Sendable {
        case bool(Bitmap)
        case uint8(Buffer<UInt8>)
        case int32(Buffer<Int32>)
        case int64(Buffer<Int64>)
        case float32(Buffer<Float>)
        case float64(Buffer<Double>)
        case string(VariableBytes)
        case binary(VariableBytes)
        indirect case list(offsets: Buffer<Int32>, elements: Column)
        case tensorUInt8(Tensor<UInt8>)
        case tensorFloat32(Tensor<Float>)
    }

    /// The values; where `validity` says missing, the value is unspecified.
    public let values: Values
    /// Which rows have a value; nil when all have.
    public let validity: Bitmap?

    /// Combines values and validity of equal length.
    public init(_ values: Values, validity: Bitmap? = nil) {
        self.values = values
        self.validity = validity
        precondition(validity.map { $0.count == count } ?? true, "validity and values differ in length")
    }

    /// Number of rows.
    public var count: Int {
        switch values {
        case .bool(let bits): bits.count
        case .uint8(let buffer): buffer.count
        case .int32(let buffer): buffer.count
        case .int64(let buffer): buffer.count
        case .float32(let buffer): buffer.count
        case .float64(let buffer): buffer.count
        case .string(let strings): strings.count
        case .binary(let binaries): binaries.count
        case .list(let offsets, _): offsets.count - 1
        case .tensorUInt8(let tensor): tensor.rowCount
        case .tensorFloat32(let tensor): tensor.rowCount
        }
    }

    /// What the column holds.
    public var type: ColumnType {
        switch values {
        case .bool: .bool
        case .uint8: .uint8
        case .int32: .int32
        case .int64: .int64
        case .float32: .float32
        case .float64: .float64
        case .string: .string
        case .binary: .binary
        case .list(_, let elements): .list(elements.type)
        case .tensorUInt8(let tensor): .tensorUInt8(tensor.rowShape)
        case .tensorFloat32(let tensor): .tensorFloat32(tensor.rowShape)
        }
    }

    /// Bytes that these rows occupy, shared memory outside the slice not counted.
    public var byteCount: Int {
        let own =
            switch values {
            case .bool(let bits): (bits.count + 7) / 8
            case .uint8(let buffer): buffer.count
            case .int32(let buffer): buffer.count * 4
            case .int64(let buffer): buffer.count * 8
            case .float32(let buffer): buffer.count * 4
            case .float64(let buffer): buffer.count * 8
            case .string(let values), .binary(let values): values.byteCount + (values.count + 1) * 4
            case .list(let offsets, let elements):
                offsets.count * 4 + Self.listElements(offsets, elements).byteCount
            case .tensorUInt8(let tensor): tensor.elements.count
            case .tensorFloat32(let tensor): tensor.elements.count * 4
            }
        return own + (validity.map { ($0.count + 7) / 8 } ?? 0)
    }

    /// Some rows, sharing memory.
    public func slice(_ range: Range<Int>) -> Column {
        if range == 0..<count { return self }
        let values: Values =
            switch values {
            case .bool(let bits): .bool(bits.slice(range))
            case .uint8(let buffer): .uint8(buffer.slice(range))
            case .int32(let buffer): .int32(buffer.slice(range))
            case .int64(let buffer): .int64(buffer.slice(range))
            case .float32(let buffer): .float32(buffer.slice(range))
            case .float64(let buffer): .float64(buffer.slice(range))
            case .string(let strings): .string(strings.slice(range))
            case .binary(let binaries): .binary(binaries.slice(range))
            case .list(let offsets, let elements):
                .list(offsets: offsets.slice(range.lowerBound..<range.upperBound + 1), elements: elements)
            case .tensorUInt8(let tensor): .tensorUInt8(tensor.slice(range))
            case .tensorFloat32(let tensor): .tensorFloat32(tensor.slice(range))
            }
        return Column(values, validity: validity?.slice(range))
    }

    /// Whether row `index` has a value.
    public func isValid(_ index: Int) -> Bool { validity?[index] ?? true }

    /// The elements that a slice of a list column really uses.
    package static func listElements(_ offsets: Buffer<Int32>, _ elements: Column) -> Column {
        elements.slice(Int(offsets[0])..<Int(offsets[offsets.count - 1]))
    }
}

extension Column {
    /// A column of texts.
    public init(strings: [String]) { self.init(.string(VariableBytes(strings))) }
    /// A column of 32-bit integers.
    public init(int32 values: [Int32]) { self.init(.int32(Buffer(values))) }
    /// A column of 64-bit integers.
    public init(int64 values: [Int64]) { self.init(.int64(Buffer(values))) }
    /// A column of 32-bit floats.
    public init(float32 values: [Float]) { self.init(.float32(Buffer(values))) }
    /// A column of 64-bit floats.
    public init(float64 values: [Double]) { self.init(.float64(Buffer(values))) }
    /// A column of texts, some missing.
    public init(optionalStrings: [String?]) {
        let validity = optionalStrings.contains(nil) ? Bitmap(optionalStrings.map { $0 != nil }) : nil
        self.init(.string(VariableBytes(optionalStrings.map { $0 ?? "" })), validity: validity)
    }
    /// A column of lists, all elements in one column.
    public init(listOf elements: Column, lengths: [Int]) {
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(lengths.count + 1)
        for length in lengths { offsets.append(offsets[offsets.count - 1] + Int32(length)) }
        precondition(
            offsets[lengths.count] == elements.count,
            "lengths add up to \(offsets[lengths.count]), not \(elements.count)"
        )
        self.init(.list(offsets: Buffer(offsets), elements: elements))
    }
}
