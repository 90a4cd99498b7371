import Foundation
import Penstock

/// What a user types next to have the changes of all findings at once.
enum NextCommand {
    /// The last lines of a run's summary; none where no setting is to be changed.
    static func lines(_ changes: SettingChanges, _ job: Job, typed: [String] = CommandLine.arguments) -> [String] {
        if changes.values.isEmpty { return [] }
        switch job.settingsAre {
        case .elsewhere: return []
        case .file(let path):
            return [
                "Next: \(text([typed[0], "doctor", path, "--fix"]))",
                "  writes a file with all of these changes, and measures what they gain",
            ]
        case .flags, .fileAndSets:
            let words = job.settingsAre == .flags ? edited(typed, changes) : set(typed, changes)
            return ["Next: \(text(replacing(words)))", "  the same job with all of these changes"]
        }
    }

    /// Runs a pipeline file, in place of what an earlier run wrote.
    static func run(_ path: String, _ table: WriteTable, program: String = CommandLine.arguments[0]) -> String {
        let isThere = !table.directory.contains("://") && FileManager.default.fileExists(atPath: table.directory)
        let replacing = isThere && table.existing == .refuse ? ["--overwrite"] : []
        return text([program, "run", path] + replacing)
    }

    /// Words of a command line with changed flags; what is left to Penstock has none.
    static func edited(_ words: [String], _ changes: SettingChanges) -> [String] {
        var (words, behind) = parted(words)
        for (name, value) in changes.values.sorted(by: { $0.key < $1.key }) {
            words = without("--\(name)", words)
            if value != "auto" { words += ["--\(name)", value] }
        }
        return words + behind
    }

    /// The words of `run` with further `--set`, of which the last counts.
    private static func set(_ words: [String], _ changes: SettingChanges) -> [String] {
        var (words, behind) = parted(words)
        for (name, value) in changes.values.sorted(by: { $0.key < $1.key }) {
            // The format of a file is the key of its folder, which only an editor can rename.
            if name == "format" { continue }
            words += ["--set", "\(name)=\(FindingText.takesNoAuto.contains(name) && value == "auto" ? "" : value)"]
        }
        return words + behind
    }

    /// The words, and from `--` on those that are no flags.
    private static func parted(_ words: [String]) -> (flags: [String], behind: [String]) {
        let end = words.firstIndex(of: "--") ?? words.endIndex
        return (Array(words[..<end]), Array(words[end...]))
    }

    private static func without(_ flag: String, _ words: [String]) -> [String] {
        var kept: [String] = []
        var isValue = false
        for word in words {
            if !isValue, word != flag, !word.hasPrefix("\(flag)=") { kept.append(word) }
            isValue = !isValue && word == flag
        }
        return kept
    }

    /// The run has written its output, and the next one is to replace that.
    private static func replacing(_ words: [String]) -> [String] {
        let (flags, behind) = parted(words)
        return flags.filter { !["--resume", "--overwrite"].contains($0) } + ["--overwrite"] + behind
    }

    private static func text(_ words: [String]) -> String {
        words.map(\.withoutKeys.quotedForShell).joined(separator: " ")
    }
}
