/// A Swift value that a column can hold.
///
/// The set is closed by `ColumnType`; types of your own go through `Codable` (`Dataset.fromItems`).
public protocol ColumnValue: Sendable {
    /// The column's type.
    static var columnType: ColumnType { get }
    /// The type of a column of arrays of such values.
    static var arrayColumnType: ColumnType { get }
    /// The value in a row of a column, or nil when the column holds something that is no such value.
    ///
    /// A missing value reads as whatever the memory holds; `Row` looks at validity first.
    static func read(_ column: Column, at index: Int) -> Self?
    /// The array in a row of a column of arrays.
    static func readArray(_ column: Column, at index: Int) -> [Self]?
    /// Adds the value to a column that is being built; false when that column holds another type.
    func append(to builder: ColumnBuilder) -> Bool
    /// Adds an array as one value.
    static func appendArray(_ values: [Self], to builder: ColumnBuilder) -> Bool
}

extension ColumnValue {
    /// Lists.
    public static var arrayColumnType: ColumnType { .list(columnType) }

    /// The elements of a list.
    public static func readArray(_ column: Column, at index: Int) -> [Self]? {
        guard case .list(let offsets, let elements) = column.values else { return nil }
        var values: [Self] = []
        for position in Int(offsets[index])..<Int(offsets[index + 1]) {
            guard elements.isValid(position), let value = read(elements, at: position) else { return nil }
            values.append(value)
        }
        return values
    }

    /// Adds a list.
    public static func appendArray(_ values: [Self], to builder: ColumnBuilder) -> Bool {
        guard let list = builder as? ListBuilder else { return false }
        for value in values where !value.append(to: list.elements) { return false }
        list.endList()
        return true
    }
}

extension Int64: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { .int64 }

    /// Smaller integers are widened.
    public static func read(_ column: Column, at index: Int) -> Int64? {
        switch column.values {
        case .int64(let values): values[index]
        case .int32(let values): Int64(values[index])
        case .uint8(let values): Int64(values[index])
        default: nil
        }
    }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool { builder.append(self, .int64) }
}

extension Int: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { .int64 }

    /// The value in a row.
    public static func read(_ column: Column, at index: Int) -> Int? { Int64.read(column, at: index).map { Int($0) } }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool { builder.append(Int64(self), .int64) }
}

extension Int32: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { .int32 }

    /// The value in a row.
    public static func read(_ column: Column, at index: Int) -> Int32? {
        if case .int32(let values) = column.values { values[index] } else { nil }
    }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool { builder.append(self, .int32) }
}

extension UInt8: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { .uint8 }
    /// Bytes in a row are a binary value.
    public static var arrayColumnType: ColumnType { .binary }

    /// The value in a row.
    public static func read(_ column: Column, at index: Int) -> UInt8? {
        if case .uint8(let values) = column.values { values[index] } else { nil }
    }

    /// The array in a row.
    public static func readArray(_ column: Column, at index: Int) -> [UInt8]? {
        switch column.values {
        case .binary(let values): values.value(index).array
        case .tensorUInt8(let tensor): tensor.slice(index..<index + 1).elements.array
        default: nil
        }
    }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool { builder.append(self, .uint8) }

    /// Adds an array as one value.
    public static func appendArray(_ values: [UInt8], to builder: ColumnBuilder) -> Bool {
        if let tensor = builder as? TensorBuilder<UInt8> { return tensor.append(row: values) }
        guard let bytes = builder as? VariableBuilder, bytes.type == .binary else { return false }
        bytes.append(values)
        return true
    }
}

extension Double: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { .float64 }

    /// 32-bit floats are widened.
    public static func read(_ column: Column, at index: Int) -> Double? {
        switch column.values {
        case .float64(let values): values[index]
        case .float32(let values): Double(values[index])
        default: nil
        }
    }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool { builder.append(self, .float64) }
}

extension Float: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { .float32 }

    /// The value in a row.
    public static func read(_ column: Column, at index: Int) -> Float? {
        if case .float32(let values) = column.values { values[index] } else { nil }
    }

    /// The array in a row.
    public static func readArray(_ column: Column, at index: Int) -> [Float]? {
        switch column.values {
        case .tensorFloat32(let tensor): return tensor.slice(index..<index + 1).elements.array
        case .list(let offsets, let elements):
            let range = Int(offsets[index])..<Int(offsets[index + 1])
            guard case .float32(let values) = elements.values, range.allSatisfy(elements.isValid) else { return nil }
            return values.slice(range).array
        default: return nil
        }
    }

    /// Adds a list, or a row of a tensor column.
    public static func appendArray(_ values: [Float], to builder: ColumnBuilder) -> Bool {
        if let tensor = builder as? TensorBuilder<Float> { return tensor.append(row: values) }
        guard let list = builder as? ListBuilder else { return false }
        for value in values where !value.append(to: list.elements) { return false }
        list.endList()
        return true
    }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool { builder.append(self, .float32) }
}

extension Bool: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { .bool }

    /// The value in a row.
    public static func read(_ column: Column, at index: Int) -> Bool? {
        if case .bool(let bits) = column.values { bits[index] } else { nil }
    }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool { builder.append(self, .bool) }
}

extension String: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { .string }

    /// The value in a row.
    public static func read(_ column: Column, at index: Int) -> String? {
        if case .string(let values) = column.values { values.string(index) } else { nil }
    }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool {
        guard let strings = builder as? VariableBuilder, strings.type == .string else { return false }
        strings.append(utf8)
        return true
    }
}

extension Array: ColumnValue where Element: ColumnValue {
    /// The type of such a column.
    public static var columnType: ColumnType { Element.arrayColumnType }

    /// The value in a row.
    public static func read(_ column: Column, at index: Int) -> [Element]? { Element.readArray(column, at: index) }

    /// Adds the value to a column of its type.
    public func append(to builder: ColumnBuilder) -> Bool { Element.appendArray(self, to: builder) }
}
