/// One row of a block: a typed view, not a copy.
///
/// Reading a value costs a search among the column names and one load; nothing is boxed.
public struct Row: Sendable {
    /// Names and columns, shared by the rows of a block.
    private let columns: RowColumns
    /// Number of the row within its block, from 0.
    public let index: Int

    init(_ columns: RowColumns, _ index: Int) {
        self.columns = columns
        self.index = index
    }

    /// Names and types of the columns.
    public var schema: Schema { columns.block.schema }
    /// The block that the row is a view of.
    public var block: Block { columns.block }

    /// The value of a column.
    ///
    /// - Throws: `.invalidInput` when there is no such column, when it holds another type, or when the value is missing (then
    ///   use `optional` or `isNull`).
    public func value<Wanted: ColumnValue>(_ name: String, as type: Wanted.Type) throws(StageError) -> Wanted {
        let column = try columns.column(name)
        guard column.isValid(index) else { throw columns.isMissing(name, index) }
        guard let value = Wanted.read(column, at: index) else { throw columns.mismatch(name, Wanted.columnType) }
        return value
    }

    /// The value of a column, or nil where it is missing.
    public func optional<Wanted: ColumnValue>(_ name: String, as type: Wanted.Type) throws(StageError) -> Wanted? {
        let column = try columns.column(name)
        guard column.isValid(index) else { return nil }
        guard let value = Wanted.read(column, at: index) else { throw columns.mismatch(name, Wanted.columnType) }
        return value
    }

    /// Whether the value of a column is missing.
    public func isNull(_ name: String) throws(StageError) -> Bool { try !columns.column(name).isValid(index) }

    /// The value of a column, whatever its type.
    public func value(_ name: String) throws(StageError) -> Value { try columns.column(name).value(index) }

    /// Every column's value, in order.
    public var values: [(name: String, value: Value)] {
        columns.block.schema.fields.indices.map { field in
            (columns.block.schema.fields[field].name, columns.block.columns[field].value(index))
        }
    }
}

extension Row {
    /// An integer.
    public func int(_ name: String) throws(StageError) -> Int { try value(name, as: Int.self) }
    /// A 64-bit integer; smaller ones are widened.
    public func int64(_ name: String) throws(StageError) -> Int64 { try value(name, as: Int64.self) }
    /// A 32-bit integer.
    public func int32(_ name: String) throws(StageError) -> Int32 { try value(name, as: Int32.self) }
    /// A 64-bit float; 32-bit ones are widened.
    public func double(_ name: String) throws(StageError) -> Double { try value(name, as: Double.self) }
    /// A 32-bit float.
    public func float(_ name: String) throws(StageError) -> Float { try value(name, as: Float.self) }
    /// A truth value.
    public func bool(_ name: String) throws(StageError) -> Bool { try value(name, as: Bool.self) }
    /// A text.
    ///
    /// - Cost: copies the text.
    public func string(_ name: String) throws(StageError) -> String { try value(name, as: String.self) }

    /// A binary value, sharing the block's memory.
    public func bytes(_ name: String) throws(StageError) -> Buffer<UInt8> {
        let column = try columns.column(name)
        guard column.isValid(index) else { throw columns.isMissing(name, index) }
        guard case .binary(let values) = column.values else { throw columns.mismatch(name, .binary) }
        return values.value(index)
    }
}

extension Row: CustomStringConvertible {
    /// `{id: 3, name: "x"}`; long values are cut.
    public var description: String {
        "{" + values.map { "\($0.name): \($0.value)" }.joined(separator: ", ") + "}"
    }
}

extension Value: CustomStringConvertible {
    /// As people read it: long lists and binaries are cut.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): "\"\(value)\""
        case .bytes(let value): "<\(Bytes(value.count))>"
        case .list(let elements):
            "[" + elements.prefix(8).map(\.description).joined(separator: ", ")
                + (elements.count > 8 ? ", … \(elements.count) in all" : "") + "]"
        }
    }
}

/// What the rows of one block share.
final class RowColumns: Sendable {
    let block: Block
    private let names: [String]

    init(_ block: Block) {
        self.block = block
        names = block.schema.fields.map(\.name)
    }

    func column(_ name: String) throws(StageError) -> Column {
        for index in names.indices where names[index] == name { return block.columns[index] }
        throw StageError(.invalidInput, PlanError.unknownColumn(name, among: names))
    }

    func mismatch(_ name: String, _ wanted: ColumnType) -> StageError {
        let type = block[name].map { "\($0.type)" } ?? "nothing"
        guard type != "\(wanted)" else {
            return StageError(
                .invalidInput,
                "the column \"\(name)\" holds \(type) with missing elements, which Swift arrays cannot have. Read it with value(\"\(name)\")."
            )
        }
        return StageError(
            .invalidInput,
            "the column \"\(name)\" holds \(type), and \(wanted) was asked for. Read it as \(type), or convert it."
        )
    }

    func isMissing(_ name: String, _ index: Int) -> StageError {
        StageError(
            .invalidInput,
            "the column \"\(name)\" has no value in row \(index) of the batch. Read it with optional(\"\(name)\", as:), or filter such rows out."
        )
    }
}

/// The rows of blocks, one after the other, as a collection of views.
public struct Rows: Sendable, RandomAccessCollection {
    /// The rows, in order.
    public let blocks: [Block]
    private let columns: [RowColumns]
    /// Number of the first row of each block, and one past the last.
    private let starts: [Int]

    /// Presents blocks as rows; blocks without rows are left out.
    public init(_ blocks: [Block]) {
        self.blocks = blocks.filter { $0.rowCount > 0 }
        columns = self.blocks.map { RowColumns($0) }
        var starts = [0]
        for block in self.blocks { starts.append(starts[starts.count - 1] + block.rowCount) }
        self.starts = starts
    }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { starts[starts.count - 1] }

    /// Names and types of the columns; nil when there is no row.
    public var schema: Schema? { blocks.first?.schema }

    /// The row at a position.
    ///
    /// - Cost: a binary search among the blocks.
    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < endIndex, "row \(position) of \(endIndex)")
        var low = 0
        var high = blocks.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= position { low = middle } else { high = middle }
        }
        return Row(columns[low], position - starts[low])
    }

    /// All rows in one block.
    ///
    /// - Cost: one copy of every value; none when there is only one block.
    /// - Throws: `.invalidInput` when the blocks' columns differ; `.tooLarge` when a column would pass 2 GiB.
    public func block() throws(StageError) -> Block? { blocks.isEmpty ? nil : try Block.concatenate(blocks) }
}

extension Block {
    /// The rows as views.
    public var rows: Rows { Rows([self]) }

    /// Calls `body` with each row, in order.
    ///
    /// - Cost: one small allocation for the block, none per row.
    package func forEachRow(_ body: (Row) throws -> Void) rethrows {
        let columns = RowColumns(self)
        for index in 0..<rowCount { try body(Row(columns, index)) }
    }
}
