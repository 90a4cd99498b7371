import Foundation
import Penstock
import Testing

extension InterchangeTests {
    /// A table that another program wrote, and what has to be found in it.
    private struct WrittenTable: Decodable {
        let name: String
        let format: String
        let path: String
        let columns: [CanonicalColumn]

        var dataset: Dataset {
            switch format {
            case "parquet": .readParquet(from: [path])
            case "csv": .readCSV(from: [path])
            default: .readJSON(from: [path])
            }
        }
    }

    @Test("Penstock reads what pyarrow, DuckDB and Ray Data write: all types, missing values, row groups, encodings")
    func readsTheTablesOfOthers() async throws {
        let folder = try TemporaryFolder()
        let printed = try PythonEnvironment.run("write_tables.py", [folder.path], in: folder)
        let tables = try JSONDecoder().decode([WrittenTable].self, from: printed)
        #expect(tables.count > 30)
        for table in tables {
            let problems = await problems(table)
            #expect(problems.isEmpty, "\(table.name).\(table.format): \(problems.joined(separator: "; "))")
        }
    }

    private func problems(_ table: WrittenTable) async -> [String] {
        do {
            let rows = try await table.dataset.takeAll()
            if !rows.isEmpty {
                return CanonicalColumn.differences(try CanonicalColumn.columns(rows.blocks), table.columns)
            }
            let fields = try await table.dataset.schema()?.fields ?? []
            let columns = fields.map { CanonicalColumn($0.name, "\($0.type)", []) }
            return CanonicalColumn.differences(columns, table.columns)
        } catch {
            return ["\(error)"]
        }
    }
}
