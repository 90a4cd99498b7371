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
        var writer = RowWriter(capacity: items.count)
        let names = Set(items.flatMap(\.keys)).sorted()
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
}
