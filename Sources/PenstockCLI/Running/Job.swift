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
    /// How its settings are changed by somebody who types.
    var settingsAre = SettingPlace.elsewhere

    /// The plan and every setting, for people.
    func explanation() throws(PlanError) -> String { try dataset.writing(table).explain(options: options) }
}

/// Where the settings of a job stand.
enum SettingPlace: Sendable, Hashable {
    /// In flags of the command line, as `classify` and `predict` have them.
    case flags
    /// In a pipeline file, and nowhere else.
    case file(String)
    /// In a pipeline file, and in `--set` on top of it.
    case fileAndSets
    /// Where no user can change them.
    case elsewhere
}

/// What a row is.
enum RowWord: String, Sendable {
    case images, rows
}
