import Foundation
import Testing

@testable import Penstock
@testable import PenstockCLI

@Suite("Doctor: changed pipeline files")
struct PipelineEditTests {
    private func edited(_ text: String, _ changes: (String, String)...) -> String {
        var edit = PipelineEdit(text)
        for (name, value) in changes { edit.set(name, value) }
        return edit.text
    }

    @Test("A value is replaced where it stands, and comments stay")
    func replacing() {
        let text = "options:\n  # why\n  batch-size: 2  # too few\n  memory: 1GiB\n"
        #expect(
            edited(text, ("batch-size", "16"))
                == "options:\n  # why\n  batch-size: 16  # too few\n  memory: 1GiB\n"
        )
    }

    @Test("A setting that is left to Penstock becomes a comment, or goes from its braces")
    func removing() {
        #expect(
            edited("options:\n  cores: 1\n  memory: 1GiB\n", ("cores", "auto"))
                == "options:\n  # cores: 1\n  memory: 1GiB\n"
        )
        #expect(
            edited("options: {cores: 1, memory: 1GiB}", ("cores", "auto")) == "options: {memory: 1GiB}"
        )
        #expect(
            edited("options: {memory: 1GiB, cores: 1}", ("cores", "auto")) == "options: {memory: 1GiB}"
        )
        #expect(edited("options: {cores: 1}", ("cores", "auto")) == "options: {}")
        #expect(edited("read: {images: a}\n", ("cores", "auto")) == "read: {images: a}\n")
    }

    @Test("A new setting goes into its section, which is made if it is not there")
    func inserting() {
        #expect(
            edited("predict: {model: m.onnx}\n", ("resize-quality", "fast"))
                == "predict: {resize-quality: fast, model: m.onnx}\n"
        )
        #expect(
            edited("options:\n    memory: 1GiB\n", ("read-workers", "16"))
                == "options:\n    read-workers: 16\n    memory: 1GiB\n"
        )
        #expect(
            edited("read: {images: a}\n", ("read-workers", "16")) == "read: {images: a}\noptions:\n  read-workers: 16\n"
        )
    }

    @Test("The format is the key of the folder that is written")
    func format() {
        #expect(
            edited("read: {csv: a.csv}\nwrite:\n  csv: out/\n", ("format", "parquet"))
                == "read: {csv: a.csv}\nwrite:\n  parquet: out/\n"
        )
    }

    @Test("A changed file means the old job with the changes, and is written beside it")
    func fixing() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "job.yaml",
            text: """
                # our job
                read: {images: photos/}
                predict:
                  model: m.onnx
                  precision: f32  # to be safe
                write: {json: out/}
                options: {batch-size: 2, memory: 1GiB}
                """
        )
        let changes = SettingChanges(["batch-size": "auto", "precision": "auto", "format": "parquet"])
        let fixed = try PipelineFix.write(changes, to: path)
        #expect(fixed == folder("job.fixed.yaml"))
        let text = try String(contentsOfFile: fixed, encoding: .utf8)
        #expect(text.contains("# our job") && text.contains("{memory: 1GiB}") && text.contains("{parquet: out/}"))
        #expect(try PipelineFix.write(changes, to: path) == folder("job.fixed-2.yaml"))
        #expect(try PipelineFile(fixed).job().options.batchSize == .auto)
    }

    @Test("A file whose layout cannot be changed line by line is refused, and nothing is written")
    func refusing() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "job.yaml",
            text:
                "read: {images: photos/}\npredict: {model: m.onnx}\nwrite: {parquet: out/}\noptions:\n  batch-size:\n    2\n"
        )
        #expect(throws: PlanError.self) { try PipelineFix.write(SettingChanges(["batch-size": "16"]), to: path) }
        #expect(!folder.exists("job.fixed.yaml"))
    }
}
