package import PenstockCore
package import PenstockPlan

/// The layout of a folder of predictions: `part-*` beside `_penstock/`, which every reader of folders passes over.
package struct OutputFolder: Sendable {
    package let path: String
    package let format: OutputFormat

    package init(_ path: String, format: OutputFormat) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.format = format
    }

    package var bookkeeping: String { path + "/_penstock" }
    package var quarantine: String { bookkeeping + "/quarantine" }
    package var temporary: String { bookkeeping + "/tmp" }
    package var commits: String { bookkeeping + "/commits.jsonl" }
    package var report: String { bookkeeping + "/report.json" }

    /// Committed parts, in order.
    package func parts() throws(StageError) -> [String] { try Self.parts(in: path, format: format) }
    /// Committed quarantine files, in order.
    package func quarantineParts() throws(StageError) -> [String] { try Self.parts(in: quarantine, format: .parquet) }

    private static func parts(in directory: String, format: OutputFormat) throws(StageError) -> [String] {
        guard FileFacts(directory)?.kind == .directory else { return [] }
        return try FileSystem.sortedNames(in: directory)
            .filter { partNumber($0) != nil && $0.hasSuffix("." + format.rawValue) }
            .map { "\(directory)/\($0)" }
    }

    /// 12 for `part-00012.parquet`; nil for a name that Penstock does not give.
    static func partNumber(_ name: String) -> Int? {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 2, words[0].hasPrefix("part-"), OutputFormat(rawValue: String(words[1])) != nil else {
            return nil
        }
        let digits = words[0].dropFirst("part-".count)
        return digits.count >= 5 && digits.allSatisfy { ("0"..."9").contains($0) } ? Int(digits) : nil
    }

    /// The format of the parts that are there; nil when there are none.
    package static func formatOfParts(in directory: String) throws(StageError) -> OutputFormat? {
        let names = try FileSystem.sortedNames(in: directory)
        return OutputFormat.allCases.first { format in
            names.contains { partNumber($0) != nil && $0.hasSuffix("." + format.rawValue) }
        }
    }

    /// Makes the folder ready for a run, as `existing` says.
    ///
    /// - Throws: `PlanError` when it holds something and `existing` is `.refuse`, or when it cannot be written.
    package func prepare(_ existing: ExistingOutput) throws(PlanError) {
        do throws(StageError) {
            if path.contains("://") {
                throw StageError(.invalidInput, "\"\(path)\" is a URI; this version writes to local folders only.")
            }
            let names = FileFacts(path)?.kind == .directory ? try FileSystem.sortedNames(in: path) : []
            if existing == .refuse, let first = names.first, !isLeftByEmptyRun(names) {
                throw exists(count: names.count, first: first)
            }
            if existing == .overwrite, !names.isEmpty { try removeOwnFiles(names) }
            if existing == .resume, !names.isEmpty { try checkFormat() }
            try removeTemporary()
            try FileSystem.makeDirectories(temporary)
            try FileSystem.write([], to: temporary + "/probe")
            try FileSystem.remove(temporary + "/probe")
            try FileSystem.removeDirectory(temporary)  // the sink makes it again, and takes it away
        } catch {
            throw PlanError(error.message, isUsage: error.code == .invalidInput)
        }
    }

    /// Whether nothing is there but the report of a run that ended before its first commit, say because of a wrong model.
    ///
    /// While a run goes on, or when it was killed, there are temporary files, too.
    private func isLeftByEmptyRun(_ names: [String]) -> Bool {
        names == ["_penstock"] && FileFacts(commits) == nil && FileFacts(temporary) == nil
    }

    private func exists(count: Int, first: String) -> StageError {
        StageError(
            .invalidInput,
            "the output \"\(path)\" exists and is not empty (\(count) \(count == 1 ? "entry" : "entries"), such as \"\(first)\"). "
                + "Choose another folder, or pass --resume to continue that run, or --overwrite to replace it."
        )
    }

    /// Writes the report.
    package func write(report json: [UInt8]) throws(StageError) { try FileSystem.write(json, to: report) }

    private func checkFormat() throws(StageError) {
        if let other = try Self.formatOfParts(in: path), other != format {
            throw StageError(
                .invalidInput,
                "\"\(path)\" holds \(other.rawValue) parts; resume with --format \(other.rawValue)."
            )
        }
    }

    /// Removes what Penstock wrote; other people's files stay, and are a reason to stop.
    private func removeOwnFiles(_ names: [String]) throws(StageError) {
        let foreign = names.filter { $0 != "_penstock" && Self.partNumber($0) == nil }
        if let first = foreign.first {
            throw StageError(
                .inputOutput,
                "\"\(path)\" holds \"\(first)\", which Penstock did not write; --overwrite removes only its own files. Choose another folder."
            )
        }
        for name in names where Self.partNumber(name) != nil { try FileSystem.remove("\(path)/\(name)") }
        for part in try quarantineParts() { try FileSystem.remove(part) }
        for file in [commits, report] { try FileSystem.remove(file) }
    }

    /// Removes what a killed run left unfinished.
    private func removeTemporary() throws(StageError) {
        guard FileFacts(temporary)?.kind == .directory else { return }
        for name in try FileSystem.sortedNames(in: temporary) { try FileSystem.remove("\(temporary)/\(name)") }
    }
}
