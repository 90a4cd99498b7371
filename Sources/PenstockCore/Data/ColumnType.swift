/// What a column holds.
///
/// The closed set of types that blocks can carry.
public indirect enum ColumnType: Hashable, Sendable, Codable {
    case bool, uint8, int32, int64, float32, float64, string, binary
    /// Lists of varying length.
    case list(ColumnType)
    /// One u8 array of this shape per row, row-major; images are `[height, width, 3]`.
    case tensorUInt8([Int])
    /// One f32 array of this shape per row, row-major.
    case tensorFloat32([Int])
}

extension ColumnType: CustomStringConvertible {
    /// As schemas print it.
    public var description: String {
        switch self {
        case .bool: "bool"
        case .uint8: "uint8"
        case .int32: "int32"
        case .int64: "int64"
        case .float32: "float"
        case .float64: "double"
        case .string: "string"
        case .binary: "binary"
        case .list(let element): "list<\(element)>"
        case .tensorUInt8(let shape): "tensor<uint8, \(shape)>"
        case .tensorFloat32(let shape): "tensor<float, \(shape)>"
        }
    }
}

/// A named column of a schema.
public struct Field: Hashable, Sendable, Codable {
    /// Column name, unique within its schema.
    public let name: String
    /// What the column holds.
    public let type: ColumnType
    /// Whether values may be missing.
    public let isNullable: Bool

    /// Names a column.
    public init(_ name: String, _ type: ColumnType, isNullable: Bool = false) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }
}

/// The columns of a block, in order.
public struct Schema: Hashable, Sendable, CustomStringConvertible {
    /// Columns, first to last.
    public let fields: [Field]

    /// A schema of distinct column names.
    public init(_ fields: [Field]) {
        precondition(Self.areDistinct(fields), "column names repeat: \(fields.map(\.name))")
        self.fields = fields
    }

    /// - Cost: no memory for the few columns that blocks have; a set where there are many.
    private static func areDistinct(_ fields: [Field]) -> Bool {
        if fields.count > 16 { return Set(fields.map(\.name)).count == fields.count }
        return fields.indices.allSatisfy { index in !fields[..<index].contains { $0.name == fields[index].name } }
    }

    /// Position of a column.
    public func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }

    /// Names and types, as messages print them.
    public var description: String {
        fields.map { "\($0.name): \($0.type)\($0.isNullable ? "?" : "")" }.joined(separator: ", ")
    }
}
