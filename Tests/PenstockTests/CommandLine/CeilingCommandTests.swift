import Foundation
import Penstock
import Testing

@Suite("penstock ceiling", .serialized, .timeLimit(.minutes(10)))
struct CeilingCommandTests {
    private let job: SmallJob

    init() throws { job = try SmallJob(images: 12) }

    private func penstock(_ arguments: String...) throws -> Program.Ending {
        try Program.run(arguments, in: job.folder)
    }

    private func ceiling(_ words: String...) throws -> Program.Ending {
        let quick = ["--seconds", "0.02", "--repeats", "2"]
        return try Program.run(["ceiling", "images", "--model", "tiny.onnx"] + quick + words, in: job.folder)
    }

    @Test("It prints each stage, the models, the ceiling and what a run reached, and writes the same as JSON")
    func tables() throws {
        let job = ["images", "--model", "tiny.onnx", "--output", "out", "--precision", "f32"]
        let written = try Program.run(["classify"] + job, in: self.job.folder)
        #expect(written.status == 0, "\(written.error)")
        let ending = try ceiling("--run", "out", "--json", "ceiling.json")
        #expect(ending.status == 0, "\(ending.error)")
        let stages = ["list", "read", "bare decode", "resize and crop"]
        for words in stages + ["the planner's choice", "The whole job", "The run in out"] {
            #expect(ending.output.contains(words), "\(words) in \(ending.output)")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let json = try Data(contentsOf: URL(filePath: self.job.folder("ceiling.json")))
        let report = try decoder.decode(CeilingReport.self, from: json)
        #expect(report.stages.map(\.name) == ["list", "read", "decode", "model", "write"])
        #expect(report.run?.precision == "f32" && report.precision == "f32")
        #expect(report.models.filter(\.isPlanned).count == 1)
        #expect(report.job.shares.count == 2 && report.job.shares.allSatisfy { $0 > 0 })
    }

    @Test("A sweep measures every division of the cores with every batch size")
    func sweep() throws {
        let ending = try ceiling("--sweep", "--precision", "f32", "--cores", "2", "--json", "ceiling.json")
        #expect(ending.status == 0, "\(ending.error)")
        let json = try String(contentsOfFile: job.folder("ceiling.json"), encoding: .utf8)
        for batch in [1, 2, 4, 8, 16, 32] { #expect(json.contains("\"batch_size\" : \(batch)")) }
        #expect(json.contains("\"threads_per_worker\" : 2"))
    }

    @Test("Ctrl-C ends it and its processes while they take turns: exit 130, and no temporary file is left")
    func interruption() throws {
        try job.folder.folder("tmp")
        let (output, error) = (Pipe(), Pipe())
        let words = [
            "ceiling", "images", "--model", "tiny.onnx", "--precision", "f32", "--seconds", "3", "--repeats", "1",
        ]
        let environment = ["TMPDIR": job.folder("tmp")]
        let process = try Program.start(words, in: job.folder, environment, output: output, error: error)
        var said = ""
        while !said.contains("the whole job") {
            let data = error.fileHandleForReading.availableData
            if data.isEmpty { break }
            said += String(decoding: data, as: UTF8.self)
        }
        #expect(said.contains("the whole job"), "\(said)")
        process.interrupt()
        process.waitUntilExit()
        said += String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(process.status == 130 && said.contains("interrupted before everything was measured"), "\(said)")
        #expect(try job.folder.entries("tmp").isEmpty)
    }

    @Test("A run that is not there, and numbers that mean nothing, are refused before anything is measured")
    func refusals() throws {
        let missing = try ceiling("--run", "nowhere")
        #expect(missing.status == 1 && missing.error.contains("nowhere"))
        let report = try ceiling("--run", "nothing.json")
        #expect(report.status == 1 && report.error.contains("nothing.json"))
        #expect(try ceiling("--images", "0").status == 2)
        #expect(try penstock("ceiling", "images", "--model", "tiny.onnx", "--repeats", "0").status == 2)
    }
}
