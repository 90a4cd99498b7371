/// One value of any column type, for rows written by hand, for printing and for comparisons in pipeline files.
///
/// Convenient, not fast: inside a transform read typed values from `Row`.
public enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([Value])
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByNilLiteral
{
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A float.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A list.
    public init(arrayLiteral elements: Value...) { self = .list(elements) }
    /// No value.
    public init(nilLiteral: ()) { self = .null }
}

extension Value {
    /// The type of a column that holds this value; nil when the value does not tell, as null and empty lists do not.
    package var columnType: ColumnType? {
        switch self {
        case .null: nil
        case .bool: .bool
        case .int: .int64
        case .double: .float64
        case .string: .string
        case .bytes: .binary
        case .list(let elements): elements.compactMap(\.columnType).first.map { .list($0) }
        }
    }

    /// Adds the value to a column that is being built; false when it does not fit.
    package func append(to builder: ColumnBuilder) -> Bool {
        switch self {
        case .null:
            builder.appendNull()
            return true
        case .bool(let value): return value.append(to: builder)
        case .int(let value): return value.append(to: builder) || appendNarrowed(value, to: builder)
        case .double(let value): return value.append(to: builder) || Float(value).append(to: builder)
        case .string(let value): return value.append(to: builder)
        case .bytes(let value): return value.append(to: builder)
        case .list(let elements):
            guard let list = builder as? ListBuilder else { return false }
            for element in elements where !element.append(to: list.elements) { return false }
            list.endList()
            return true
        }
    }

    /// An integer in a column of another number type that holds it exactly.
    private func appendNarrowed(_ value: Int64, to builder: ColumnBuilder) -> Bool {
        switch builder.type {
        case .int32: Int32(exactly: value)?.append(to: builder) ?? false
        case .uint8: UInt8(exactly: value)?.append(to: builder) ?? false
        case .float64: Double(exactly: value)?.append(to: builder) ?? false
        case .float32: Float(exactly: value)?.append(to: builder) ?? false
        default: false
        }
    }
}

extension Column {
    /// One row's value, whatever the type; a tensor reads as a flat list.
    public func value(_ index: Int) -> Value {
        guard isValid(index) else { return .null }
        switch values {
        case .bool(let bits): return .bool(bits[index])
        case .uint8(let buffer): return .int(Int64(buffer[index]))
        case .int32(let buffer): return .int(Int64(buffer[index]))
        case .int64(let buffer): return .int(buffer[index])
        case .float32(let buffer): return .double(Double(buffer[index]))
        case .float64(let buffer): return .double(buffer[index])
        case .string(let strings): return .string(strings.string(index))
        case .binary(let binaries): return .bytes(binaries.value(index).array)
        case .list(let offsets, let elements):
            return .list((Int(offsets[index])..<Int(offsets[index + 1])).map { elements.value($0) })
        case .tensorUInt8(let tensor):
            return .list(tensor.slice(index..<index + 1).elements.array.map { .int(Int64($0)) })
        case .tensorFloat32(let tensor):
            return .list(tensor.slice(index..<index + 1).elements.array.map { .double(Double($0)) })
        }
    }
}
