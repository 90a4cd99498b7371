import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Partitioned writing")
struct PartitioningTests {
    private let folder: TemporaryFolder
    private let clock = StandingClock()
    private let output: OutputFolder

    init() throws {
        folder = try TemporaryFolder()
        output = OutputFolder(folder("out"), format: .parquet)
        try output.prepare(.refuse)
    }

    private func sink(_ columns: [String], partBytes: Bytes = .mebibytes(1), rows: Int? = nil) -> TableSink {
        TableSink(output, partBytes: partBytes, rowsPerFile: rows, partitionBy: columns) { [] }
    }

    private func write(_ blocks: [Block], _ sink: TableSink) throws -> SinkSummary {
        var writer = try sink.open(.test(clock))
        for block in blocks { try sink.write(block, failures: [], to: &writer) }
        return try sink.commit(&writer)
    }

    /// Rows of every folder, by its name within the output.
    private func written(_ column: String) throws -> [String: [String]] {
        var rows: [String: [String]] = [:]
        for part in try output.parts() {
            let inner = part.dropFirst(output.path.count + 1).split(separator: "/").dropLast().joined(separator: "/")
            rows[inner, default: []] += try #require(try tableRows(part)).cells[column] ?? []
        }
        return rows
    }

    private let rows = Block([
        "id": Column(int64: [0, 1, 2, 3, 4, 5]),
        "name": Column(optionalStrings: ["b", "a", nil, "b", "a/b=c é", ""]),
        "even": Column(.bool(Bitmap([true, false, true, false, true, false]))),
    ])

