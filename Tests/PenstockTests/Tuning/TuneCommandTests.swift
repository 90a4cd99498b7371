import Foundation
import Penstock
import Testing

@Suite("penstock tune", .tags(.native), .serialized, .timeLimit(.minutes(15)))
struct TuneCommandTests {
    private let job: SmallJob

    init() throws { job = try SmallJob(images: 40) }

    private func penstock(_ words: [String]) throws -> Program.Ending {
        try Program.run(words, in: job.folder, ["PENSTOCK_DATA": job.folder("data")])
    }

    private func tune(_ words: String...) throws -> Program.Ending {
        try penstock(["tune", "images", "--model", "tiny.onnx", "--precision", "f32"] + words)
    }

    @Test("It shows probe and trials, says what it found, and stores nothing on a dry run")
    func dryRun() throws {
        let ending = try tune("--time", "12", "--dry-run", "--json", "tuning.json")
        #expect(ending.status == 0, "\(ending.error)")
        for words in ["Probe    the job as it is", "What each stage costs", "decode", "Result   ", "runs of up to"] {
            #expect(ending.output.contains(words), "\(words) in \(ending.output)")
        }
        #expect(!job.folder.exists("data"))
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: job.folder("tuning.json"))))
        let report = try #require(json as? [String: Any])
        #expect(report["runs"] as? Int ?? 0 >= 6)
        #expect(
            (report["trials"] as? [[String: Any]])?.count
                == ending.output.split(separator: "\n").count { $0.hasPrefix("Trial ") }
        )
        #expect(report["conclusion"] as? String != nil)
    }

    @Test("What-if answers with an interval, without running the settings")
    func whatIf() throws {
        let ending = try tune("--what-if", "batch-size=256,decode-workers=1", "--json", "answer.json")
        #expect(ending.status == 0, "\(ending.error)")
        #expect(ending.output.contains("With batch-size=256,decode-workers=1:"))
        #expect(ending.output.contains("not known: batch-size 256 lies outside"))
        #expect(!ending.output.contains("Probe    batch-size=256"))
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: job.folder("answer.json"))))
        let answer = try #require((json as? [[String: Any]])?.first)
        let (low, rate, high) = (
            answer["low"] as? Double, answer["images_per_second"] as? Double, answer["high"] as? Double
        )
        #expect(try #require(low) < (try #require(rate)) && (try #require(rate)) < (try #require(high)))
        #expect(answer["images"] as? Int == 40)
    }

    @Test("A stored profile is used by classify and explain, and left out when that is asked for")
    func profile() async throws {
        var report = TuningReport()
        report.settings = ["batch-size": "2"]
        report.speedup = 1.2
        report.versions = ["penstock": PenstockVersion.current]
        let dataset = Dataset.readImages(from: [job.folder("images")]).predict(
            with: Classifier(model: job.folder("tiny.onnx"), labels: nil)
        )
        try TuningProfiles(in: job.folder("data")).store(
            try await TuningProfile(report, of: dataset, options: RunOptions())
        )
        let words = ["images", "--model", "tiny.onnx", "--output", "out"]
        let explained = try penstock(["explain"] + words)
        #expect(explained.output.contains("tuned profile"), "\(explained.output)\(explained.error)")
        #expect(try !penstock(["explain"] + words + ["--no-profile"]).output.contains("tuned profile"))
        #expect(try !penstock(["explain"] + words + ["--batch-size", "4"]).output.contains("tuned profile"))
        let run = try penstock(["classify"] + words + ["--precision", "f32"])
        #expect(run.output.contains("Profile  batch-size: tuned"), "\(run.output)\(run.error)")
        #expect(try RunReport(contentsOf: job.folder("out")).settings["batch-size"]?.origin == "tuned profile")
        #expect(try penstock(["tune", "--list"]).output.contains("batch-size=2"))
        #expect(try penstock(["tune", "--forget", "tiny.onnx"]).output == "1 profile is removed.\n")
        #expect(try penstock(["tune", "--list"]).output.hasPrefix("There are no profiles"))
    }

    @Test("Ctrl-C ends the search with exit code 130, and nothing is stored")
    func interrupted() throws {
        let (output, error) = (Pipe(), Pipe())
        let process = try Program.start(
            ["tune", "images", "--model", "tiny.onnx", "--precision", "f32", "--time", "120"],
            in: job.folder,
            ["PENSTOCK_DATA": job.folder("data")],
            output: output,
            error: error
        )
        // Its first word: the search is under way.
        #expect(!output.fileHandleForReading.availableData.isEmpty)
        process.interrupt()
        process.waitUntilExit()
        let words = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(process.status == 130, "\(words)")
        #expect(words.contains("interrupted; nothing is stored"))
        #expect(!job.folder.exists("data"))
    }

    @Test("A damaged file of profiles stops no run")
    func damaged() throws {
        try job.folder.file("data/profiles.json", text: "nonsense")
        let run = try penstock([
            "classify", "images", "--model", "tiny.onnx", "--output", "out", "--precision", "f32", "--verbose",
        ])
        #expect(run.status == 0)
        #expect(run.output.contains("Remark   tuned profiles are left out"))
    }

    @Test("What makes no sense is refused with the words to change")
    func refusals() throws {
        let cases: [(words: [String], text: String)] = [
            (["tune", "images"], "--model"),
            (["tune", "images", "--model", "tiny.onnx", "--time", "0"], "--time 0"),
            (["tune", "images", "--model", "tiny.onnx", "--allow", "labels"], "\"labels\" cannot be allowed"),
            (["tune", "images", "--model", "tiny.onnx", "--what-if", "batch=4"], "batch-size"),
            (["tune", "images", "--model", "tiny.onnx", "--what-if", "model-workers=900"], "threads for"),
            (["tune", "a.yaml", "--model", "tiny.onnx"], "stands alone"),
        ]
        for (words, text) in cases {
            let ending = try penstock(words)
            #expect(ending.status == 2, "\(words): \(ending.status)")
            #expect(ending.error.contains(text), "\(ending.error)")
        }
    }
}
