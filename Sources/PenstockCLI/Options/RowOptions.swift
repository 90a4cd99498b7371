import ArgumentParser
import Penstock

/// Which rows, in which order, and what happens to bad ones.
struct RowOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Process at most so many images.", valueName: "n"))
    var limit: Int?

    @Flag(help: "Write rows in the order in which images are listed.")
    var preserveOrder = false

    @Option(help: ArgumentHelp("Stop when more rows than this cannot be processed.", valueName: "n|p%"))
    var maxBadRows: BadRowLimit?

    @Option(help: ArgumentHelp("Try reads that fail for a passing reason so often again.", valueName: "n"))
    var retries: Int?

    @Option(help: ArgumentHelp("Price of the machine for an hour: prints what the run costs.", valueName: "price"))
    var pricePerHour: Double?

    /// Settings that were typed.
    var typed: [(name: String, isTyped: Bool)] {
        [
            ("limit", limit != nil), ("preserve-order", preserveOrder), ("max-bad-rows", maxBadRows != nil),
            ("retries", retries != nil), ("price-per-hour", pricePerHour != nil),
        ]
    }

    func apply(to options: inout RunOptions) {
        options.preservesOrder = preserveOrder
        options.maxBadRows = maxBadRows ?? options.maxBadRows
        options.retries = retries ?? options.retries
        options.pricePerHour = pricePerHour
    }
}