    @Test("Rows go into the folder of their value, escaped as in a URL, without the column, in their order")
    func oneColumn() throws {
        let summary = try write([rows, rows], sink(["name"]))
        #expect(
            try written("id") == [
                "name=b": ["0", "3", "0", "3"], "name=a": ["1", "1"], "name=__HIVE_DEFAULT_PARTITION__": ["2", "2"],
                "name=a%2Fb%3Dc%20%C3%A9": ["4", "4"], "name=": ["5", "5"],
            ]
        )
        #expect(summary.rowCount == 12)
        #expect(summary.parts.count == 5)
        #expect(try Set(summary.parts) == Set(output.parts()))
        let part = try #require(try output.parts().first)
        #expect(try tableRows(part)?.schema.fields.map(\.name) == ["id", "even"])
        let lines = try String(contentsOfFile: output.commits, encoding: .utf8).split(separator: "\n")
        #expect(lines.first == "{\"part\":\"name=b/part-00000.parquet\",\"rows\":4,\"quarantined\":0}")
        #expect(lines.count == 5)
        #expect(!folder.exists("out/_penstock/tmp"))
    }

    @Test("Several columns are folders in folders; every type of a value has its text")
    func severalColumns() throws {
        let block = Block([
            "a": Column(int32: [1, 1, -2]), "b": Column(.bool(Bitmap([true, false, true]))),
            "n": Column(int64: [7, 8, 9]),
            "half": Column(float64: [0.5, 0.5, 0.5]), "u": Column(.uint8(Buffer([1, 2, 255]))),
        ])
        _ = try write([block], sink(["b", "a"]))
        #expect(try written("n") == ["b=true/a=1": ["7"], "b=false/a=1": ["8"], "b=true/a=-2": ["9"]])
        #expect(try output.parts().count == 3)
    }

    @Test("Columns of every type keep their values when rows are picked")
    func everyTypeIsPicked() throws {
        let tensor = Tensor<Float>(shape: [4, 2], elements: Buffer((0..<8).map { Float($0) }))
        let block = Block([
            "key": Column(strings: ["x", "y", "x", "y"]),
            "bool": Column(.bool(Bitmap([true, false, false, true])), validity: Bitmap([true, true, false, true])),
            "uint8": Column(.uint8(Buffer([1, 2, 3, 4]))), "int32": Column(int32: [1, 2, 3, 4]),
            "int64": Column(int64: [1, 2, 3, 4]), "float": Column(float32: [1, 2, 3, 4]),
            "double": Column(float64: [1, 2, 3, 4]), "binary": Column(.binary(VariableBytes(["", "a", "bc", "def"]))),
            "string": Column(optionalStrings: ["é", nil, "", "long"]),
            "list": Column(listOf: Column(optionalStrings: ["p", nil, "q"]), lengths: [0, 2, 0, 1]),
            "tensor": Column(.tensorFloat32(tensor)),
            "pixels": Column(.tensorUInt8(Tensor(shape: [4, 1], elements: Buffer([9, 8, 7, 6])))),
        ])
        let parts = try Partitioning(columns: ["key"]).parts(of: block)
        #expect(parts.map(\.folder) == ["key=x", "key=y"])
        for (part, picked) in zip(parts, [[0, 2], [1, 3]]) {
            #expect(part.rows["key"] == nil)
            for (name, cells) in block.cells where name != "key" {
                #expect(part.rows.cells[name] == picked.map { cells[$0] }, "\(name)")
            }
        }
    }

    @Test("Rows of one folder are not copied")
    func oneFolderSharesMemory() throws {
        let block = Block(["k": Column(strings: ["a", "a"]), "n": Column(int64: [1, 2])])
        let part = try #require(try Partitioning(columns: ["k"]).parts(of: block).first)
        let addresses = try [block.int64s("n"), part.rows.int64s("n")].map { buffer in
            buffer.withSpan { span in span.withUnsafeBufferPointer { $0.baseAddress } }
        }
        #expect(addresses[0] == addresses[1])
    }

    @Test("A file never has more rows than asked for, and is closed when it has them")
    func rowsPerFile() throws {
        let block = Block(["n": Column(int64: (0..<10).map { Int64($0) })])
        let summary = try write([block, block.slice(0..<1)], sink([], rows: 4))
        #expect(try output.parts().map { try TableFileReader($0, format: .parquet).rowCount } == [4, 4, 3])
        #expect(try written("n") == ["": (0..<10).map { "\($0)" } + ["0"]])
        #expect(summary.rowCount == 11)
    }

    @Test("Partitioned files are closed by rows and by bytes, each for itself")
    func partsOfPartitions() throws {
        let block = Block(["k": Column(strings: ["a", "b", "a", "a", "b"]), "n": Column(int64: [1, 2, 3, 4, 5])])
        _ = try write([block, block], sink(["k"], rows: 2))
        #expect(try written("n") == ["k=a": ["1", "3", "4", "1", "3", "4"], "k=b": ["2", "5", "2", "5"]])
        #expect(try output.parts().count == 5)
        try output.prepare(.overwrite)
        _ = try write([block], sink(["k"], partBytes: Bytes(1)))
        #expect(try written("n") == ["k=a": ["1", "3", "4"], "k=b": ["2", "5"]])
    }

    @Test("No more than a hundred files are open at once; the one written longest ago is closed")
    func openFiles() throws {
        let sink = sink(["k"])
        var writer = try sink.open(.test(clock))
        for key in Array(0..<TableSink.mostOpenParts) + [0, 500] {
            try sink.write(
                Block(["k": Column(int32: [Int32(key)]), "n": Column(int32: [1])]),
                failures: [],
                to: &writer
            )
        }
        #expect(writer.data.count == TableSink.mostOpenParts)
        #expect(try output.parts() == [folder("out/k=1/part-00001.parquet")])
        let summary = try sink.commit(&writer)
        #expect(summary.rowCount == 102)
        #expect(try output.parts().count == 101)
    }

    @Test(
        "What cannot be partitioned by is refused with the reason",
        arguments: [
            (["absent"], "they have [id: int64"), (["binary"], "its type is binary"),
            (["id", "binary", "long"], "its type is binary"), (["long"], "too long for the name of a folder"),
        ]
    )
    func refusals(columns: [String], text: String) throws {
        let block = Block([
            "id": Column(int64: [1]), "binary": Column(.binary(VariableBytes(["x"]))),
            "long": Column(strings: [String(repeating: "é", count: 50)]),
        ])
        let error = try stageError { _ = try write([block], sink(columns)) }
        #expect(error.code == .invalidInput)
        #expect(error.message.contains(text), "\(error.message)")
    }

    @Test("Partitioning by every column leaves nothing to write")
    func nothingLeft() throws {
        let block = Block(["id": Column(int64: [1])])
        #expect(try stageError { _ = try write([block], sink(["id"])) }.message.contains("leaves no column to write"))
    }

    @Test("Aborting leaves the parts that are committed and nothing else")
    func abort() throws {
        let sink = sink(["name"], rows: 2)
        var writer = try sink.open(.test(clock))
        try sink.write(rows, failures: [], to: &writer)
        sink.abort(&writer)
        #expect(
            try folder.entries("out") == [
                "_penstock", "_penstock/commits.jsonl", "name=b", "name=b/part-00000.parquet",
            ]
        )
    }

    @Test("A later run goes on with its numbers, and overwriting removes partitions but no file of others")
    func laterRuns() throws {
        _ = try write([rows], sink(["even", "name"]))
        let count = try output.parts().count
        #expect(throws: PlanError.self) { try output.prepare(.refuse) }
        try output.prepare(.resume)
        _ = try write([rows.slice(0..<1)], sink(["even", "name"]))
        #expect(try output.parts().contains(folder("out/even=true/name=b/part-0000\(count).parquet")))
        #expect(try OutputFolder.formatOfParts(in: folder("out")) == .parquet)
        try folder.file("out/even=true/notes.md")
        let before = try folder.entries("out")
        let error = try #require(#expect(throws: PlanError.self) { try output.prepare(.overwrite) })
        #expect(error.message.contains("\"notes.md\", which Penstock did not write"))
        #expect(try folder.entries("out") == before)
        try FileManager.default.removeItem(atPath: folder("out/even=true/notes.md"))
        try output.prepare(.overwrite)
        #expect(try folder.entries("out") == ["_penstock"])
    }

    @Test("Values that are missing only later are kept as missing", arguments: OutputFormat.allCases)
    func laterNulls(format: OutputFormat) throws {
        let output = OutputFolder(folder("nulls"), format: format)
        let sink = TableSink(output, partBytes: .mebibytes(1)) { [] }
        var writer = try sink.open(.test(clock))
        try sink.write(Block(["s": Column(strings: ["a"]), "n": Column(int64: [1])]), failures: [], to: &writer)
        let validity = Bitmap([false, true])
        let second = Block([
            "s": Column(optionalStrings: [nil, "b"]), "n": Column(.int64(Buffer([2, 3])), validity: validity),
        ])
        try sink.write(second, failures: [], to: &writer)
        _ = try sink.commit(&writer)
        let result = try #require(try tableRows(folder("nulls/part-00000.\(format.rawValue)"), format))
        #expect(result.cells == ["s": ["'a'", "null", "'b'"], "n": ["1", "null", "3"]])
    }
}
