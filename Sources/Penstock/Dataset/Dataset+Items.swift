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

    /// Rows from values of a type of your own, one column for each property.
    ///
    /// ```swift
    /// struct Photo: Codable { var path: String; var width: Int; var tags: [String] }
    /// let dataset = try Dataset.fromItems([Photo(path: "a.jpg", width: 640, tags: [])])
    /// ```
    /// Properties are numbers, texts, truth values, `[UInt8]`, arrays of these, and optionals.
    ///
    /// - Throws: `StageError` when a value is no row, or a column's values have different types.
    public static func fromItems(_ items: [some Encodable]) throws(StageError) -> Dataset {
        var writer = RowWriter(capacity: items.count)
        for (index, item) in items.enumerated() {
            do throws(StageError) {
                for (name, value) in try RowEncoder.row(of: item) { writer.set(name, value: value) }
                try writer.endRow()
            } catch {
                throw StageError(.invalidInput, "item \(index): \(error.message)")
            }
        }
        return try fromBlocks(try writer.finish().map { [$0] } ?? [])
    }
}
