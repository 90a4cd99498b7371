import ArgumentParser
import Penstock
import PenstockLedger

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `penstock runs`: the ledger of runs.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Lists the runs on this machine, with date, rate, limit and outcome.",
        discussion: """
            Every run of classify, predict, run and pack is kept with its report, unless it had --no-ledger.

            Examples:
              penstock runs
              penstock runs --model resnet50 --limit 50
              penstock runs show 12
              penstock runs forget --before 2026-01-01
            """,
        subcommands: [RunsListCommand.self, RunsShowCommand.self, RunsForgetCommand.self],
        defaultSubcommand: RunsListCommand.self
    )
}

/// `penstock runs list`, which `penstock runs` means.
struct RunsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists runs, the latest first.",
        discussion: "Example: penstock runs list --limit 50 --json"
    )

    @Option(name: .shortAndLong, help: ArgumentHelp("How many runs.", valueName: "n"))
    var limit = 20

    @Option(help: ArgumentHelp("Only runs whose model file's name has this in it.", valueName: "text"))
    var model: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit \(limit): at least 1.") }
    }

    func run() throws {
        var query = RunLedger.Query()
        query.limit = limit
        query.model = model
        let records = try RunHistory.ledger().runs(query)
        if json { return print(try RunEntry.json(records)) }
        if records.isEmpty { return print("No runs\(model.map { " of a model like \"\($0)\"" } ?? " yet").") }
        var table = TextTable(
            ["id", "date", "model", "images", "images/s", "limit", "precision", "outcome", "output"],
            rightAligned: [0, 3, 4]
        )
        for record in records {
            let model = record.model.split(separator: "/").last.map(String.init) ?? "–"
            table.add([
                "\(record.id ?? 0)", record.date.shown, Format.tail(model, 28), Format.count(record.rows),
                Format.number(record.rate), record.limit, record.precision, record.outcome,
                Format.tail(record.output, 40),
            ])
        }
        for line in table.lines(indent: "") { print(line) }
    }
}

/// `penstock runs show`: one run in full.
struct RunsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints what is known of one run.",
        discussion: "Example: penstock runs show 12 --json > report.json"
    )

    @Argument(help: "The run's number, or \"latest\".")
    var id: String

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Also print every setting with its origin and reason.")
    var verbose = false

    func run() throws {
        let run = try NamedRun(id)
        guard let number = run.id, let record = try RunHistory.ledger().run(number) else {
            throw PlanError("\"\(id)\" is no number of a run. See penstock runs.", isUsage: true)
        }
        if json { return print(record.report, terminator: "") }
        print("Run \(number), \(record.date.shown)")
        print("  command  \(record.command)")
        print("  output   \(record.output)")
        if !record.machine.isEmpty { print("  machine  \(record.machine)") }
        print("  versions \(record.versions)")
        for line in RunSummary(run.report, output: record.output, rowsAre: .rows).lines(verbose: verbose) {
            print(line)
        }
        print("Verdict: \(record.verdict)")
    }
}

/// `penstock runs forget`: removes runs from the ledger.
struct RunsForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Removes runs from the ledger; what they wrote stays.",
        discussion: "Examples: penstock runs forget 12, penstock runs forget --before 2026-01-01"
    )

    @Argument(help: "Numbers of runs.")
    var ids: [Int64] = []

    @Option(help: ArgumentHelp("Removes all that ended before this day.", valueName: "YYYY-MM-DD"))
    var before: String?

    func validate() throws {
        if ids.isEmpty == (before == nil) {
            throw ValidationError("Say which runs: numbers, or --before with a date.")
        }
        if let before, Date(day: before) == nil {
            throw ValidationError("--before \(before): a day is written as 2026-01-31.")
        }
    }

    func run() throws {
        let ledger = try RunHistory.ledger()
        if let date = before.flatMap(Date.init(day:)) {
            let count = try ledger.forget(before: date)
            return print("Forgot \(Format.count(count)) run\(count == 1 ? "" : "s").")
        }
        let missing = try ids.filter { try !ledger.forget($0) }
        if !missing.isEmpty {
            let names = missing.map { "\($0)" }.joined(separator: ", ")
            throw PlanError("the ledger has no run \(names). See penstock runs.", isUsage: true)
        }
        print("Forgot \(Format.count(ids.count)) run\(ids.count == 1 ? "" : "s").")
    }
}

extension Date {
    /// `2026-01-31 17:05:09`, in local time.
    var shown: String {
        formatted(
            ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: .current).year().month().day()
                .time(includingFractionalSeconds: false)
        )
    }

    /// The beginning of a day in local time; nil for what is not written as 2026-01-31.
    init?(day: String) {
        do { self = try ISO8601FormatStyle(timeZone: .current).year().month().day().parse(day) } catch { return nil }
    }
}
