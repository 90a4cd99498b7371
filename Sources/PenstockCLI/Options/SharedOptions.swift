import ArgumentParser
import Penstock

/// What every command that runs a model takes.
struct SharedOptions: ParsableArguments {
    @OptionGroup(title: "Preprocessing")
    var preprocessing: PreprocessingOptions

    @OptionGroup(title: "Speed")
    var speed: SpeedOptions

    @OptionGroup(title: "Rows")
    var rows: RowOptions

    @OptionGroup var writing: WritingOptions

    /// Options of the run, without those of one command.
    func runOptions(_ origin: (String) -> SettingOrigin = { _ in .flag }) -> RunOptions {
        var options = RunOptions()
        speed.apply(to: &options, origin)
        rows.apply(to: &options)
        options.cacheDirectory = UserFolders.cache
        options.backendLibrary = UserFolders.backendLibrary
        for name in typed { options.origins[name] = origin(name) }
        return options
    }

    /// Names of the settings that were typed.
    var typed: [String] {
        (preprocessing.typed + speed.typed + rows.typed + writing.typed).filter(\.isTyped).map(\.name)
    }
}

/// How files are written.
struct WritingOptions: ParsableArguments {
    @Option(help: "Files to write: parquet, csv or jsonl.")
    var format: OutputFormat?

    @Flag(help: "Continue an interrupted run: rows that are already written are left out.")
    var resume = false

    @Flag(help: "Replace what an earlier run wrote.")
    var overwrite = false

    func validate() throws {
        if resume && overwrite { throw ValidationError("--resume and --overwrite contradict each other.") }
    }

    /// What these words say about an output that is there already; nil: nothing.
    var existing: ExistingOutput? { resume ? .resume : overwrite ? .overwrite : nil }

    /// Settings that were typed.
    var typed: [(name: String, isTyped: Bool)] {
        [("format", format != nil), ("existing-output", existing != nil)]
    }

    /// The sink.
    func table(_ directory: String) -> WriteTable {
        WriteTable(directory: directory, format: format ?? .parquet, existing: existing ?? .refuse)
    }
}
