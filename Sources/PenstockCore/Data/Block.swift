/// An immutable columnar slice of rows: the unit of scheduling, queueing and memory accounting.
public struct Block: Sendable {
    /// Names and types of the columns.
    public let schema: Schema
    /// The columns, in the schema's order, all of `rowCount` rows.
    public let columns: [Column]
    /// Number of rows.
    public let rowCount: Int

    /// Names columns.
    ///
    /// - Throws: `.invalidInput` when columns differ in length or names repeat.
    public init(columns: KeyValuePairs<String, Column>) throws(StageError) {
        try self.init(checking: columns.map { ($0.key, $0.value) })
    }

    /// Names columns that are known to be of equal length.
    package init(_ columns: KeyValuePairs<String, Column>) {
        self.init(named: columns.map { ($0.key, $0.value) })
    }

    /// Names columns that are known to be of equal length.
    package init(named columns: [(name: String, column: Column)]) {
        let rowCount = columns.first?.column.count ?? 0
        for (name, column) in columns where column.count != rowCount {
            preconditionFailure("column \(name) has \(column.count) rows, the first column \(rowCount)")
        }
        self.init(unchecked: columns, rowCount: rowCount)
    }

    /// Columns that are known to have `rowCount` rows each.
    init(unchecked columns: [(name: String, column: Column)], rowCount: Int) {
        schema = Schema(columns.map { Field($0.name, $0.column.type, isNullable: $0.column.validity != nil) })
        self.columns = columns.map(\.column)
        self.rowCount = rowCount
    }

    private init(schema: Schema, columns: [Column], rowCount: Int) {
        self.schema = schema
        self.columns = columns
        self.rowCount = rowCount
    }

    /// Bytes that these rows occupy, shared memory outside the slice not counted.
    public var byteCount: Bytes { Bytes(columns.reduce(0) { $0 + $1.byteCount }) }

    /// The column of that name, if there is one.
    public subscript(name: String) -> Column? { schema.index(of: name).map { columns[$0] } }

    /// Some rows, sharing memory.
    ///
    /// - Cost: no value is copied.
    public func slice(_ range: Range<Int>) -> Block {
        if range == 0..<rowCount { return self }
        return Block(schema: schema, columns: columns.map { $0.slice(range) }, rowCount: range.count)
    }

    /// The rows of several blocks of one schema, in order.
    ///
    /// - Cost: one copy of every value; none when there is only one block.
    /// - Throws: `.invalidInput` when schemas differ, `.tooLarge` when a column would exceed 2 GiB.
    public static func concatenate(_ blocks: [Block]) throws(StageError) -> Block {
        guard let first = blocks.first else { throw StageError(.invalidInput, "no blocks to join") }
        if blocks.count == 1 { return first }
        let names = first.schema.fields.map(\.name)
        if let odd = blocks.first(where: { $0.schema.fields.map(\.name) != names }) {
            throw StageError(
                .invalidInput,
                "blocks with columns [\(first.schema)] and [\(odd.schema)] cannot be joined. Give every row the same columns, in the same order; where code makes them, declare them with schema:."
            )
        }
        var columns: [(String, Column)] = []
        for (index, name) in names.enumerated() {
            columns.append((name, try Column.concatenate(blocks.map { $0.columns[index] })))
        }
        return Block(unchecked: columns, rowCount: blocks.reduce(0) { $0 + $1.rowCount })
    }
}

extension Block {
    /// The texts of a column, shared with the block.
    ///
    /// - Throws: `.invalidInput` when there is no such column or it holds something else; the message names what there is.
    public func strings(_ name: String) throws(StageError) -> VariableBytes {
        if case .string(let values)? = self[name]?.values { return values }
        throw missing(name, "string")
    }

    /// The binaries of a column, shared with the block.
    public func binaries(_ name: String) throws(StageError) -> VariableBytes {
        if case .binary(let values)? = self[name]?.values { return values }
        throw missing(name, "binary")
    }

    /// The 64-bit integers of a column.
    public func int64s(_ name: String) throws(StageError) -> Buffer<Int64> {
        if case .int64(let values)? = self[name]?.values { return values }
        throw missing(name, "int64")
    }

    /// The 32-bit integers of a column.
    public func int32s(_ name: String) throws(StageError) -> Buffer<Int32> {
        if case .int32(let values)? = self[name]?.values { return values }
        throw missing(name, "int32")
    }

    /// The 32-bit floats of a column.
    public func float32s(_ name: String) throws(StageError) -> Buffer<Float> {
        if case .float32(let values)? = self[name]?.values { return values }
        throw missing(name, "float")
    }

    /// The u8 tensors of a column, for example images `[rows, height, width, 3]`.
    public func tensorUInt8(_ name: String) throws(StageError) -> Tensor<UInt8> {
        if case .tensorUInt8(let tensor)? = self[name]?.values { return tensor }
        throw missing(name, "tensor<uint8>")
    }

    private func missing(_ name: String, _ type: String) -> StageError {
        guard let column = self[name] else {
            return StageError(.invalidInput, PlanError.unknownColumn(name, among: schema.fields.map(\.name)))
        }
        return StageError(
            .invalidInput,
            "the column \"\(name)\" holds \(column.type), and \(type) was asked for; the block has [\(schema)]."
        )
    }
}

/// The rows that one call of a transform sees; cut from blocks, sharing their memory where one block holds them all.
public struct Batch: Sendable {
    /// The rows as a block.
    public let block: Block

    /// Presents a block as one batch.
    public init(_ block: Block) { self.block = block }

    /// Number of rows.
    public var rowCount: Int { block.rowCount }
}
