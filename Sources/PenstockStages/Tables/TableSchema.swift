package import PenstockCore

/// The columns that a source of tables gives, as its first file has them.
///
/// Other files may have them in another order, as smaller numbers (int32 for int64, float for double), or not at all where
/// values may be missing. Whatever else differs is an error that names both files.
package struct TableSchema: Sendable {
    /// The file that the columns are from.
    let path: String
    /// Columns, all of which can be read, in the order of the blocks.
    let columns: [TableColumn]

    /// The columns named, or all of them.
    ///
    /// A struct's name stands for all of its fields.
    ///
    /// - Throws: `.invalidInput` for a name that is not there (the message says what is, and what was perhaps meant) and for
    ///   one that is there twice; `.unsupportedFormat` for a column that cannot be read.
    init(_ file: [TableColumn], _ names: [String]?, path: String) throws(StageError) {
        self.path = path
        var chosen: [TableColumn] = []
        if let names {
            for name in names { chosen += try Self.find(name, in: file, path) }
        } else {
            chosen = file
        }
        if let name = chosen.repeatedName {
            throw StageError(
                .invalidInput,
                "\"\(path)\" has two columns \"\(name)\", or it is asked for twice. Name each column once, or rename one in the file."
            )
        }
        if let column = chosen.first(where: { $0.type == nil }) {
            throw StageError(
                .unsupportedFormat,
                "column \"\(column.name)\" of \"\(path)\" is a \(column.sourceType), which is not read. "
                    + "Name the columns to read, without this one: \(Self.list(file.filter { $0.type != nil }))."
            )
        }
        columns = chosen
    }

    /// Names and types, as blocks have them.
    package var fields: [Field] {
        columns.compactMap { column in
            column.type.map { Field(column.name, $0, isNullable: column.isNullable) }
        }
    }

    private static func find(
        _ name: String,
        in file: [TableColumn],
        _ path: String
    ) throws(StageError) -> [TableColumn] {
        let exact = file.filter { $0.name == name }
        if !exact.isEmpty { return exact }
        let inside = file.filter { $0.name.hasPrefix(name + ".") && $0.position.count > 1 }
        if !inside.isEmpty { return inside }
        let nearest = Spelling.nearest(to: name, among: file.map(\.name)).map { " Is it \"\($0)\"?" } ?? ""
        throw StageError(
            .invalidInput,
            "there is no column \"\(name)\" in \"\(path)\".\(nearest) It has \(list(file))."
        )
    }

    private static func list(_ columns: [TableColumn]) -> String {
        if columns.isEmpty { return "no columns" }
        let shown = columns.prefix(40).map { "\"\($0.name)\"" }.joined(separator: ", ")
        return columns.count > 40 ? "\(shown) and \(columns.count - 40) more" : shown
    }

    // MARK: Other files

    /// Where a column of the blocks comes from.
    enum Origin: Hashable {
        /// A column of the file as it is, or widened.
        case file(TableColumn)
        case missing
    }

    /// For each column, where it comes from in another file.
    ///
    /// - Throws: `.invalidInput`, with both files and the difference.
    func origins(in file: [TableColumn], path other: String, selected: Bool) throws(StageError) -> [Origin] {
        var origins: [Origin] = []
        for column in columns {
            let found = file.filter { $0.name == column.name }
            guard found.count < 2 else { throw differs(other, "it has two columns \"\(column.name)\"") }
            guard let match = found.first else {
                guard column.isNullable else { throw differs(other, "it has no column \"\(column.name)\"") }
                origins.append(.missing)
                continue
            }
            origins.append(match.isUntyped ? .missing : try origin(of: column, match, other))
        }
        let names = Set(columns.map(\.name))
        if !selected, let extra = file.first(where: { !names.contains($0.name) }) {
            throw differs(other, "it also has the column \"\(extra.name)\"")
        }
        return origins
    }

    private func origin(of column: TableColumn, _ match: TableColumn, _ other: String) throws(StageError) -> Origin {
        if match.type == column.type { return .file(match) }
        switch (match.type, column.type) {
        case (.int32, .int64), (.float32, .float64): return .file(match)
        default:
            let (here, there) = (
                column.type.map { "\($0)" } ?? column.sourceType, match.type.map { "\($0)" } ?? match.sourceType
            )
            throw differs(other, "its column \"\(column.name)\" is \(there), not \(column.isUntyped ? "empty" : here)")
        }
    }

    private func differs(_ other: String, _ difference: String) -> StageError {
        StageError(
            .invalidInput,
            "\"\(other)\" does not have the columns of \"\(path)\", the first file: \(difference). "
                + "Read them apart, or name the columns that all files have alike."
        )
    }

    /// Rows of another file as this schema's columns.
    func columns(of rows: Block, _ origins: [Origin], rowCount: Int) -> [(name: String, column: Column)] {
        zip(columns, origins).map { column, origin in
            guard let type = column.type else { preconditionFailure("a column that cannot be read was chosen") }
            guard case .file(let source) = origin, let values = rows[source.name] else {
                return (column.name, Column.missing(type, count: rowCount))
            }
            return (column.name, values.widened(to: type))
        }
    }
}

extension Column {
    /// The same numbers in a wider type; anything else as it is.
    fileprivate func widened(to type: ColumnType) -> Column {
        switch (values, type) {
        case (.int32(let buffer), .int64): Column(.int64(ArrowValues.widened(buffer)), validity: validity)
        case (.float32(let buffer), .float64): Column(.float64(ArrowValues.widened(buffer)), validity: validity)
        default: self
        }
    }

    /// One text for every row, which together must stay below 2 GiB.
    init(repeating text: String, count: Int) {
        let bytes = Array(text.utf8)
        let values = VariableBytes(lengths: Array(repeating: bytes.count, count: count)) { span in
            var position = 0
            while position < span.count {
                for byte in bytes {
                    span[position] = byte
                    position += 1
                }
            }
        }
        self.init(.string(values))
    }

    /// Rows without values.
    static func missing(_ type: ColumnType, count: Int) -> Column {
        let none = Bitmap(Array(repeating: false, count: count))
        return Column(zeros(type, count), validity: none)
    }

    private static func zeros(_ type: ColumnType, _ count: Int) -> Values {
        let noText = { VariableBytes(offsets: ArrowValues.steps(0, count: count), bytes: Buffer([])) }
        switch type {
        case .bool: return .bool(Bitmap(Array(repeating: false, count: count)))
        case .uint8: return .uint8(Buffer(Array(repeating: 0, count: count)))
        case .int32: return .int32(Buffer(Array(repeating: 0, count: count)))
        case .int64: return .int64(Buffer(Array(repeating: 0, count: count)))
        case .float32: return .float32(Buffer(Array(repeating: 0, count: count)))
        case .float64: return .float64(Buffer(Array(repeating: 0, count: count)))
        case .string: return .string(noText())
        case .binary: return .binary(noText())
        case .list(let element):
            return .list(offsets: ArrowValues.steps(0, count: count), elements: Column(zeros(element, 0)))
        case .tensorUInt8(let shape):
            let elements = Buffer<UInt8>(Array(repeating: 0, count: shape.reduce(count, *)))
            return .tensorUInt8(Tensor(shape: [count] + shape, elements: elements))
        case .tensorFloat32(let shape):
            let elements = Buffer<Float>(Array(repeating: 0, count: shape.reduce(count, *)))
            return .tensorFloat32(Tensor(shape: [count] + shape, elements: elements))
        }
    }
}
