extension Block {
    /// Some columns, in the order given.
    ///
    /// - Cost: no value is copied.
    /// - Throws: `.invalidInput` when there is no such column.
    public func selecting(_ names: [String]) throws(StageError) -> Block {
        var selected: [(name: String, column: Column)] = []
        for name in names { selected.append((name, try existing(name))) }
        return try Block(checking: selected, rowCount: rowCount)
    }

    /// All columns but some.
    ///
    /// - Throws: `.invalidInput` when there is no such column.
    public func dropping(_ names: [String]) throws(StageError) -> Block {
        for name in names { _ = try existing(name) }
        return try selecting(schema.fields.map(\.name).filter { !names.contains($0) })
    }

    /// The same columns under other names: old name → new name.
    ///
    /// - Throws: `.invalidInput` when there is no such column, or two columns would have one name.
    public func renaming(_ names: [String: String]) throws(StageError) -> Block {
        for name in names.keys.sorted() { _ = try existing(name) }
        let columns = zip(schema.fields, columns).map { (name: names[$0.name] ?? $0.name, column: $1) }
        return try Block(checking: columns, rowCount: rowCount)
    }

    /// With one more column, or with another one under a name that exists.
    ///
    /// - Throws: `.invalidInput` when the column has another number of rows.
    public func adding(_ name: String, _ column: Column) throws(StageError) -> Block {
        var named = zip(schema.fields, columns).map { (name: $0.name, column: $1) }
        if let index = schema.index(of: name) { named[index].column = column } else { named.append((name, column)) }
        return try Block(checking: named, rowCount: rowCount)
    }

    /// Names columns, and says what is wrong where `init(named:)` would stop the program.
    ///
    /// - `rowCount`: the rows that a block without columns has.
    /// - Throws: `.invalidInput` when columns differ in length or names repeat.
    package init(checking columns: [(name: String, column: Column)], rowCount: Int = 0) throws(StageError) {
        let rows = columns.first?.column.count ?? rowCount
        if let odd = columns.first(where: { $0.column.count != rows }) {
            throw StageError(
                .invalidInput,
                "the column \"\(odd.name)\" has \(odd.column.count == 1 ? "1 row" : "\(odd.column.count) rows") and \"\(columns[0].name)\" has \(rows); all columns of a block have the same number."
            )
        }
        var names: Set<String> = []
        for (name, _) in columns where !names.insert(name).inserted {
            throw StageError(.invalidInput, "two columns are named \"\(name)\"; rename or drop one of them.")
        }
        self.init(unchecked: columns, rowCount: rows)
    }

    private func existing(_ name: String) throws(StageError) -> Column {
        if let column = self[name] { return column }
        throw StageError(.invalidInput, PlanError.unknownColumn(name, among: schema.fields.map(\.name)))
    }
}

extension PlanError {
    /// "there is no column …", with the nearest name where one is near.
    package static func unknownColumn(_ name: String, among names: [String]) -> String {
        let nearest = Spelling.nearest(to: name, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
        return "there is no column \"\(name)\"; there are \(names.map { "\"\($0)\"" }.joined(separator: ", "))."
            + nearest
    }
}

extension Batch {
    /// The batch's block with one column computed anew, element by element, in one go.
    ///
    /// `body` gets all values and as many slots to fill.
    /// - Throws: `.invalidInput` when there is no such column or it holds another type; what `body` throws.
    public func replacing<Input: BitwiseCopyable & Sendable, Output: BitwiseCopyable & Sendable>(
        _ name: String,
        _ body: (Span<Input>, inout MutableSpan<Output>) throws -> Void
    ) throws -> Block {
        let input: Buffer<Input> = try block.numbers(name)
        var output = MutableBuffer<Output>(count: input.count)
        // Memory that `body` leaves out must not show what was there before.
        output.clear()
        try input.withSpan { values in
            try output.withMutableSpan { slots in try body(values, &slots) }
        }
        guard let values = Column.Values(numbers: output.freeze()) else {
            throw StageError(
                .invalidInput,
                "\(Output.self) is no element type of columns; use Int64, Int32, Double, Float or UInt8."
            )
        }
        return try block.adding(name, Column(values, validity: block[name]?.validity))
    }
}

extension Block {
    /// The numbers of a column whose element type is `Element`.
    fileprivate func numbers<Element: BitwiseCopyable & Sendable>(_ name: String) throws(StageError) -> Buffer<Element>
    {
        let column = try selecting([name]).columns[0]
        let buffer: Any? =
            switch column.values {
            case .uint8(let values): values
            case .int32(let values): values
            case .int64(let values): values
            case .float32(let values): values
            case .float64(let values): values
            default: nil
            }
        if let buffer = buffer as? Buffer<Element> { return buffer }
        throw StageError(
            .invalidInput,
            "the column \"\(name)\" holds \(column.type), and elements of type \(Element.self) were asked for."
        )
    }
}

extension Column.Values {
    /// Numbers of one of the five element types; nil for others.
    fileprivate init?<Element: BitwiseCopyable & Sendable>(numbers: Buffer<Element>) {
        switch numbers as Any {
        case let values as Buffer<UInt8>: self = .uint8(values)
        case let values as Buffer<Int32>: self = .int32(values)
        case let values as Buffer<Int64>: self = .int64(values)
        case let values as Buffer<Float>: self = .float32(values)
        case let values as Buffer<Double>: self = .float64(values)
        default: return nil
        }
    }
}
