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
            With --repeat the job itself is run, once to warm up and then N times, into a temporary folder.

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
            "Take the median of so many runs of the same job in the ledger, on both sides.",
            valueName: "n"
        )
    )
    var runs = 1

    @Option(name: .customLong("repeat"), help: ArgumentHelp("Run the job after -- so many times.", valueName: "n"))
    var repeats: Int?

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
        if let repeats, !(1...1000).contains(repeats) { throw ValidationError("--repeat \(repeats): 1 to 1000 times.") }
        if !(1...1000).contains(runs) { throw ValidationError("--runs \(runs): 1 to 1000.") }
    }

    func run() async throws {
        let baseline = try against.map { try NamedRun($0) }
        let judged = try await judgedRun()
        let lowest = baseline?.id.map { $0 + 1 } ?? 0
        let times = try judged.milliseconds(withEarlier: runs, from: lowest)
        if let save { try write(times, judged, to: save) }
        guard let baseline else { return }
        try refuseWhatDiffers(baseline, judged)
        let before = try baseline.milliseconds(withEarlier: runs)
        guard !before.isEmpty, !times.isEmpty else {
            throw PlanError("there is no rate to compare: a run wrote no rows.", isUsage: true)
        }
        let noise = try Noise(groups: [before, times]) ?? RunNoise.of(baseline, judged)
        let check = SlowdownCheck(baseline: before, runs: times, allowed: maxSlowdown.share, noise: noise)
        print(check.text)
        guard check.outcome == .slower else { return }
        print(RunDifference(baseline.report, judged.report, noise: noise).headline)
        throw ExitCode(ExitStatus.slower)
    }

    private func judgedRun() async throws -> NamedRun {
        guard let repeats else { return try NamedRun(run ?? "latest") }
        let baseline = try await RepeatedJob(job).measured(repeats)
        return NamedRun(name: "\(repeats) runs", baseline)
    }

    private func write(_ times: [Double], _ run: NamedRun, to path: String) throws {
        let rates = times.map { 1000 / $0 }
        let data = try Baseline(imagesPerSecond: rates, report: run.report).json()
        try ReportFile.write(String(decoding: data, as: UTF8.self), to: path)
        print("Saved \(rates.count) run\(rates.count == 1 ? "" : "s") to \(path).")
    }

    private func refuseWhatDiffers(_ baseline: NamedRun, _ judged: NamedRun) throws {
        for run in [baseline, judged] where run.report.outcome != .done {
            throw PlanError(
                "\(run.name) ended as \(run.report.outcome.rawValue), so its rate says little. Name runs that are done.",
                isUsage: true
            )
        }
        let obstacles = JobTraits(baseline.report).obstacles(to: JobTraits(judged.report))
        if obstacles.isEmpty || force { return }
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
