import Foundation
import Penstock
import Testing

@Suite("Command line: ledger of runs", .serialized, .timeLimit(.minutes(10)))
struct HistoryTests {
    private let job: SmallJob

    init() throws { job = try SmallJob(images: 12) }

    private func penstock(_ arguments: String...) throws -> Program.Ending {
        try Program.run(arguments, in: job.folder, ["PENSTOCK_DATA": job.folder("data")])
    }

    private func classify(_ output: String, _ words: String...) throws -> Program.Ending {
        let arguments =
            ["classify", "images", "--model", "tiny.onnx", "--output", output, "--precision", "f32"] + words
        return try Program.run(arguments, in: job.folder, ["PENSTOCK_DATA": job.folder("data")])
    }

    @Test("Runs are kept, also those that fail, and listed, shown and forgotten; --no-ledger keeps none")
    func lifeOfARun() throws {
        #expect(try penstock("runs").output == "No runs yet.\n")
        #expect(try classify("a b").status == 0)
        #expect(try classify("none", "--no-ledger").status == 0)
        try job.folder.file("images/bad.jpg", text: "<!DOCTYPE html>")
        #expect(try classify("failed", "--max-bad-rows", "0").status == 3)
        let list = try penstock("runs")
        let lines = list.output.split(separator: "\n")
        try #require(lines.count == 3, "\(list.output)\(list.error)")
        #expect(lines[1].contains("too_many_bad_rows") && lines[2].contains("done") && lines[2].contains("tiny.onnx"))
        let shown = try penstock("runs", "show", "1").output
        for words in [
            "penstock classify images", "--output 'a b'", "cores", "Done: 12", "Verdict: ",
            "penstock \(PenstockVersion.current)",
        ] {
            #expect(shown.contains(words), "\(words) in \(shown)")
        }
        let report = try String(contentsOfFile: job.folder("a b/_penstock/report.json"), encoding: .utf8)
        #expect(try penstock("runs", "show", "1", "--json").output == report)
        let json = try penstock("runs", "--json", "--limit", "1").output
        let entries = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(entries.count == 1 && entries[0]["outcome"] as? String == "too_many_bad_rows")
        let unfinished = try penstock("check", "--save", "base.json")
        #expect(unfinished.status == 2 && unfinished.error.contains("run 2 ended as too_many_bad_rows"))
        #expect(!job.folder.exists("base.json"))
        #expect(try penstock("runs", "forget", "2").output == "Forgot 1 run.\n")
        #expect(try penstock("runs", "forget", "--before", "2001-01-01").output == "Forgot 0 runs.\n")
        #expect(try penstock("runs").output.split(separator: "\n").count == 2)
    }

    @Test("A ledger that cannot be written costs a line of warning, never the run; none with --quiet")
    func unwritableLedger() throws {
        try job.folder.file("data", text: "in the way")
        let ending = try classify("out")
        #expect(ending.status == 0)
        #expect(ending.error.contains("warning: this run is not in the ledger"), "\(ending.error)")
        #expect(try classify("quiet", "--quiet").error == "")
        #expect(try penstock("runs").status == 1)
    }

    @Test("Two runs are compared by number, folder and report")
    func diff() throws {
        #expect(try classify("a").status == 0)
        #expect(try classify("b", "--batch-size", "2", "--limit", "6").status == 0)
        for (first, second) in [("1", "2"), ("a", "b"), ("a/_penstock/report.json", "latest")] {
            let ending = try penstock("diff", first, second)
            #expect(ending.status == 0, "\(ending.error)")
            #expect(ending.output.hasPrefix("B is "), "\(ending.output)")
            for words in [
                "batch-size 2 instead of", "Not the same job: the numbers of rows differ (12 and 6)", "images/s",
                "decode", "ms/image A",
            ] {
                #expect(ending.output.contains(words), "\(words) in \(ending.output)")
            }
        }
        #expect(try penstock("diff", "a", "a").output.hasPrefix("B is as fast as A: 0.0 % slower"))
        for word in ["17", "nowhere"] {
            let ending = try penstock("diff", word, "a")
            #expect([1, 2].contains(ending.status) && ending.error.contains(word), "\(ending.error)")
        }
    }

