import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Reading tables")
struct ReadTablesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func numbers(_ range: Range<Int>) -> Block {
        Block([
            "id": Column(int64: range.map { Int64($0) }), "name": Column(strings: range.map { "row \($0)" }),
            "half": Column(float64: range.map { Double($0) / 2 }),
        ])
    }

    @discardableResult
    private func write(_ name: String, _ block: Block, _ format: OutputFormat = .parquet) throws -> String {
        let writer = try TableFileWriter(folder(name), format: format, schema: block.schema)
        try writer.write(block)
        try writer.finish()
        return folder(name)
    }

    private func outputs(
        _ table: ReadTable,
        blockBytes: Bytes = .mebibytes(16),
        skipsBadFiles: Bool = false
    ) throws -> [TransformOutput] {
        var output: [TransformOutput] = []
        let read = ReadTablesTransform(table, blockBytes: blockBytes, skipsBadFiles: skipsBadFiles)
        let list = ListFilesSource(table.paths, kind: FileKind(table.format), listing: table.listing, blockRows: 100)
        for files in try list.allBlocks() {
            let split = SplitTablesTransform(skipsBadFiles: skipsBadFiles)
            let tasks = table.format == .parquet ? try split.applied(to: files) : TransformOutput([files])
            output.append(TransformOutput([], failures: tasks.failures))
            for block in tasks.blocks { output += try read.pieces(of: block) }
        }
        return output
    }

    private func table(_ format: OutputFormat = .parquet, _ columns: [String]? = nil, paths: Bool = false) -> ReadTable
    {
        var table = ReadTable(paths: [folder.path], format: format, columns: columns)
        table.includePaths = paths
        return table
    }

    @Test("Files come back row by row, in order, whatever the size of blocks", arguments: OutputFormat.allCases)
    func allRows(format: OutputFormat) throws {
        try write("a.\(format.rawValue)", numbers(0..<1000), format)
        try write("b.\(format.rawValue)", numbers(1000..<3000), format)
        for size in [Bytes(1), .kibibytes(4), .mebibytes(16)] {
            let outputs = try outputs(table(format), blockBytes: size)
            let rows = try #require(try outputs.joined())
            #expect(rows.cells == numbers(0..<3000).cells)
            #expect(outputs.failures.isEmpty)
            if size == .kibibytes(4) {
                #expect(outputs.flatMap(\.blocks).allSatisfy { $0.byteCount <= size * 2 })
                #expect(outputs.count > 10)
            }
        }
    }

    @Test("Columns are chosen and ordered; the path comes last", arguments: OutputFormat.allCases)
    func projections(format: OutputFormat) throws {
        let path = try write("a.\(format.rawValue)", numbers(0..<3), format)
        let rows = try #require(try outputs(table(format, ["half", "id"], paths: true)).joined())
        #expect(rows.schema.fields.map(\.name) == ["half", "id", "path"])
        #expect(rows.cells["half"] == ["0.0", "0.5", "1.0"])
        #expect(rows.cells["path"] == Array(repeating: "'\(path)'", count: 3))
        let paths = try #require(try outputs(table(format, [], paths: true)).joined())
        #expect(paths.cells == ["path": Array(repeating: "'\(path)'", count: 3)])
        #expect(try stageError { _ = try outputs(table(format, [])) }.message.contains("no column is to be read"))
    }

    @Test("An unknown column names what there is and what was perhaps meant", arguments: OutputFormat.allCases)
    func unknownColumns(format: OutputFormat) throws {
        let path = try write("a.\(format.rawValue)", numbers(0..<3), format)
        let error = try stageError { _ = try outputs(table(format, ["id", "nmae"])) }
        #expect(error.code == .invalidInput)
        #expect(
            error.message
                == "there is no column \"nmae\" in \"\(path)\". Is it \"name\"? It has \"id\", \"name\", \"half\"."
        )
        #expect(!(try stageError { _ = try outputs(table(format, ["colour"])) }.message.contains("Is it")))
        #expect(try stageError { _ = try outputs(table(format, ["id", "id"])) }.message.contains("asked for twice"))
    }

    @Test("A table with a column of paths cannot have another one")
    func pathColumns() throws {
        try write("a.parquet", Block(["path": Column(strings: ["x"]), "id": Column(int32: [1])]))
        #expect(try stageError { _ = try outputs(table(paths: true)) }.message.contains("a column \"path\" of its own"))
        #expect(try outputs(table(.parquet, ["id"], paths: true)).joined()?.rowCount == 1)
    }

    @Test("Smaller numbers are widened and absent columns are missing, as the first file has them")
    func schemasAreUnified() throws {
        try write(
            "a.parquet",
            Block(["n": Column(int64: [1]), "x": Column(float64: [0.5]), "s": Column(optionalStrings: [nil])])
        )
        try write("b.parquet", Block(["x": Column(float32: [0.25]), "n": Column(int32: [-2])]))
        let rows = try #require(try outputs(table()).joined())
        #expect(rows.cells == ["n": ["1", "-2"], "x": ["0.5", "0.25"], "s": ["null", "null"]])
    }

    @Test(
        "Schemas that differ are an error with both files and the difference",
        arguments: [
            (Block(["n": Column(strings: ["1"])]), "its column \"n\" is string, not int32"),
            (Block(["n": Column(int64: [1])]), "its column \"n\" is int64, not int32"),
            (Block(["m": Column(int32: [1])]), "it also has the column \"m\""),
            (Block(["n": Column(int32: [1]), "m": Column(int32: [1])]), "it also has the column \"m\""),
        ]
    )
    func schemasThatDiffer(second: Block, difference: String) throws {
        let (a, b) = (try write("a.parquet", Block(["n": Column(int32: [1])])), try write("b.parquet", second))
        for skips in [false, true] {
            let error = try stageError { _ = try outputs(table(), skipsBadFiles: skips) }
            #expect(error.code == .invalidInput)
            #expect(
                error.message
                    == "\"\(b)\" does not have the columns of \"\(a)\", the first file: \(difference). Read them apart, or name the columns that all files have alike."
            )
        }
    }

    @Test("A column that may not be missing must be in every file; one that holds nothing yet is missing")
    func requiredColumns() throws {
        func column(_ name: String, nullable: Bool, untyped: Bool = false) -> TableColumn {
            TableColumn(
                name: name,
                type: .int32,
                isNullable: nullable,
                isUntyped: untyped,
                sourceType: "",
                position: [0]
            )
        }
        let schema = try TableSchema([column("n", nullable: false), column("m", nullable: true)], nil, path: "a")
        let error = try stageError {
            _ = try schema.origins(in: [column("m", nullable: true)], path: "b", selected: true)
        }
        #expect(
            error.message.hasPrefix("\"b\" does not have the columns of \"a\", the first file: it has no column \"n\".")
        )
        let empty = column("m", nullable: true, untyped: true)
        let found = column("n", nullable: true)
        #expect(try schema.origins(in: [empty, found], path: "b", selected: true) == [.file(found), .missing])
    }

    @Test("A damaged file ends the run with its path, or becomes a failed row", arguments: OutputFormat.allCases)
    func damagedFiles(format: OutputFormat) throws {
        let ending = format.rawValue
        try write("a.\(ending)", numbers(0..<5), format)
        let bad = try folder.file("b.\(ending)", text: format == .csv ? "id,name,half\n1,2\n" : "{\"id\": 1")
        try write("c.\(ending)", numbers(5..<9), format)
        let error = try stageError { _ = try outputs(table(format)) }
        #expect(error.code == .damagedData)
        #expect(error.message.contains(bad))
        let skipped = try outputs(table(format), skipsBadFiles: true)
        #expect(skipped.failures.map(\.path) == [bad])
        #expect(skipped.failures.first?.code == .damagedData)
        #expect(try skipped.joined()?.cells == numbers(0..<9).cells)
    }

    @Test("Damage in the middle of a Parquet file keeps the rows before it", arguments: [0.3, 0.5, 0.9])
    func damageInTheMiddle(share: Double) throws {
        let path = folder("a.parquet")
        try write("a.parquet", numbers(0..<20_000))
        var bytes = try Array(Data(contentsOf: URL(filePath: path)))
        let start = Int(Double(bytes.count) * share)
        for index in start..<start + 64 { bytes[index] ^= 0xa5 }
        try Data(bytes).write(to: URL(filePath: path))
        do {
            let result = try outputs(table(), blockBytes: .kibibytes(64), skipsBadFiles: true)
            // Damage may hit values that are stored as they are; then they are other values, but no crash.
            let rows = try result.joined()?.rowCount ?? 0
            #expect(rows == 20_000 || result.failures.map(\.path).contains(path))
        } catch let error as StageError {
            #expect(error.message.contains(path))
        }
    }

    @Test("When no file can be read, the first one's error is told")
    func onlyBadFiles() throws {
        let bad = try folder.file("a.parquet", text: "PAR1")
        try folder.file("b.parquet", text: "PAR1")
        let transform = ReadTablesTransform(table(), skipsBadFiles: true)
        let error = try stageError { _ = try transform.load(.test()) }
        #expect(error.message.contains(bad))
    }

    @Test("Empty tables give no rows, and text without rows is no damage")
    func emptyTables() throws {
        try write("a.parquet", numbers(0..<0))
        #expect(try outputs(table()).joined() == nil)
        try folder.file("a.csv", text: "id,name\n")
        #expect(try outputs(table(.csv)).joined()?.rowCount ?? 0 == 0)
        try folder.file("a.jsonl", text: "")
        #expect(try outputs(table(.jsonl)).joined()?.rowCount ?? 0 == 0)
    }

    @Test("CSV: names that repeat are refused; .tsv has tabs; quotes hold line ends")
    func csvFiles() throws {
        let twice = try folder.file("twice/a.csv", text: "a,b,a\n1,2,3\n")
        var read = ReadTable(paths: [twice], format: .csv)
        #expect(try stageError { _ = try outputs(read) }.message.contains("two columns \"a\""))
        read.columns = ["b"]
        #expect(try outputs(read).joined()?.cells == ["b": ["2"]])
        let tabs = try folder.file("b.tsv", text: "a\tb\n\"x\ty\"\t\"1\n2\"\n,\t\n")
        #expect(
            try outputs(ReadTable(paths: [tabs], format: .csv)).joined()?.cells
                == ["a": ["'x\ty'", "','"], "b": ["'1\n2'", "null"]]
        )
    }

    @Test("A row that a few bytes of a dictionary stand for gives blocks of the wanted size")
    func dictionariesExpand() throws {
        let long = String(repeating: "x", count: 2000)
        try write("a.parquet", Block(["text": Column(strings: Array(repeating: long, count: 2000))]))
        let outputs = try outputs(table(), blockBytes: .kibibytes(100))
        #expect(outputs.flatMap(\.blocks).allSatisfy { $0.byteCount <= .kibibytes(200) })
        #expect(outputs.flatMap(\.blocks).reduce(0) { $0 + $1.rowCount } == 2000)
        #expect(outputs.count > 20)
    }

    @Test("The reservation covers a piece")
    func reservations() throws {
        try write("a.parquet", numbers(0..<50_000))
        let tasks = try SplitTablesTransform().applied(to: Block(["path": Column(strings: [folder("a.parquet")])]))
        let transform = ReadTablesTransform(table(), blockBytes: .kibibytes(256))
        let block = try #require(tasks.blocks.first)
        for output in try transform.pieces(of: block) {
            let bytes = output.blocks.reduce(Bytes.zero) { $0 + $1.byteCount }
            #expect(bytes.count <= transform.outputBytes(for: block).count / 2 * 3)
        }
        #expect(transform.outputBytes(for: block) == .kibibytes(256))
    }

    @Test("A file whose footer claims more than the memory limit is refused")
    func memoryLimits() throws {
        try write("a.parquet", numbers(0..<50_000))
        let tasks = try SplitTablesTransform().applied(to: Block(["path": Column(strings: [folder("a.parquet")])]))
        let transform = ReadTablesTransform(table(), memoryLimit: .kibibytes(64))
        let error = try stageError { _ = try transform.pieces(of: try #require(tasks.blocks.first)) }
        #expect(error.code == .tooLarge)
        #expect(error.message.contains(folder("a.parquet")))
    }

    #if os(Linux)
        @Test("A run that ends in the middle of a file gives the file back", arguments: [OutputFormat.parquet, .csv])
        func endingInTheMiddle(format: OutputFormat) throws {
            let path = try write("a.\(format.rawValue)", numbers(0..<200_000), format)
            let openFiles = {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
                    // A descriptor of another test may be closed by now.
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")) == path
                }
            }
            let transform = ReadTablesTransform(table(format), blockBytes: .kibibytes(16))
            let files = Block(["path": Column(strings: [path])])
            let tasks =
                format == .parquet ? try #require(try SplitTablesTransform().applied(to: files).blocks.first) : files
            var first: Block?
            do {
                var state = try transform.makeState(try transform.load(.test()), .test())
                let output = try transform.apply(Batch(tasks), &state)
                #expect(output.hasMore)
                first = output.blocks.first
                #expect(try openFiles() == 1)
            }
            #expect(try openFiles() == 0)
            #expect(try #require(first).cells["id"]?.first == "0", "rows that were handed out outlive the file")
        }
    #endif
}
