import ArgumentParser
import Penstock

/// `penstock show`: look at written predictions.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints rows that an earlier run wrote.",
        discussion: """
            Examples:
              penstock show predictions/
              penstock show predictions/ --rows 50
              penstock show predictions/ --quarantine
            """
    )

    @Argument(help: "A folder of predictions.")
    var directory: String

    @Option(name: .shortAndLong, help: ArgumentHelp("How many rows.", valueName: "n"))
    var rows = 10

    @Flag(help: "Show the rows that could not be processed, with stage and reason.")
    var quarantine = false

    @Option(
        help: ArgumentHelp(
            "CSV file with columns file and index: prints the share of right predictions.",
            valueName: "file"
        )
    )
    var truth: String?

    func validate() throws {
        if rows < 0 { throw ValidationError("--rows \(rows): it is 0 or more.") }
    }

    func run() throws {
        let blocks =
            quarantine
            ? try Predictions.quarantined(in: directory, atMost: rows)
            : try Predictions(in: directory).rows(atMost: rows)
        let shown = blocks.reduce(0) { $0 + $1.rowCount }
        if shown > 0 {
            for line in TextTable(blocks, pathWidth: quarantine ? 100 : 60).lines(indent: "") { print(line) }
        }
        if quarantine {
            print(shown == 0 ? "No rows are in quarantine." : "\(shown) rows shown.")
            return
        }
        let predictions = try Predictions(in: directory)
        let total = try predictions.rowCount().map { " of \(Format.count($0))" } ?? ""
        print(
            "\(Format.count(shown))\(total) rows, \(predictions.partCount) \(predictions.format.rawValue) part\(predictions.partCount == 1 ? "" : "s")"
        )
        guard let truth else { return }
        let accuracy = try predictions.accuracy(against: truth)
        print(
            "Top-1 \(Format.percent(accuracy.share)) (\(Format.count(accuracy.correct)) of \(Format.count(accuracy.known)) labelled images)"
        )
    }
}