    @Test("A check has exit codes: 0 fine, 4 slower than allowed, 2 not comparable")
    func check() throws {
        #expect(try classify("a").status == 0)
        try slowed(by: 1.5, "a", to: "slow.json")
        try slowed(by: 1 / 1.5, "a", to: "fast.json")
        try slowed(by: 1, "a", to: "same.json")
        #expect(try penstock("check", "--against", "slow.json", "same.json").status == 0)
        let slower = try penstock("check", "--against", "fast.json", "same.json", "--max-slowdown", "20%")
        #expect(slower.status == 4, "\(slower.error)")
        #expect(slower.output.hasPrefix("Slower than allowed: 50 % slower ± "), "\(slower.output)")
        #expect(slower.output.contains("\nB is 50 % slower"))
        #expect(try penstock("check", "--against", "fast.json", "same.json", "--max-slowdown", "60%").status == 0)
        #expect(try classify("few", "--limit", "6").status == 0)
        let other = try penstock("check", "--against", "1")
        #expect(other.status == 2 && other.error.contains("the numbers of rows differ (12 and 6)"), "\(other.error)")
        #expect(try [0, 4].contains(penstock("check", "--against", "1", "--force", "--max-slowdown", "900%").status))
        #expect(try penstock("check", "--against", "1", "1").status == 0)
        #expect(try penstock("check").status == 2)
        #expect(try penstock("check", "--against", "1", "--max-slowdown", "fast").status == 2)
        #expect(try penstock("check", "--against", "1", "--patience", "-1").status == 2)
    }

    @Test("A job is repeated into a temporary folder, saved as a baseline, and checked against it")
    func repeats() throws {
        let small = ["--", "classify", "images", "--model", "tiny.onnx", "--precision", "f32"]
        let words = ["--repeat", "3", "--patience", "0"] + small
        let environment = ["PENSTOCK_DATA": job.folder("data"), "TMPDIR": try job.folder.folder("temporary")]
        let saved = try Program.run(["check", "--save", "base.json"] + words, in: job.folder, environment)
        #expect(saved.status == 0 && saved.output == "Saved 3 runs to base.json.\n", "\(saved.output)\(saved.error)")
        #expect(saved.error.split(separator: "\n").count == 3)
        let arguments = ["check", "--against", "base.json", "--max-slowdown", "1000%"] + words
        let checked = try Program.run(arguments, in: job.folder, environment)
        #expect(checked.status == 0 && checked.output.contains("the quiet ones of 3 runs"), "\(checked)")
        #expect(checked.output.contains("cores kept busy"), "\(checked)")
        let longer = ["check", "--save", "longer.json", "--repeat", "3", "--patience", "1"] + small
        let patient = try Program.run(longer, in: job.folder, environment)
        #expect(patient.error.split(separator: "\n").count > 3, "\(patient.error)")
        #expect(try job.folder.entries("temporary").isEmpty && !job.folder.exists("unused"))
        #expect(try penstock("runs").output == "No runs yet.\n")
        #expect(try penstock("check", "--save", "x", "--repeat", "2", "--", "show", "a").status == 2)
    }

    /// A report of a run that was slower by a factor than one there is.
    private func slowed(by factor: Double, _ output: String, to path: String) throws {
        var report = try RunReport(contentsOf: job.folder(output))
        report.imagesPerSecond /= factor
        report.batchLatencyMs = LatencyReport(p50: 1, p95: 1, p99: 1)  // the noise is then the least that is assumed
        try report.json().write(toFile: job.folder(path), atomically: true, encoding: .utf8)
    }
}
