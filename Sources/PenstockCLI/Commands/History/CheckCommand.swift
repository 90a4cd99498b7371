import ArgumentParser
import Foundation
import Penstock
import PenstockLedger

/// `penstock check`: whether a job has become slower.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says whether a job has become slower than a baseline, with an exit code for CI.",
        discussion: """
            A baseline is a number of penstock runs, an output folder, a report.json, or a file that --save made.
            With --repeat the job itself is run into a temporary folder: once to warm up, and then N times and on until the
            runs are not slower than allowed, or until 30 seconds (--patience) are over. So a check of a job that is as fast as
            before takes N + 1 runs on a quiet machine; one that is slower takes 30 seconds, if N + 1 runs do not take longer,
            and so does --save.

            Examples:
              penstock check --against 12 --max-slowdown 10%
              penstock check --save baseline.json --repeat 5 -- classify photos/ --model resnet50.onnx
              penstock check --against baseline.json --repeat 5 -- classify photos/ --model resnet50.onnx
              penstock check --against baseline.json --repeat 5 -- run pipeline.yaml

            Exit codes: 0 not slower than allowed, or not to be told from the noise; 4 slower; 2 not comparable.
            """
    )

    @Option(help: ArgumentHelp("What to compare with.", valueName: "baseline"))
    var against: String?

    @Option(help: ArgumentHelp("How much more time an image may take.", valueName: "percent"))
    var maxSlowdown = Percentage(share: 0.1)

    @Option(
        help: ArgumentHelp(
            "Compare so many runs of the same job in the ledger, on both sides.",
            valueName: "n"
        )
    )
    var runs = 1

    @Option(
        name: .customLong("repeat"),
        help: ArgumentHelp("Run the job after -- so many times at least.", valueName: "n")
    )
    var repeats: Int?

    @Option(
        help: ArgumentHelp(
            "Go on repeating for so long before a job is called slower, and for a baseline.",
            valueName: "s"
        )
    )
    var patience = 30.0

    @Option(help: ArgumentHelp("Write the measured runs to a baseline file.", valueName: "file"))
    var save: String?

    @Flag(help: "Compare even if model, machine or images differ.")
    var force = false

    @Argument(help: "The run to judge: a number, a folder, a report, or \"latest\", which is the default.")
    var run: String?

    @Argument(parsing: .postTerminator, help: "The job to repeat: classify, predict or run with its arguments.")
    var job: [String] = []

    func validate() throws {
        if against == nil, save == nil { throw ValidationError("Say --against what, or --save where to.") }
        if job.isEmpty != (repeats == nil) {
            throw ValidationError(
                "--repeat N takes the job after \"--\": --repeat 5 -- classify photos/ --model m.onnx"
            )
        }
        if run != nil, repeats != nil { throw ValidationError("Name a run, or repeat a job, not both.") }
        if let repeats, !(1...Patience.mostRuns).contains(repeats) {
            throw ValidationError("--repeat \(repeats): 1 to 1000 times.")
        }
        if !(patience >= 0 && patience <= 86_400) {
            throw ValidationError("--patience \(patience): 0 to 86400 seconds.")
        }
        if !(1...1000).contains(runs) { throw ValidationError("--runs \(runs): 1 to 1000.") }
    }

    func run() async throws {
        let baseline = try against.map { try NamedRun($0) }
        if let baseline { try refuseUnfinished(baseline) }
        let judged = try await judgedRun(baseline)
        try refuseUnfinished(judged)
        if let save {
            try write(try judged.times(withEarlier: runs, from: lowest(baseline)), judged, to: save)
        }
        guard let baseline else { return }
        let noise = try RunNoise.of(baseline, judged)
        let check = try check(baseline, judged, noise: noise)
        print(check.text)
        guard check.outcome == .slower else { return }
        print(RunDifference(baseline.report, judged.report, noise: noise).headline)
        throw ExitCode(ExitStatus.slower)
    }

    private func judgedRun(_ baseline: NamedRun?) async throws -> NamedRun {
        guard let repeats else { return try NamedRun(run ?? "latest") }
        let command = self
        let patience = Patience(runs: repeats, seconds: patience)
        let measured = try await RepeatedJob(job).measured(patience) { runs in
            guard let baseline else { return nil }
            let judged = NamedRun(name: "the repeated runs", runs)
            let noise = JobNoise(batchesOf: [baseline.report, judged.report])
            return try command.check(baseline, judged, noise: noise)
        }
        return NamedRun(name: "the repeated runs", measured)
    }

    private func lowest(_ baseline: NamedRun?) -> Int64 { baseline?.id.map { $0 + 1 } ?? 0 }

    /// - `noise`: of single runs; what both sides together show is taken first.
    private func check(_ baseline: NamedRun, _ judged: NamedRun, noise: JobNoise) throws -> SlowdownCheck {
        if !force { try refuseWhatDiffers(baseline, judged) }
        let before = try baseline.times(withEarlier: runs)
        let after = try judged.times(withEarlier: runs, from: lowest(baseline))
        let check = SlowdownCheck(
            baseline: before,
            runs: after,
            allowed: maxSlowdown.share,
            likeness: JobLikeness(baseline.report, judged.report),
            noise: JobNoise(groups: [before, after], else: noise)
        )
        guard let check else { throw PlanError("there is no rate to compare: a run wrote no rows.", isUsage: true) }
        return check
    }

    private func write(_ times: [RunTime], _ run: NamedRun, to path: String) throws {
        let data = try Baseline(times, report: run.report).json()
        try ReportFile.write(String(decoding: data, as: UTF8.self), to: path)
        print("Saved \(times.count) run\(times.count == 1 ? "" : "s") to \(path).")
    }

    private func refuseUnfinished(_ run: NamedRun) throws {
        if run.report.outcome == .done { return }
        throw PlanError(
            "\(run.name) ended as \(run.report.outcome.rawValue), so its rate says little. Name runs that are done.",
            isUsage: true
        )
    }

    private func refuseWhatDiffers(_ baseline: NamedRun, _ judged: NamedRun) throws {
        let obstacles = JobTraits(baseline.report).obstacles(to: JobTraits(judged.report))
        if obstacles.isEmpty { return }
        throw PlanError(
            "\(baseline.name) and \(judged.name) cannot be compared: \(obstacles.joined(separator: "; ")). Compare runs of the same job, or say --force.",
            isUsage: true
        )
    }
}

/// A part of a hundred: `10%`, or `10`.
struct Percentage: ExpressibleByArgument, CustomStringConvertible {
    let share: Double

    init(share: Double) { self.share = share }

    init?(argument: String) {
        let digits = argument.hasSuffix("%") ? argument.dropLast() : argument[...]
        guard let value = Double(digits.filter { $0 != " " }), value > 0, value <= 1000 else { return nil }
        share = value / 100
    }

    var description: String { "\(Format.decimal(share * 100, 0))%" }
    var defaultValueDescription: String { description }
}
