import Foundation
import Testing

@testable import Penstock

@Suite("penstock doctor", .serialized, .tags(.native))
struct DoctorCommandTests {
    private func pipeline(_ folder: TemporaryFolder, options: String) throws {
        _ = try Pictures.write(80, to: folder)
        let model = try Models.tiny(folder)
        try folder.file(
            "job.yaml",
            text: """
                read: {images: images}
                predict: {model: \(model)}
                write: {parquet: out}
                options: {\(options)}
                """
        )
    }

    @Test("A run says what it found and what to type, and its report has the evidence")
    func summary() throws {
        let folder = try TemporaryFolder()
        try pipeline(folder, options: "batch-size: 1")
        let run = try Program.run(["run", "job.yaml"], in: folder)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.contains("Finding: PS004 Batches are too small: batch-size 1"), "\(run.output)")
        #expect(run.output.contains("change --batch-size auto"))
        let report = try RunReport(contentsOf: folder("out"))
        #expect(report.findings.first?.id == "PS004")
        let doctor = try Program.run(["doctor", "out", "--json", "findings.json"], in: folder)
        #expect(doctor.output.contains("PS004 note: Batches are too small"), "\(doctor.output) \(doctor.error)")
        let json = try String(contentsOfFile: folder("findings.json"), encoding: .utf8)
        #expect(json.contains("\"batch-size\" : \"auto\""))
    }

    @Test("--fix writes a file beside the old one, measures what was predicted and remembers it")
    func fixing() throws {
        let folder = try TemporaryFolder()
        try pipeline(folder, options: "memory: 100TiB")
        let data = ["PENSTOCK_DATA": folder("data")]
        let before = try Program.run(["doctor", "--accuracy"], in: folder, data)
        #expect(before.output.contains("No prediction was measured yet"))
        let fixed = try Program.run(["doctor", "job.yaml", "--fix", "--images", "16"], in: folder, data)
        #expect(fixed.status == 0, "\(fixed.error)")
        #expect(fixed.output.contains("PS017 error"), "\(fixed.output)")
        #expect(fixed.output.contains("Wrote job.fixed.yaml"), "\(fixed.output)")
        #expect(!folder.exists("out"))
    }

    @Test(
        "What cannot be examined is said",
        arguments: [
            (["doctor"], 2, "name a pipeline file"), (["doctor", "none.json"], 1, "none.json"),
            (["doctor", "none"], 1, "none"),
            (["doctor", "x.yaml", "--batch-size", "2"], 2, "--batch-size is for images"),
        ]
    )
    func mistakes(_ arguments: [String], _ status: Int32, _ message: String) throws {
        let ending = try Program.run(arguments, in: try TemporaryFolder())
        #expect(ending.status == status)
        #expect(ending.error.contains(message), "\(ending.error)")
    }
}
