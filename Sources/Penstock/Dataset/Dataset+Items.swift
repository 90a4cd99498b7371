public import PenstockCore
public import PenstockPlan

extension Dataset {
    /// Rows written out by hand, one dictionary each.
    ///
    /// ```swift
    /// let dataset = try Dataset.fromItems([["name": "a", "size": 3], ["name": "b", "size": nil]])
    /// ```
    /// Columns are in the order of their names; a row that leaves one out has no value there.
    ///
    /// - Throws: `StageError` when a column's values have different types.
    public static func fromItems(_ items: [[String: Value]]) throws(StageError) -> Dataset {
        let names = Set(items.flatMap(\.keys)).sorted()
        let fields = names.map { name in Field(name, Self.joined(items.compactMap { $0[name]?.columnType })) }
        var writer = RowWriter(capacity: items.count, schema: fields)
        for (index, item) in items.enumerated() {
            for name in names { writer.set(name, value: item[name] ?? .null) }
            do throws(StageError) {
                try writer.endRow()
            } catch {
                throw StageError(.invalidInput, "item \(index): \(error.message)")
            }
        }
        return try fromBlocks(try writer.finish().map { [$0] } ?? [])
    }

    /// The type of a column whose values have these: whole numbers among others with a fraction are such numbers, too.
    ///
    /// A column without any value holds texts, all missing.
    private static func joined(_ types: [ColumnType]) -> ColumnType {
        guard let first = types.first else { return .string }
        let isNumeric = types.allSatisfy { $0 == .int64 || $0 == .float64 }
        return isNumeric && types.contains(.float64) ? .float64 : first
    }
}
