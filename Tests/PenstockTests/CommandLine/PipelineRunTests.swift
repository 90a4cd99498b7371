import Foundation
import Penstock
import Testing

@Suite("Pipeline files: what they do", .serialized, .timeLimit(.minutes(10)))
struct PipelineRunTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let rows = (0..<100).map { "p\($0),\($0),\($0 % 10),\($0 % 4 == 0 ? "test" : "north")" }
        try folder.file("visits.csv", text: "patient,age,dose,ward\n" + rows.joined(separator: "\n") + "\n")
    }

    private func run(_ words: String...) throws -> Program.Ending { try Program.run(["run"] + words, in: folder) }

    private func written(_ directory: String) throws -> [Block] {
        try Predictions(in: folder(directory)).rows(atMost: .max)
    }

    /// A pipeline of the repository.
    private func example(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Examples/pipelines/\(name)"), encoding: .utf8)
        return try folder.file(name, text: text)
    }

    @Test("Rows of a table are filtered, computed and filtered again: the example score.yaml")
    func score() throws {
        try Models.risk(folder)
        let ending = try run(try example("score.yaml"), "--set", "preserve-order=true")
        #expect(ending.status == 0, "\(ending.error)")
        let block = try Block.concatenate(try written("risks"))
        #expect(block.schema.fields.map(\.name) == ["patient", "ward", "risk"])
        func risk(_ age: Int) -> Float { Float(age) * 0.01 + Float(age % 10) * 0.1 }
        // No risk is near enough to the bound for rounding to matter.
        let expected = (18..<100).filter { $0 % 4 != 0 && risk($0) > 0.5 }
        let patients = try block.strings("patient")
        #expect((0..<block.rowCount).map { patients.string($0) } == expected.map { "p\($0)" })
        for (found, age) in zip(try block.floats("risk"), expected) { #expect(abs(found - risk(age)) < 1e-4) }
        for words in ["Done: \(expected.count) rows in", "rows/s", "Output   risks/"] {
            #expect(ending.output.contains(words), "\(words) in \(ending.output)")
        }
        #expect(ending.endsWithVerdict, "\(ending.output)")
        // The file says overwrite, so a second run replaces the first.
        #expect(try run("score.yaml").status == 0)
    }

    @Test("Images are classified into folders by label: the example classify.yaml")
    func classify() throws {
        _ = try Pictures.write(12, to: folder, "samples/images")
        try folder.file("samples/labels.txt", text: (0..<10).map { "name \($0)" }.joined(separator: "\n"))
        _ = try Models.tiny(folder)
        let words = ["--set", "model=tiny.onnx", "--set", "predict.precision=f32", "--report", "copy.json"]
        let ending = try Program.run(["run", try example("classify.yaml")] + words, in: folder)
        #expect(ending.status == 0, "\(ending.error)")
        #expect(ending.output.contains("Done: 12 images"))
        #expect(folder.exists("copy.json"))
        let flags = [
            "classify", "samples/images", "--model", "tiny.onnx", "--labels", "samples/labels.txt", "--top-k", "3",
        ]
        #expect(try Program.run(flags + ["--precision", "f32", "--output", "flags"], in: folder).status == 0)
        let wanted = Set(try writtenRows(folder("flags")))
        let parts = try folder.entries("predictions").filter { $0.hasPrefix("label=") && $0.hasSuffix(".parquet") }
        #expect(
            Set(parts.map { $0.split(separator: "/")[0] }) == Set(wanted.map { "label=name%20\($0.predictedClass)" })
                || Set(parts.map { $0.split(separator: "/")[0] })
                    == Set(wanted.map { "label=name \($0.predictedClass)" })
        )
        let report = try RunReport(contentsOf: folder("predictions"))
        #expect(report.rowsWritten == 12)
        #expect(report.settings["memory"]?.origin == "pipeline file" && report.settings["memory"]?.value == "1 GiB")
        #expect(report.settings["precision"]?.origin == "flag")
        #expect(report.settings["top-k"]?.origin == "pipeline file")
        #expect(report.settings["batch-size"]?.origin == "default")
    }

    @Test("Raw outputs of images become lists: the example embed.yaml")
    func embed() throws {
        _ = try Pictures.write(5, to: folder, "samples/images")
        _ = try Models.tiny(folder)
        let ending = try run(try example("embed.yaml"), "--set", "model=tiny.onnx")
        #expect(ending.status == 0, "\(ending.error)")
        let block = try Block.concatenate(try written("vectors"))
        #expect(
            "\(block.schema)" == "path: string, vector: list<float>"
                || block.schema.fields.map(\.name) == ["path", "vector"]
        )
        #expect(block.rowCount == 5)
        #expect(try block.lists("vector") { try Block(["x": $0]).floats("x") }.allSatisfy { $0.count == 10 })
        let shown = try Program.run(["show", "vectors", "--rows", "2"], in: folder)
        #expect(shown.output.contains(", … 5 more]"), "\(shown.output)")
    }

    @Test("Steps do what they are named after, in their order")
    func steps() throws {
        let text = """
            read: {csv: visits.csv, limit: 50}
            steps:
              - drop: [ward]
              - rename: {patient: who}
              - filter: "age >= 10 and who != 'p11'"
              - limit: 5
              - select: [age, who]
              - repartition: {rows-per-block: 2}
            write: {json: out, rows-per-file: 2}
            options: {preserve-order: on, cores: 1}
            """
        try folder.file("p.yml", text: text)
        let ending = try run("p.yml", "--quiet")
        #expect((ending.status, ending.output, ending.error) == (0, "", ""))
        let block = try Block.concatenate(try written("out"))
        #expect(block.schema.fields.map(\.name) == ["age", "who"])
        #expect(try block.integers("age") == [10, 12, 13, 14, 15])
        #expect(try partNames(folder("out")).count == 3)
    }

    @Test("explain shows the plan and where each value comes from, and runs nothing")
    func explain() throws {
        try folder.file(
            "p.yaml",
            text: """
                read: {parquet: nowhere.parquet}
                steps: [{filter: "a>1 AND b='x'"}, {randomize-order: }]
                predict: {model: absent.onnx, inputs: {x: a}, precision: f32}
                write: {csv: out}
                options: {batch-size: 8, retries: 5}
                """
        )
        let words = ["explain", "p.yaml", "--set", "steps.1={limit: 3}", "--set", "retries=7", "--overwrite"]
        let second = try Program.run(words, in: folder)
        #expect(second.status == 0, "\(second.error)")
        func line(_ name: String) -> [String] {
            second.output.split(separator: "\n").first { $0.hasPrefix(name + " ") }?.split(separator: " ").map(
                String.init
            ) ?? []
        }
        #expect(second.output.contains("Filter[a > 1 and b = 'x']"))
        #expect(line("batch-size") == ["batch-size", "8", "pipeline", "file"])
        #expect(line("retries") == ["retries", "7", "flag"])
        #expect(line("precision") == ["precision", "f32", "pipeline", "file"])
        #expect(line("format") == ["format", "csv", "pipeline", "file"])
        #expect(line("existing-output") == ["existing-output", "overwrite", "flag"])
        #expect(!folder.exists("out") && !folder.exists("cache"))
    }

    @Test("A column that is not there ends the run with what was perhaps meant; nothing is left behind")
    func unknownColumn() throws {
        try folder.file(
            "p.yaml",
            text: "read: {csv: visits.csv}\nsteps: [{filter: \"agee > 3\"}]\nwrite: {parquet: out}\n"
        )
        let ending = try run("p.yaml")
        #expect(ending.status == 1)
        #expect(ending.error.contains("there is no column \"agee\"") && ending.error.contains("Did you mean \"age\"?"))
        #expect(!ending.error.contains("onError"))
        #expect(try folder.entries("out").filter { $0.contains("part-") || $0.contains("tmp/") } == [])
    }

    @Test("An interrupted run of images goes on with --resume, and --set write.existing does the same")
    func resume() throws {
        _ = try Pictures.write(9, to: folder, "images")
        _ = try Models.tiny(folder)
        try folder.file("p.yaml", text: "read: {images: images}\npredict: {model: tiny.onnx}\nwrite: {parquet: out}\n")
        #expect(try run("p.yaml", "--set", "limit=4").status == 0)
        #expect(try run("p.yaml").status == 2)
        #expect(try run("p.yaml", "--resume", "--set", "limit=6").output.contains("skipped 4 (already written)"))
        #expect(try run("p.yaml", "--set", "write.existing=resume").output.contains("skipped 6 (already written)"))
        #expect(try writtenRows(folder("out")).count == 9)
    }
}
