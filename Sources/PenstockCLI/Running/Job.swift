import Penstock

/// All that a command runs or explains: rows, where they go, and how.
struct Job: Sendable {
    /// The dataset before its sink.
    var dataset: Dataset
    /// The sink.
    var table: WriteTable
    /// Options of the run, each with its origin.
    var options: RunOptions
    /// What a row is called in summaries.
    var rowsAre = RowWord.images
    /// The settings of a tuned profile that are used, and why; nil: none is.
    var profile: String?
    /// What is said with `--verbose`.
    var remarks: [String] = []

    /// The plan and every setting, for people.
    func explanation() throws(PlanError) -> String { try dataset.writing(table).explain(options: options) }
}

/// What a row is.
enum RowWord: String, Sendable {
    case images, rows
}
