import Foundation
import Penstock
import Testing

/// Tables to and from other programs, in the files that all of them know.
@Suite(
    "Interchange",
    .serialized,
    .tags(.native),
    .enabled(if: PythonEnvironment.isPresent, PythonEnvironment.reason)
)
struct InterchangeTests {}

extension InterchangeTests {
    /// A folder that Penstock wrote.
    private struct OutputCase: Encodable {
        let name: String
        let format: String
        let path: String
        let blocks: [Block]

        private enum CodingKeys: CodingKey { case name, format, path }
    }

    /// What another program found in it.
    private struct Finding: Decodable {
        let name: String
        let format: String
        let reader: String
        let columns: [CanonicalColumn]?
        let error: String?
    }

    @Test("pyarrow, DuckDB and Ray Data read what Penstock writes, and nothing of its bookkeeping")
    func othersReadOurTables() async throws {
        let folder = try TemporaryFolder()
        var cases: [OutputCase] = []
        for (name, blocks) in InterchangeTables.all {
            for format in OutputFormat.allCases {
                let path = folder("\(name) \(format.rawValue)")
                try await write(blocks, format, to: path)
                cases.append(OutputCase(name: name, format: format.rawValue, path: path, blocks: blocks))
            }
        }
        let list = try folder.file("cases.json", Array(try JSONEncoder().encode(cases)))
        let printed = try PythonEnvironment.run("read_tables.py", [list], in: folder)
        let findings = try JSONDecoder().decode([Finding].self, from: printed)
        #expect(findings.count == cases.count * 3)
        for finding in findings {
            let written = try #require(cases.first { $0.name == finding.name && $0.format == finding.format })
            let problems = try problems(finding, written.blocks)
            #expect(
                problems.isEmpty,
                "\(finding.reader) of \(finding.name).\(finding.format): \(problems.joined(separator: "; "))"
            )
        }
    }

    @Test("A run without rows leaves a table that has its columns")
    func noRows() async throws {
        let folder = try TemporaryFolder()
        try await Dataset.fromBlocks([InterchangeTables.noRows]).writeParquet(to: folder("out"))
        let parts = try partNames(folder("out"))
        #expect(parts == ["part-00000.parquet"])
        let read = Dataset.readParquet(from: [folder("out")])
        #expect(try await read.count() == 0)
        #expect(try await read.schema()?.fields.map(\.name) == InterchangeTables.noRows.schema.fields.map(\.name))
    }

    /// Writes the rows, all but one that goes to quarantine, so that there is something to keep apart.
    private func write(_ blocks: [Block], _ format: OutputFormat, to path: String) async throws {
        var options = RunOptions()
        options.preservesOrder = true
        var table = WriteTable(directory: path, format: format)
        table.rowsPerFile = 10
        let dataset = try Dataset.fromBlocks(blocks).filter(onError: .skip(max: nil)) { row in
            guard try row.int("row") != Self.oddRow else { throw OddRow() }
            return true
        }
        try await dataset.write(table, options: options)
        #expect(FileManager.default.fileExists(atPath: "\(path)/_penstock/quarantine/part-00000.quarantine"))
        #expect(try partNames(path).count == 3)
    }

    private static let oddRow = 3
    private struct OddRow: Error {}

    private func problems(_ finding: Finding, _ blocks: [Block]) throws -> [String] {
        guard let columns = finding.columns else { return [finding.error ?? "no columns"] }
        let format = try #require(OutputFormat(rawValue: finding.format))
        let kept = try blocks.map { block in
            try block.taking((0..<block.rowCount).filter { try block.int64s("row")[$0] != Int64(Self.oddRow) })
        }
        let wanted = try CanonicalColumn.columns(kept).map { $0.asRead(from: format, by: finding.reader) }
        guard finding.reader == "ray", format == .jsonl else { return CanonicalColumn.differences(columns, wanted) }
        return CanonicalColumn.differences(columns.map { $0.rounded() }, wanted.map { $0.rounded() })
    }
}
