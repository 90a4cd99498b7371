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
        return try fromRows(items.map { item in names.map { ($0, item[$0] ?? .null) } })
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
        var rows: [[(name: String, value: Value)]] = []
        for (index, item) in items.enumerated() {
            do throws(StageError) {
                rows.append(try RowEncoder.row(of: item))
            } catch {
                throw StageError(.invalidInput, "item \(index): \(error.message)")
            }
        }
        return try fromRows(rows)
    }

    private static func fromRows(_ rows: [[(name: String, value: Value)]]) throws(StageError) -> Dataset {
        let fractional = fractionalColumns(rows)
        var writer = RowWriter(capacity: rows.count)
        for (index, row) in rows.enumerated() {
            for (name, value) in row {
                // Whole numbers among others with a fraction are such numbers, too.
                if case .int(let whole) = value, fractional.contains(name) {
                    writer.set(name, value: .double(Double(whole)))
                } else {
                    writer.set(name, value: value)
                }
            }
            do throws(StageError) {
                try writer.endRow()
            } catch {
                throw StageError(.invalidInput, "item \(index): \(error.message)")
            }
        }
        return try fromBlocks(try writer.finish().map { [$0] } ?? [])
    }

    private static func fractionalColumns(_ rows: [[(name: String, value: Value)]]) -> Set<String> {
        var names: Set<String> = []
        for row in rows {
            for (name, value) in row { if case .double = value { names.insert(name) } }
        }
        return names
    }
}
