import Foundation
import Penstock
import Testing

@Suite("Command line: what it does", .serialized, .timeLimit(.minutes(10)))
struct CommandTests {
    private let job: SmallJob

    init() throws { job = try SmallJob(images: 12) }

    private func penstock(_ arguments: String...) throws -> Program.Ending {
        try Program.run(arguments, in: job.folder)
    }

    private func classify(_ words: String...) throws -> Program.Ending {
        try Program.run(["classify", "images", "--model", "tiny.onnx", "--output", "out"] + words, in: job.folder)
    }

    @Test("Every subcommand explains itself with an example")
    func helpHasExamples() throws {
        let root = try penstock("--help")
        #expect(root.status == 0)
        #expect(root.output.contains("Examples:"))
        let section = try #require(root.output.range(of: "SUBCOMMANDS:"))
        let commands = root.output[section.upperBound...].split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("  "), line.dropFirst(2).first?.isLetter == true else { return nil }
            return line.split(separator: " ").first.map(String.init)
        }.filter { $0 != "See" }
        #expect(Set(commands).isSuperset(of: ["classify", "show", "explain", "backends", "samples", "model"]))
        for command in commands {
            let help = try penstock(command, "--help")
            #expect(help.status == 0)
            #expect(help.output.contains("Example"), "\(command)")
            #expect(help.output.contains("penstock \(command)"), "\(command)")
        }
    }

    @Test("The version and completion scripts are printed")
    func versionAndCompletions() throws {
        #expect(try penstock("--version").output == "penstock \(PenstockVersion.current)\n")
        for shell in ["bash", "zsh", "fish"] {
            let script = try penstock("--generate-completion-script", shell)
            #expect(script.status == 0)
            #expect(script.output.contains("classify") && script.output.contains("batch-size"), "\(shell)")
        }
    }

    @Test("An output folder with a slash at its end is printed as it was typed, and its report without a second one")
    func slashes() throws {
        let words = ["classify", "images", "--model", "tiny.onnx", "--precision", "f32", "--limit", "4"]
        let ending = try Program.run(words + ["--output", "out/"], in: job.folder)
        #expect(ending.output.contains("Output   out/ (report: out/_penstock/report.json)"), "\(ending.output)")
    }

    @Test("A run prints rows, rate, latency, memory, stages, five predictions and ends with the verdict")
    func summary() throws {
        let ending = try classify("--report", "copy.json", "--precision", "f32")
        #expect(ending.status == 0, "\(ending.error)")
        for words in [
            "Done: 12 images", "images/s", "read 12, written 12, quarantined 0", "p50", "p99", "peak", "tiny.onnx",
        ] {
            #expect(ending.output.contains(words), "\(words) in \(ending.output)")
        }
        #expect(ending.endsWithVerdict, "\(ending.output)")
        let samples = ending.output.split(separator: "\n").filter { $0.contains("images/00") }
        #expect(samples.count == 5)
        let copy = try String(contentsOfFile: job.folder("copy.json"), encoding: .utf8)
        #expect(try copy == String(contentsOfFile: job.folder("out/_penstock/report.json"), encoding: .utf8))
        #expect(try RunReport(contentsOf: job.folder("out")).settings["precision"]?.origin == "flag")
    }

    @Test("With --quiet nothing is printed; with --verbose every setting is")
    func quietAndVerbose() throws {
        let quiet = try classify("--quiet")
        #expect((quiet.status, quiet.output, quiet.error) == (0, "", ""))
        let verbose = try classify("--overwrite", "--verbose", "--batch-size", "3")
        #expect(verbose.output.contains("one stream for each core"))
        #expect(verbose.output.contains { $0.isNewline })
        let line = try #require(verbose.output.split(separator: "\n").first { $0.contains("batch-size") })
        #expect(line.contains("3") && line.contains("flag"))
    }

    @Test("Bad images are told with their reasons, and shown again")
    func quarantineIsTold() throws {
        try job.folder.file("images/bad.jpg", text: "<!DOCTYPE html>")
        let ending = try classify("--max-bad-rows", "1")
        #expect(ending.status == 0, "\(ending.error)")
        #expect(ending.output.contains("Quarantined: 1 row"))
        #expect(ending.output.contains("images/bad.jpg"))
        let shown = try penstock("show", "out", "--quarantine")
        #expect(shown.status == 0)
        #expect(shown.output.contains("images/bad.jpg") && shown.output.contains("HTML"), "\(shown.output)")
    }

    @Test("Written rows are shown, with the share of right ones when the truth is known")
    func show() throws {
        #expect(try classify("--top-k", "2").status == 0)
        let rows = try writtenRows(job.folder("out"))
        let truth = rows.enumerated().map { index, row in "\(row.name),\(index < 9 ? row.predictedClass : 99)" }
        try job.folder.file("truth.csv", text: "file,index\n" + truth.joined(separator: "\n") + "\n")
        let ending = try penstock("show", "out", "--rows", "4", "--truth", "truth.csv")
        #expect(ending.status == 0, "\(ending.error)")
        #expect(ending.output.split(separator: "\n").filter { $0.contains("images/00") }.count == 4)
        #expect(ending.output.contains("4 of 12 rows, 1 parquet part\n"))
        #expect(ending.output.contains("75.0 % (9 of 12 labelled images)"), "\(ending.output)")
        #expect(try penstock("show", "out", "--rows", "0").output == "0 of 12 rows, 1 parquet part\n")
    }

    @Test("Explaining runs nothing and reads nothing")
    func explain() throws {
        let ending = try penstock(
            "explain",
            "nowhere",
            "--model",
            "absent.onnx",
            "--output",
            "out",
            "--batch-size",
            "32"
        )
        #expect(ending.status == 0, "\(ending.error)")
        for words in ["Logical plan", "Physical plan", "Settings", "nowhere", "batch-size", "32", "flag"] {
            #expect(ending.output.contains(words), "\(words)")
        }
        #expect(!job.folder.exists("out") && !job.folder.exists("cache"))
    }

    @Test("Order, limit and format reach the run", arguments: [("csv", 5), ("jsonl", 12)])
    func optionsReachTheRun(format: String, limit: Int) throws {
        let ending = try classify("--preserve-order", "--limit", "\(limit)", "--format", format, "--memory", "1GiB")
        #expect(ending.status == 0, "\(ending.error)")
        #expect(try partNames(job.folder("out")) == ["part-00000.\(format)"])
        let expected = job.images.prefix(limit).map { "images/" + URL(filePath: $0).lastPathComponent }
        #expect(try writtenRows(job.folder("out")).map(\.path) == expected)
    }

    @Test("A run can be continued from the command line")
    func resume() throws {
        #expect(try classify("--limit", "5").status == 0)
        let ending = try classify("--resume")
        #expect(
            ending.output.contains("written 7") && ending.output.contains("skipped 5 (already written)"),
            "\(ending.output)"
        )
        #expect(try Set(writtenRows(job.folder("out")).map(\.path)).count == 12)
    }

    @Test("The devices here are listed")
    func backends() throws {
        let ending = try penstock("backends")
        #expect(ending.status == 0, "\(ending.error)")
        #expect(ending.output.hasPrefix("openvino 2026."))
        #expect(ending.output.contains("CPU"))
    }

    @Test(
        "All of realdata/odd stays below the memory that was given",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func oddFilesStayWithinMemory() throws {
        let arguments = [
            "classify", RealData.path("odd"), "--model", "tiny.onnx", "--output", "out", "--memory", "1GiB",
        ]
        let ending = try Program.run(arguments + ["--max-bad-rows", "1000"], in: job.folder)
        #expect(ending.status == 0, "\(ending.error)")
        let report = try RunReport(contentsOf: job.folder("out"))
        #expect(report.rowsRead == 368)
        #expect(report.rowsWritten + report.rowsQuarantined == 368)
        #expect(report.peakRssBytes < 1 << 30)
    }
}
