import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

/// One column of every type that files can give back, nine rows each.
private let everyType = Block([
    "bool": Column(.bool(Bitmap([true, false, true, true, false, false, true, false, true]))),
    "uint8": Column(.uint8(Buffer([0, 1, 2, 3, 127, 128, 200, 254, 255]))),
    "int32": Column(int32: [0, 1, -1, .max, .min, 5, 6, 7, 8]),
    "int64": Column(int64: [0, 1, -1, .max, .min, 5, 6, 7, 8]),
    "float": Column(float32: [0, -0.5, 1e-30, .greatestFiniteMagnitude, .infinity, 0.1, 6, 7, 8]),
    "double": Column(float64: [0, -0.5, 1e-300, .greatestFiniteMagnitude, -.infinity, 0.1, 6, 7, 8]),
    "string": Column(strings: ["", "a", "日本", "a,\"b\"\n", " ", "é", "null", "[1]", "\u{1F4F7}"]),
    "binary": Column(.binary(VariableBytes(["", "ab", "\u{0}", "c", "dd", "e", "f", "g", "h"]))),
    "list": Column(listOf: Column(int32: Array(0..<10)), lengths: [0, 3, 1, 0, 2, 0, 0, 4, 0]),
    "names": Column(listOf: Column(strings: ["x", "", "ü"]), lengths: [0, 0, 2, 0, 0, 0, 0, 0, 1]),
])

/// The same values, some missing.
private let withNulls = Block(
    named: zip(everyType.schema.fields, everyType.columns).map { field, column in
        let validity = Bitmap([true, false, true, false, true, true, false, true, false])
        return (field.name, Column(column.values, validity: validity))
    }
)

