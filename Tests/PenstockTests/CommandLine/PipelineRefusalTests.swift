import Foundation
import Penstock
import Testing

@testable import PenstockCLI

@Suite("Pipeline files: what is refused", .serialized, .timeLimit(.minutes(10)))
struct PipelineRefusalTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let start = "read: {csv: t.csv}\nwrite: {csv: out}\n"

    @Test(
        "Each mistake is told with file and line, what is there and what is expected: exit 2",
        arguments: [
            ("", 1, "\"read\" is missing: what to read, such as read: {images: photos/}."),
            ("read: {csv: a}", 1, "\"write\" is missing: where to write, such as write: {parquet: predictions/}."),
            ("- a", 1, "a pipeline file: here are keys with values expected, and not a list."),
            (
                "read: {csv: a}\nwrit: {csv: out}", 2,
                "there is no key \"writ\" in a pipeline file. Did you mean \"write\"? The keys are read, steps, predict, write, options."
            ),
            (start + "limit: 3", 3, "there is no key \"limit\" in a pipeline file; it belongs into \"read\"."),
            (
                start + "options:\n  batch-size: 3\n  memry: 1GiB", 5,
                "there is no key \"memry\" in \"options\". Did you mean \"memory\"?"
            ),
            (
                start + "options:\n  labels: l.txt", 4,
                "there is no key \"labels\" in \"options\"; it belongs into \"predict\"."
            ),
            (
                start + "options: {memory: lots}", 3,
                "options.memory: expected a size such as 2GiB, and there is \"lots\"."
            ),
            (
                start + "options: {batch-size: many}", 3,
                "options.batch-size: expected a whole number or auto, and there is \"many\"."
            ),
            (
                start + "options: {preserve-order: maybe}", 3,
                "options.preserve-order: expected true or false, and there is \"maybe\"."
            ),
            (
                start + "options: {cores: [1, 2]}", 3,
                "options.cores: expected a whole number or auto, and there is a list."
            ),
            (start + "options: 3", 3, "options: here are keys with values expected, and not \"3\"."),
            (
                "read: {csv: a, parquet: b}\nwrite: {csv: o}", 1,
                "read: one format is read, and here are parquet and csv."
            ),
            (
                "read: {limit: 3}\nwrite: {csv: o}", 1,
                "read: name what to read with one of images, packed, parquet, csv, json, text, binary"
            ),
            ("read: {csv: }\nwrite: {csv: o}", 1, "read.csv: expected paths, and there is nothing."),
            (
                "read: {csv: a, limit: ten}\nwrite: {csv: o}", 1,
                "read.limit: expected a whole number, and there is \"ten\"."
            ),
            (
                "read: {csv: a, size: [2, 2]}\nwrite: {csv: o}", 1,
                "read.size is not for csv; beside it stand columns, limit"
            ),
            (
                "read: {images: a, size: 224}\nwrite: {csv: o}", 1,
                "read.size: expected height and width, such as [224, 224]"
            ),
            (
                "read: {images: a, mode: cmyk}\nwrite: {csv: o}", 1,
                "read.mode: expected rgb or gray, and there is \"cmyk\"."
            ),
            (
                "read: {csv: {a: b}}\nwrite: {csv: o}", 1,
                "read.csv: expected a text or a list of texts, and there is keys with values."
            ),
            ("read: {csv: a}\nwrite: {xls: o}", 2, "there is no key \"xls\" in \"write\"."),
            (
                "read: {csv: a}\nwrite: {csv: o, existing: keep}", 2,
                "write.existing: expected refuse, resume or overwrite"
            ),
            ("read: {csv: a}\nwrite: {csv: o, rows-per-file: few}", 2, "write.rows-per-file: expected a whole number"),
            ("read: {csv: a}\nwrite: {csv: o, bytes-per-file: few}", 2, "write.bytes-per-file: expected a size"),
            (start + "steps: {limit: 3}", 3, "steps: expected a list, such as - filter:"),
            (start + "steps:\n  - limt: 3", 4, "there is no key \"limt\" in \"steps[0]\". Did you mean \"limit\"?"),
            (
                start + "steps:\n  - {limit: 3, drop: a}", 4,
                "here are drop and limit. Begin each step with its own \"-\"."
            ),
            (start + "steps:\n  - drop:", 4, "steps[0].drop: there is no value."),
            (
                start + "steps:\n  - limit: 1\n  - filter: \"a >> 3\"", 5,
                "steps[1].filter: the expression cannot be read: there is \">\" where a column, a value or \"(\" is expected.\n  a >> 3\n     ^"
            ),
            (
                start + "steps:\n  - repartition: {blocks: 2, rows-per-block: 3}", 4,
                "give one of blocks and rows-per-block"
            ),
            (start + "steps:\n  - randomize-order: {seed: -1}", 4, "expected a whole number, 0 or more"),
            (start + "steps:\n  - rename: [a]", 4, "expected names with names, such as {old: new}"),
            (start + "predict: {inputs: {x: a}}", 3, "predict: \"model\" is missing"),
            (start + "predict: {model: m, labels: l}", 3, "predict.labels: classes are predicted for images"),
            (
                start + "predict: {model: m, outputs: {y: [1]}}", 3,
                "predict.outputs.y: expected one text, and there is a list."
            ),
            (start + "predict: {model: m, batch-size: 3}", 3, "it belongs into \"options\"."),
            (start + "predict: {model: m, preset: unit, mean: [1, x]}", 3, "predict.mean: expected three numbers"),
            (
                "read: {images: a}\nwrite: {csv: o}\npredict: {model: m, top-k: 2, keep: [path]}", 3,
                "top-k is for classes and keep for a model's raw outputs"
            ),
            (
                start + "steps: [{predict: {model: m}}]\npredict: {model: n}", 3,
                "the model is named twice: here, and in \"predict\""
            ),
            (
                "read: {images: a}\nwrite: {csv: o}\nsteps:\n  - limit: 3\n  - filter: \"path like 'a%'\"\npredict: {model: m}",
                5,
                "steps[1] comes before images are classified"
            ),
            (
                "read: {csv: a, limit: 3}\nwrite: {csv: o}\nsteps: [{randomize-order: {seed: 1}}]", 3,
                "a limit comes before it. Put the limit behind it"
            ),
            ("read: {csv: a}\nread: {csv: b}", 1, "a key stands twice in the map that begins here: \"read\"."),
            ("read:\n\tcsv: a", 2, "Indent with blanks, not tabs"),
            ("read: {csv: *.csv}", 1, "Patterns with * stand in quotes"),
            ("read: {csv: a", 2, "not YAML"), ("? [a]\n: b", 1, "a key is a word"),
        ] as [(String, Int, String)]
    )
    func mistakes(text: String, line: Int, message: String) throws {
        let path = try folder.file("p.yaml", text: text)
        let error = try #require(throws: PlanError.self) { try PipelineFile(path).job() }
        #expect(error.isUsage)
        #expect(error.message.hasPrefix("\(path):\(line): "), "\(text): \(error.message)")
        #expect(error.message.contains(message), "\(text): \(error.message)")
    }

    @Test("A mistake in the file is wrong usage, and nothing is made")
    func exitCode() throws {
        try folder.file("p.yaml", text: Self.start + "limit: 3")
        let ending = try Program.run(["run", "p.yaml"], in: folder)
        #expect(ending.status == 2)
        #expect(
            ending.error
                == "penstock: p.yaml:3: there is no key \"limit\" in a pipeline file; it belongs into \"read\".\n"
        )
        #expect(!folder.exists("out"))
    }

    @Test("Texts that are made to exhaust memory, time or stack are refused")
    func hostileTexts() throws {
        let laughs = (0..<20).map {
            "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ", "))]"
        }
        let texts = [
            ("anchors are not used", laughs.joined(separator: "\n")), ("anchors are not used", "? &a [1]\n: [*a]"),
            ("more than 16 levels", String(repeating: "[", count: 200_000)),
            ("more than 16 levels", String(repeating: "- ", count: 100_000)),
            ("more than 16 levels", String(repeating: "? ", count: 100_000)),
            ("more than 16 levels", String(repeating: "{a: ", count: 60_000)),
            ("more than 16 levels", String(repeating: "[", count: 900) + String(repeating: "]", count: 900)),
            ("too large for a pipeline file", String(repeating: "a: b\n", count: 60_000)),
            ("not YAML", "\u{1}\u{2}"), ("not YAML", String(repeating: "[],", count: 1000)),
        ]
        for (message, text) in texts {
            let path = try folder.file("p.yaml", text: text)
            let error = try #require(throws: PlanError.self) { try PipelineFile(path).job() }
            #expect(error.message.contains(message), "\(text.prefix(40)): \(error.message.prefix(300))")
        }
        let path = try folder.file("p.yaml", [0xFF, 0xFE, 0x00, 0x80])
        let error = try #require(throws: PlanError.self) { try PipelineFile(path) }
        #expect(error.message.contains("not UTF-8"))
    }

    @Test("What is no file, or not there, is refused: exit 1")
    func noFile() throws {
        for (path, message) in [
            ("absent.yaml", "there is no pipeline file \"absent.yaml\""), ("/dev/zero", "is no plain file"),
            (".", "is a folder"),
        ] {
            let ending = try Program.run(["run", path], in: folder)
            #expect(ending.status == 1 && ending.error.contains(message), "\(ending.error)")
        }
    }

    @Test(
        "Values of --set are checked like those of the file",
        arguments: [
            (
                "batch-siz=2",
                "--set batch-siz=2: there is no key \"batch-siz\". Did you mean \"batch-size\"?"
            ),
            ("options.batch=2", "--set options.batch=2: there is no key \"batch\" in \"options\"."),
            ("csv=x", "is a key of several sections; write read.csv or write.csv."),
            ("limit=x", "--set limit=x: read.limit: expected a whole number, and there is \"x\"."),
            ("batch-size", "write key=value"), ("=3", "write key=value"),
            ("a..b=3", "words with dots between"),
            ("steps.7.limit=1", "\"7\" is no place of a list of 1"),
            ("read.csv.x=1", "which has no keys"),
            ("memory=[&a 1]", "anchors are not used"),
        ]
    )
    func wrongSettings(setting: String, message: String) throws {
        let path = try folder.file("p.yaml", text: Self.start + "steps: [{limit: 3}]")
        let error = try #require(throws: PlanError.self) { try PipelineFile(path, settings: [setting]) }
        #expect(error.isUsage && error.message.contains(message), "\(error.message)")
    }

    @Test("explain refuses what it would ignore")
    func explainRefusals() throws {
        try folder.file("p.yaml", text: Self.start)
        for (words, message) in [
            (["p.yaml", "--batch-size", "3"], "--batch-size has no effect on a pipeline file; use --set batch-size"),
            (["p.yaml", "--model", "m.onnx"], "--set predict.model=FILE"), (["p.yaml", "more"], "one pipeline file"),
            (["images", "--set", "limit=3"], "--set is for pipeline files"), (["images", "--output", "o"], "--model"),
            (["images", "--model", "m"], "--output"),
        ] {
            let ending = try Program.run(["explain"] + words, in: folder)
            #expect(ending.status == 2 && ending.error.contains(message), "\(ending.error)")
        }
    }
}
