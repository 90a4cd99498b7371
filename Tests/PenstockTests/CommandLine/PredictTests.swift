import Foundation
import Penstock
import Testing

@Suite("Command line: predict", .serialized, .timeLimit(.minutes(10)))
struct PredictTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try Models.pair(folder)
        try Models.risk(folder)
    }

    private func predict(_ words: [String]) throws -> Program.Ending {
        try Program.run(["predict"] + words, in: folder)
    }

    private func written(_ directory: String = "out") throws -> Block {
        try Block.concatenate(try Predictions(in: folder(directory)).rows(atMost: .max))
    }

    /// A Parquet file with lists of three numbers.
    private func vectors(_ count: Int) async throws {
        let numbers = (0..<count * 3).map { Float($0) }
        let block = try Block(columns: [
            "id": Column(int64: (0..<Int64(count)).map { $0 }),
            "left": Column(listOf: Column(float32: numbers), lengths: Array(repeating: 3, count: count)),
            "b": Column(listOf: Column(float32: numbers.map { $0 * 10 }), lengths: Array(repeating: 3, count: count)),
            "name": Column(strings: (0..<count).map { "n\($0)" }),
        ])
        try await Dataset.fromBlocks([block]).writeParquet(to: folder("table"))
    }

    @Test("Several inputs and outputs, mapped by name, over Parquet: outputs become list columns beside what is kept")
    func severalPorts() async throws {
        try await vectors(150)
        let ending = try predict([
            "table", "--model", "pair.onnx", "--input", "a=left", "--output-column", "sum=total", "--output-column",
            "first=one",
            "--keep", "name,id", "--filter", "id >= 100", "--preserve-order", "--output", "out",
        ])
        #expect(ending.status == 0, "\(ending.error)")
        #expect(ending.output.contains("Done: 50 rows in") && ending.output.contains("rows/s"), "\(ending.output)")
        #expect(ending.endsWithVerdict, "\(ending.output)")
        let block = try written()
        #expect(Set(block.schema.fields.map(\.name)) == ["name", "id", "total", "one"])
        #expect(try block.integers("id") == Array(100..<150))
        let totals = try block.lists("total") { try Block(["x": $0]).floats("x") }
        #expect(totals[0] == [3300, 3311, 3322])
        #expect(try block.floats("one")[1] == 303)
    }

    @Test("Columns of a CSV file feed inputs of their own names; all else is kept, all outputs are written")
    func csv() throws {
        try folder.file("visits.csv", text: "patient,age,dose\na,50,1\nb,20,0\nc,,2\n")
        let ending = try predict([
            "visits.csv", "-m", "risk.onnx", "-o", "out", "--preserve-order", "--max-bad-rows", "1",
        ])
        #expect(ending.status == 0, "\(ending.error)")
        let block = try written()
        #expect(block.schema.fields.map(\.name) == ["patient", "risk"])
        #expect(try block.floats("risk").map { ($0 * 100).rounded() } == [60, 20])
        // The row without an age is told, not guessed.
        #expect(try quarantinedRows(folder("out")).count == 1)
        let chosen = try predict([
            "visits.csv", "--columns", "age,dose", "-m", "risk.onnx", "-o", "chosen", "--max-bad-rows", "1", "--keep",
            "",
            "--format", "jsonl", "--read", "csv", "--limit", "2",
        ])
        #expect(chosen.status == 0, "\(chosen.error)")
        #expect(try written("chosen").schema.fields.map(\.name) == ["risk"])
        #expect(try written("chosen").rowCount == 2)
    }

    @Test("Images feed a model at the preset's crop, or at a size, with the preset's numbers")
    func images() throws {
        _ = try Pictures.write(4, to: folder, "images")
        _ = try Models.tiny(folder)
        let variants: [([String], String)] = [
            ([], "plain"), (["--size", "224x224"], "sized"), (["--preset", "unit"], "unit"),
        ]
        for (words, directory) in variants {
            let arguments = ["images", "--model", "tiny.onnx", "--output-column", "output=scores", "--preserve-order"]
            let ending = try predict(arguments + ["--output", directory] + words)
            #expect(ending.status == 0, "\(ending.error)")
        }
        func scores(_ directory: String) throws -> [[Float]] {
            try written(directory).lists("scores") { try Block(["x": $0]).floats("x") }
        }
        #expect(try scores("plain").map(\.count) == [10, 10, 10, 10])
        #expect(try scores("plain") == scores("sized"))
        #expect(try scores("plain") != scores("unit"))
        #expect(try written("plain").strings("path").string(0) == "images/0000.bmp")
        // The classes that classify finds are where these scores are highest.
        let classify = [
            "classify", "images", "--model", "tiny.onnx", "--precision", "f32", "--preserve-order", "--output",
            "classes",
        ]
        #expect(try Program.run(classify, in: folder).status == 0)
        let best = try scores("plain").map { row in row.indices.max { row[$0] < row[$1] } ?? -1 }
        #expect(try writtenRows(folder("classes")).map(\.predictedClass) == best)
    }

    @Test(
        "Words that make no sense are wrong usage: exit 2",
        arguments: [
            (["t.csv", "--input", "x"], "x"), (["t.csv", "--input", "=x"], "=x"),
            (["t.csv", "--input", "x=a", "--input", "x=b"], "--input names \"x\" twice"),
            (["t.csv", "--output-column", "y=a", "--output-column", "y=b"], "--output-column names \"y\" twice"),
            (["t.csv", "--keep", "a,,b"], "a,,b"), (["t.csv", "--read", "xls"], "xls"),
            (["images", "--size", "3"], "3"),
            (["t.csv", "--size", "3,3"], "--size is for images, and csv is read"),
            (["images", "--read", "images", "--columns", "a"], "--columns is for tables, and images is read"),
            (["folder"], "Say it with --read"), (["t.csv", "--filter", "a >"], "the expression cannot be read"),
            (["t.csv", "--resume", "--overwrite"], "contradict"), (["t.csv", "--batch-size", "0"], "--batch-size 0"),
            (["images", "--read", "images", "--preset", "none"], "no preset \"none\""),
        ]
    )
    func wrongUsage(words: [String], message: String) throws {
        let ending = try predict(words + ["--model", "risk.onnx", "--output", "out"])
        #expect(ending.status == 2 && ending.error.contains(message), "\(ending.error)")
        #expect(!folder.exists("out"))
    }

    @Test("What does not fit the model fails with what there is: exit 1")
    func wrongPorts() throws {
        try folder.file("t.csv", text: "age,name\n1,x\n")
        let inputs = try predict(["t.csv", "--model", "risk.onnx", "--input", "ages=age", "--output", "a"])
        #expect(inputs.status == 1 && inputs.error.contains("ages") && inputs.error.contains("age"), "\(inputs.error)")
        let columns = try predict(["t.csv", "--model", "risk.onnx", "--input", "dose=dos", "--output", "b"])
        #expect(columns.status == 1 && columns.error.contains("dos"), "\(columns.error)")
        let absent = try predict(["absent.csv", "--model", "risk.onnx", "--output", "c"])
        #expect(absent.status == 1 && absent.error.contains("absent.csv"), "\(absent.error)")
    }

    @Test("Values of all kinds are shown in short")
    func show() async throws {
        let block = try Block(columns: [
            "long": Column(listOf: Column(float32: (0..<1000).map { Float($0) }), lengths: [997, 0, 3]),
            "number": Column(float64: [.nan, 1e300, 0.00001]),
            "bytes": Column(.binary(VariableBytes(["abc", "", "x"]))),
            "text": Column(strings: [String(repeating: "x", count: 500), "a\nb", "–"]),
        ])
        try await Dataset.fromBlocks([block]).writeParquet(to: folder("odd"))
        let ending = try Program.run(["show", "odd"], in: folder)
        #expect(ending.status == 0, "\(ending.error)")
        for words in ["[0.0000, 1.0000, 2.0000, 3.0000, 4.0000, … 992 more]", "[]", "nan", "1e+300", "1e-05", "3 B"] {
            #expect(ending.output.contains(words), "\(words) in \(ending.output)")
        }
        #expect(ending.output.split(separator: "\n").allSatisfy { $0.count < 200 })
    }
}
