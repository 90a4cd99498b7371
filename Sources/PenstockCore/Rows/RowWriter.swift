/// Takes the values of rows that a transform makes, column by column.
///
/// Columns appear in the order in which they are first set; a row that leaves one out has no value there.
public struct RowWriter {
    private struct Slot {
        let name: String
        /// Nil while every row so far had no value, so that the type is not known.
        var builder: ColumnBuilder?
        /// Rows with an empty list, while nothing says what the lists hold.
        var emptyLists: Set<Int> = []
        /// The row that set the column first, and the one that gave it its type; nil where the schema did.
        var firstRow: Int?
        var typedRow: Int?
    }

    private var slots: [Slot] = []
    /// Where the next value is expected: rows set their columns in the same order.
    private var next = 0
    /// Columns of the row under way that have a typed value.
    private var filled = 0
    /// Finished rows.
    package private(set) var rowCount = 0
    private let capacity: Int
    /// The first thing that went wrong with a value of the row under way.
    private var failure: StageError?

    package init(capacity: Int, schema: [Field]? = nil) {
        self.capacity = capacity
        slots = (schema ?? []).map { Slot(name: $0.name, builder: ColumnBuilder.make($0.type, capacity: capacity)) }
    }

    /// Sets a column of this row.
    ///
    /// A value of another type than the column's earlier ones is reported at the end of the row.
    public mutating func set<Element: ColumnValue>(_ name: String, _ value: Element) {
        let slot = slot(name)
        if slots[slot].builder == nil { start(slot, Element.columnType) }
        guard let builder = slots[slot].builder, unsafe builder.count == rowCount else { return twice(name) }
        if value.append(to: builder) { filled += 1 } else { mismatch(name, builder.type, "\(Element.columnType)") }
    }

    /// Sets a column of this row, or leaves it without a value.
    public mutating func set<Element: ColumnValue>(_ name: String, _ value: Element?) {
        if let value { set(name, value) } else { setNull(name) }
    }

    /// Leaves a column of this row without a value.
    public mutating func setNull(_ name: String) {
        let slot = slot(name)
        guard let builder = slots[slot].builder else { return }
        guard unsafe builder.count == rowCount else { return twice(name) }
        builder.appendNull()
    }

    /// Sets a column of this row to a value of any type.
    public mutating func set(_ name: String, value: Value) {
        let slot = slot(name)
        if slots[slot].builder == nil {
            // A null does not tell the column's type, an empty list not what its elements are.
            guard let type = value.columnType else {
                if value != .null { slots[slot].emptyLists.insert(rowCount) }
                return
            }
            start(slot, type)
        }
        guard let builder = slots[slot].builder, unsafe builder.count == rowCount else { return twice(name) }
        if !value.append(to: builder) {
            mismatch(name, builder.type, value.columnType.map { "\($0)" } ?? "an empty list")
        }
    }

    /// Copies columns of another row; all when `names` is nil.
    ///
    /// - Cost: one copy of each value; for many rows prefer `addColumn`, which shares memory.
    /// - Throws: `.invalidInput` when there is no such column.
    public mutating func copy(_ row: Row, _ names: [String]? = nil) throws(StageError) {
        let fields = row.schema.fields
        if let odd = names?.first(where: { name in !fields.contains { $0.name == name } }) {
            throw StageError(.invalidInput, PlanError.unknownColumn(odd, among: fields.map(\.name)))
        }
        for (field, column) in zip(fields, row.block.columns) where names?.contains(field.name) ?? true {
            let slot = slot(field.name)
            if slots[slot].builder == nil { start(slot, field.type) }
            guard let builder = slots[slot].builder, unsafe builder.count == rowCount else { return twice(field.name) }
            if !builder.append(row.index, of: column) { mismatch(field.name, builder.type, "\(field.type)") }
        }
    }

    private mutating func slot(_ name: String) -> Int {
        if next < slots.count, slots[next].name == name {
            next += 1
            return next - 1
        }
        if let found = slots.firstIndex(where: { $0.name == name }) {
            next = found + 1
            return found
        }
        slots.append(Slot(name: name, firstRow: rowCount))
        next = slots.count
        return slots.count - 1
    }

