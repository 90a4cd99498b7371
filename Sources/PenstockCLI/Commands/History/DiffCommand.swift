import ArgumentParser
import Penstock
import PenstockLedger

/// `penstock diff`: two runs side by side.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compares two runs: which is faster and why, setting by setting and stage by stage.",
        discussion: """
            A and B are numbers of penstock runs, "latest", output folders, or report.json files. Times are for one image.

            Examples:
              penstock diff 11 12
              penstock diff predictions/ latest
              penstock diff old/_penstock/report.json new/_penstock/report.json
            """
    )

    @Argument(help: "The first run.")
    var a: String

    @Argument(help: "The second run.")
    var b: String

    func run() throws {
        let (first, second) = (try NamedRun(a), try NamedRun(b))
        let difference = RunDifference(first.report, second.report, noise: try RunNoise.of(first, second))
        print(difference.headline)
        let obstacles = JobTraits(first.report).obstacles(to: JobTraits(second.report))
        if !obstacles.isEmpty { print("Not the same job: \(obstacles.joined(separator: "; ")).") }
        for line in DifferenceTables(difference, first, second).lines { print(line) }
    }
}

/// The tables below the first line.
struct DifferenceTables {
    private let difference: RunDifference
    private let first: NamedRun
    private let second: NamedRun

    init(_ difference: RunDifference, _ first: NamedRun, _ second: NamedRun) {
        self.difference = difference
        self.first = first
        self.second = second
    }

    /// Rates, stages, settings, facts.
    var lines: [String] {
        var lines = [""] + rates.lines() + [""] + stages.lines()
        if !difference.settings.isEmpty { lines += [""] + table("setting", difference.settings).lines() }
        if !difference.facts.isEmpty { lines += [""] + table("also differs", difference.facts).lines() }
        return lines
    }

    private var rates: TextTable {
        var table = TextTable(["", "A: \(first.name)", "B: \(second.name)"], rightAligned: [1, 2])
        let reports = [first.report, second.report]
        func add(_ name: String, _ value: (RunReport) -> String) { table.add([name] + reports.map(value)) }
        add("rows written") { Format.count($0.rowsWritten) }
        add("images/s") { Format.number($0.imagesPerSecond) }
        add("wall") { Format.duration($0.wallSeconds) }
        add("CPU per image") {
            $0.rowsWritten > 0 ? "\(Format.decimal($0.cpuSeconds * 1000 / Double($0.rowsWritten), 2)) ms" : "–"
        }
        add("batch p50 / p95") {
            "\(Format.decimal($0.batchLatencyMs.p50, 1)) / \(Format.decimal($0.batchLatencyMs.p95, 1)) ms"
        }
        add("peak memory") { "\(Bytes($0.peakRssBytes))" }
        add("limit") { $0.verdict.limitingStage }
        return table
    }

    private var stages: TextTable {
        var table = TextTable(
            [
                "stage", "ms/image A", "B", "change", "busy A", "B", "starved A", "B", "held A", "B", "held by",
                "workers",
            ],
            rightAligned: Set(1...9)
        )
        for pair in difference.stages {
            let costs = [pair.first, pair.second]
            func both(_ value: (StageCost) -> String) -> [String] { costs.map { $0.map(value) ?? "–" } }
            let change = pair.ratio.map { ($0 < 1 ? "-" : "+") + Format.percent(abs($0 - 1), places: 0) } ?? ""
            let held = costs.compactMap { $0?.heldBy }.filter { !$0.isEmpty }
            let workers = both { "\($0.workers)" }
            let cells =
                [pair.name] + both { Format.decimal($0.milliseconds, 3) } + [change]
                + both { Format.percent($0.busy, places: 0) } + both { Format.percent($0.starved, places: 0) }
                + both { Format.percent($0.held, places: 0) }
            table.add(
                cells + [held.last ?? "", workers[0] == workers[1] ? workers[0] : workers.joined(separator: " → ")]
            )
        }
        return table
    }

    private func table(_ title: String, _ facts: [RunDifference.Fact]) -> TextTable {
        var table = TextTable([title, "A", "B"])
        for fact in facts { table.add([fact.name, fact.first, fact.second]) }
        return table
    }
}
