import Foundation
import Testing

@testable import Penstock
@testable import PenstockCLI

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

    /// The words behind `Next: `, without the program.
    private func next(_ ending: Program.Ending) throws -> [String] {
        let line = try #require(
            ending.output.split(separator: "\n").last { $0.hasPrefix("Next: ") },
            "\(ending.output)"
        )
        let words = line.dropFirst("Next: ".count).split(separator: " ").map(String.init)
        #expect(words[0].hasSuffix("penstock"))
        return Array(words.dropFirst())
    }

    @Test("Who types what a slow pipeline says, and then what that says, has run the changed one")
    func threeCommands() throws {
        let folder = try TemporaryFolder()
        try pipeline(folder, options: "batch-size: 1, model-workers: 1, decode-workers: 1, memory: 100TiB")
        let data = ["PENSTOCK_DATA": folder("data")]
        let slow = try Program.run(["run", "job.yaml"], in: folder, data)
        let doctor = try next(slow)
        #expect(doctor == ["doctor", "job.yaml", "--fix"])
        let fixed = try Program.run(doctor + ["--images", "24", "--repeats", "3"], in: folder, data)
        #expect(fixed.status == 0, "\(fixed.error)")
        let changes = fixed.output.split(separator: "\n").count { $0.hasPrefix("  change ") }
        #expect(fixed.output.contains("All changes together") == (changes > 1), "\(fixed.output)")
        let run = try next(fixed)
        #expect(run == ["run", "job.fixed.yaml", "--overwrite"])
        #expect(try Program.run(run, in: folder, data).status == 0)
        #expect(try RunReport(contentsOf: folder("out")).settings["memory"]?.origin == SettingOrigin.computed.rawValue)
    }

    @Test("A slow command says the fast one: all changes together, typed as it was, and it runs")
    func nextCommand() throws {
        let folder = try TemporaryFolder()
        _ = try Pictures.write(80, to: folder)
        let model = ["--model", Fixture.shapes, "--output", "out"]
        let slow = ["--batch-size", "1", "--model-workers=1", "--decode-workers", "1", "--precision", "f32"]
        let first = try Program.run(["classify", "images"] + slow + model, in: folder)
        #expect(first.status == 0, "\(first.error)")
        let words = try next(first)
        let isFast = try RunReport(contentsOf: folder("out")).model?.fastestPrecision != "f32"
        let precision = isFast ? [] : ["--precision", "f32"]
        let hasTwoCores = MachineFacts.current.cores >= 2
        let workers = hasTwoCores ? [] : ["--model-workers=1", "--decode-workers", "1"]
        #expect(words == ["classify", "images"] + workers + precision + model + ["--overwrite"])
        let second = try Program.run(words, in: folder)
        #expect(second.status == 0, "\(second.error)")
        #expect(!second.output.contains("Next: "), "\(second.output)")
        for setting in hasTwoCores ? ["batch-size", "model-workers", "decode-workers"] : ["batch-size"] {
            #expect(
                try RunReport(contentsOf: folder("out")).settings[setting]?.origin == SettingOrigin.computed.rawValue,
                "\(setting)"
            )
        }
    }

    @Test("With --set, the changes come behind what was set")
    func nextSet() throws {
        let folder = try TemporaryFolder()
        try pipeline(folder, options: "memory: 1GiB")
        let slow = try Program.run(["run", "job.yaml", "--set", "batch-size=1", "--set", "memory=100TiB"], in: folder)
        let words = try next(slow)
        #expect(words.contains("batch-size=auto") && words.contains("memory="), "\(words)")
        let fast = try Program.run(words, in: folder)
        #expect(fast.status == 0, "\(fast.error)")
        #expect(
            try RunReport(contentsOf: folder("out")).settings["batch-size"]?.origin == SettingOrigin.computed.rawValue
        )
    }

    @Test("A run without findings names no command")
    func nothingNext() throws {
        let folder = try TemporaryFolder()
        try pipeline(folder, options: "memory: 1GiB")
        let run = try Program.run(["run", "job.yaml"], in: folder)
        #expect(run.status == 0 && !run.output.contains("Next: "), "\(run.output)")
    }

    @Test("Flags are taken out in both of their forms, and what is no flag stays")
    func editedWords() {
        let changes = SettingChanges(["batch-size": "auto", "read-workers": "16", "cores": "auto"])
        let words = [
            "penstock", "classify", "--batch-size", "1", "a b", "--cores=1", "--read-workers=2", "--", "--cores", "x",
        ]
        #expect(
            NextCommand.edited(words, changes)
                == ["penstock", "classify", "a b", "--read-workers", "16", "--", "--cores", "x"]
        )
        #expect("a b's".quotedForShell == #"'a b'\''s'"#)
        #expect("s3://b/a-1.jpg".quotedForShell == "s3://b/a-1.jpg" && "".quotedForShell == "''")
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