@Suite("Table files")
struct TableFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("Parquet gives back every type, with and without missing values", arguments: [everyType, withNulls])
    func parquetKeepsEverything(block: Block) throws {
        let result = try #require(try roundTrip([block, block], folder("a.parquet")))
        #expect(result.schema.fields.map(\.type) == block.schema.fields.map(\.type))
        for (name, cells) in block.cells { #expect(result.cells[name] == cells + cells, "\(name)") }
    }

    @Test(
        "Slices that begin and end between two bytes of a bitmap keep their values",
        arguments: [everyType, withNulls]
    )
    func slicesKeepTheirValues(block: Block) throws {
        for range in [1..<9, 3..<8, 5..<6, 0..<7, 8..<9] {
            let slice = block.slice(range)
            let result = try #require(try roundTrip([slice], folder("\(range).parquet")))
            for (name, cells) in block.cells { #expect(result.cells[name] == Array(cells[range]), "\(name) \(range)") }
        }
    }

    @Test("What was read can be cut anywhere and written again")
    func readBlocksCanBeSliced() throws {
        let first = try #require(try roundTrip([withNulls], folder("a.parquet")))
        let second = try #require(try roundTrip([first.slice(1..<4), first.slice(4..<9)], folder("b.parquet")))
        for (name, cells) in withNulls.cells { #expect(second.cells[name] == Array(cells[1...]), "\(name)") }
    }

    @Test("JSON lines give back numbers, texts, lists and missing values")
    func jsonLines() throws {
        let names = ["bool", "int64", "double", "string", "list"]
        let block = Block(named: names.compactMap { name in withNulls[name].map { (name, $0) } })
        let finite = block.slice(5..<9)
        let result = try #require(try roundTrip([finite], folder("a.jsonl"), .jsonl))
        for name in names { #expect(result.cells[name] == finite.cells[name], "\(name)") }
        let text = try String(contentsOfFile: folder("a.jsonl"), encoding: .utf8)
        #expect(text.split(separator: "\n").count == 4)
    }

    @Test("CSV quotes what must be quoted, and tells the empty text from the missing one")
    func csv() throws {
        let block = Block([
            "path": Column(optionalStrings: ["a,b.jpg", "say \"x\".jpg", "line\nend.jpg", "", nil, "日本.jpg"]),
            "predicted_class": Column(int32: [1, 2, 3, 4, 5, 6]),
            "confidence": Column(float32: [0, 1, 0.5, 0.25, 1e-9, 1]),
        ])
        let result = try #require(try roundTrip([block], folder("a.csv"), .csv))
        #expect(result.cells["path"] == block.cells["path"])
        #expect(result.cells["predicted_class"] == block.cells["predicted_class"])
        let text = try String(contentsOfFile: folder("a.csv"), encoding: .utf8)
        #expect(text.hasPrefix("\"path\",\"predicted_class\",\"confidence\"\n\"a,b.jpg\",1,"))
    }

    @Test("Tensors are written as lists of fixed size, one for each row")
    func tensors() throws {
        let tensor = Tensor<Float>(shape: [3, 2, 2], elements: Buffer((0..<12).map { Float($0) }))
        let block = Block(["logits": Column(.tensorFloat32(tensor))])
        let writer = try TableFileWriter(folder("a.jsonl"), format: .jsonl, schema: block.schema)
        try writer.write(block.slice(1..<3))
        try writer.finish()
        let text = try String(contentsOfFile: folder("a.jsonl"), encoding: .utf8)
        #expect(text.filter { $0 != " " } == "{\"logits\":[4.0,5.0,6.0,7.0]}\n{\"logits\":[8.0,9.0,10.0,11.0]}\n")
    }

    @Test(
        "An empty block adds nothing; a file of nothing else is complete and has no rows",
        arguments: OutputFormat.allCases
    )
    func emptyBlocks(format: OutputFormat) throws {
        let block = Block(["path": Column(strings: ["a", "b"]), "size": Column(int64: [1, 2])])
        let result = try roundTrip([block.slice(0..<0), block, block.slice(2..<2)], folder("a"), format)
        #expect(result?.cells == block.cells)
        if format == .parquet {
            #expect(try roundTrip([block.slice(0..<0)], folder("b"), format) == nil)
            #expect(try TableFileReader(folder("b"), format: format).rowCount == 0)
        }
    }

    @Test("An unfinished file is removed with its writer", arguments: OutputFormat.allCases)
    func unfinishedFilesVanish(format: OutputFormat) throws {
        do {
            let writer = try TableFileWriter(folder("a"), format: format, schema: everyType.schema)
            #expect(folder.exists("a"))
            try writer.write(everyType)
        }
        #expect(try folder.entries().isEmpty)
    }

    @Test("Rows with other columns are refused, and the file can go on")
    func otherColumnsAreRefused() throws {
        let block = Block(["a": Column(int32: [1])])
        let writer = try TableFileWriter(folder("a"), format: .parquet, schema: block.schema)
        let error = try stageError { try writer.write(Block(["b": Column(int32: [1])])) }
        #expect(error.code == .invalidInput)
        #expect(error.message == "rows with columns [b: int32] cannot go into a file with [a: int32].")
        try writer.write(block)
        try writer.finish()
        #expect(try tableRows(folder("a"))?.rowCount == 1)
    }

    @Test("Metadata is in the Parquet file's footer")
    func metadata() throws {
        let writer = try TableFileWriter(folder("a"), format: .parquet, schema: everyType.schema)
        try writer.write(everyType)
        try writer.set(metadata: "penstock.model_hash", "0123 ü")
        try writer.finish()
        let bytes = try Data(contentsOf: URL(filePath: folder("a")))
        #expect(bytes.range(of: Data("penstock.model_hash".utf8)) != nil)
        #expect(bytes.range(of: Data("0123 ü".utf8)) != nil)
        #expect(writer.byteCount.count == bytes.count)
    }

    @Test("Files that cannot be made or read are errors that name them")
    func unusableFiles() throws {
        let schema = everyType.schema
        let missing = try stageError { _ = try TableFileReader(folder("absent"), format: .parquet) }
        #expect(missing.code == .notFound)
        #expect(missing.message.contains(folder("absent")))
        let unwritable = try stageError {
            _ = try TableFileWriter(folder("no/such/folder"), format: .parquet, schema: schema)
        }
        #expect([.inputOutput, .notFound].contains(unwritable.code))
        try folder.file("damaged", text: "PAR1 is not enough PAR1")
        let damaged = try stageError { _ = try TableFileReader(folder("damaged"), format: .parquet) }
        #expect(damaged.code == .damagedData)
    }
}