    /// The column's type is known now; rows before had no value.
    private mutating func start(_ slot: Int, _ type: ColumnType) {
        let builder = ColumnBuilder.make(type, capacity: capacity)
        for row in 0..<rowCount {
            if slots[slot].emptyLists.contains(row), Value.list([]).append(to: builder) { continue }
            builder.appendNull()
        }
        slots[slot].builder = builder
        slots[slot].typedRow = rowCount
    }

    private mutating func twice(_ name: String) {
        failure = failure ?? StageError(.userCode, "the column \"\(name)\" was set twice in one row.")
    }

    private mutating func mismatch(_ name: String, _ earlier: ColumnType, _ type: String) {
        failure =
            failure
            ?? StageError(
                .userCode,
                "the column \"\(name)\" was set to \(type); it holds \(earlier). Give every row's value the same type."
            )
    }
}

extension RowWriter {
    /// Ends the row under way.
    ///
    /// - Throws: `.userCode` when a value did not fit; the row is undone.
    package mutating func endRow() throws(StageError) {
        if let failure {
            undoRow()
            throw failure
        }
        next = 0
        rowCount += 1
        defer { filled = 0 }
        if filled == slots.count { return }
        for slot in slots {
            if let builder = slot.builder, unsafe builder.count < rowCount { builder.appendNull() }
        }
    }

    /// Forgets what was set of the row under way.
    package mutating func undoRow() { undo(to: rowCount) }

    /// Forgets rows from `count` on, with the columns and types that only they gave.
    package mutating func undo(to count: Int) {
        failure = nil
        next = 0
        filled = 0
        rowCount = count
        slots.removeAll { ($0.firstRow ?? -1) >= count }
        for slot in slots.indices {
            if let typed = slots[slot].typedRow, typed >= count {
                slots[slot].builder = nil
                slots[slot].typedRow = nil
            } else {
                slots[slot].builder?.truncate(to: count)
            }
            if !slots[slot].emptyLists.isEmpty { slots[slot].emptyLists = slots[slot].emptyLists.filter { $0 < count } }
        }
    }

    /// Ends a row without any value.
    package mutating func appendNullRow() {
        undoRow()
        rowCount += 1
        for slot in slots { slot.builder?.appendNull() }
    }

    /// Whether any column is known.
    package var hasColumns: Bool { !slots.isEmpty }

    /// Bytes so far, roughly.
    package var byteCount: Int { slots.reduce(0) { $0 + ($1.builder?.byteCount ?? 0) } }

    /// The rows as a block; nil when there are none.
    ///
    /// A column that never had a value holds texts, all missing.
    /// - Throws: `.tooLarge` when a column passes 2 GiB.
    package mutating func finish() throws(StageError) -> Block? {
        guard rowCount > 0 else { return nil }
        var columns: [(String, Column)] = []
        for slot in slots {
            columns.append((slot.name, try (slot.builder ?? untyped(slot)).finish()))
        }
        guard !columns.isEmpty else {
            throw StageError(
                .userCode,
                "the transform set no column in \(rowCount) rows. Set at least one with out.set(\"name\", value), or use filter to leave rows out."
            )
        }
        return Block(named: columns)
    }
}

extension RowWriter {
    /// The column of a slot whose type nobody told: texts, or lists of texts where there were empty lists, all else missing.
    private func untyped(_ slot: Slot) -> ColumnBuilder {
        let builder = ColumnBuilder.make(slot.emptyLists.isEmpty ? .string : .list(.string))
        for row in 0..<rowCount {
            if slot.emptyLists.contains(row), Value.list([]).append(to: builder) { continue }
            builder.appendNull()
        }
        return builder
    }
}

/// Takes any number of rows for each input row.
public struct RowsWriter {
    /// The rows so far.
    package var rows: RowWriter

    package init(capacity: Int, schema: [Field]? = nil) { rows = RowWriter(capacity: capacity, schema: schema) }

    /// Adds a row; `fill` sets its columns.
    ///
    /// - Throws: what `fill` throws, or `StageError` when a value does not fit its column.
    public mutating func append(_ fill: (inout RowWriter) throws -> Void) throws {
        do {
            try fill(&rows)
        } catch {
            rows.undoRow()
            throw error
        }
        try rows.endRow()
    }
}
