package import PenstockCore
package import PenstockPlan

/// The layout of a folder of predictions: `part-*`, or `column=value/…/part-*` where the rows are partitioned, beside
/// `_penstock/`, which every reader of folders passes over.
///
/// The folder may be in a store (`s3://…`); then `path` has neither keys nor options.
package struct OutputFolder: Sendable {
    package let path: String
    package let format: OutputFormat
    let files: StoreAccess
    /// The folder, if it is in a store.
    let remote: RemoteFolder?
    /// Why the path is neither here nor in a store.
    private let refusal: StageError?

    package init(_ path: String, format: OutputFormat, files: StoreAccess = StoreAccess()) {
        var local = path
        var remote: RemoteFolder?
        var refusal: StageError?
        do throws(StageError) {
            let location = try Location(path)
            if let plain = location.localPath {
                local = plain
            } else {
                let folder = location.prefix(parts: location.encodedParts.count)
                remote = RemoteFolder(location: folder, files: files)
            }
        } catch {
            refusal = error
        }
        let trimmed = local.count > 1 && local.hasSuffix("/") ? String(local.dropLast()) : local
        self.path = remote?.location.description ?? trimmed
        self.format = format
        self.files = files
        self.remote = remote
        self.refusal = refusal
    }

    package var bookkeeping: String { path + "/_penstock" }
    package var quarantine: String { bookkeeping + "/quarantine" }
    package var temporary: String { bookkeeping + "/tmp" }
    package var commits: String { bookkeeping + "/commits.jsonl" }
    package var report: String { bookkeeping + "/report.json" }

    /// Committed parts, in order, those of partitions among them.
    package func parts() throws(StageError) -> [String] {
        guard let remote else { return try Self.parts(in: path, ending: format.rawValue) }
        let names = Self.partNames(try remote.names()).filter { $0.hasSuffix("." + format.rawValue) }
        return names.map { remote.location.appending($0).description }
    }

    /// Committed quarantine files, in order.
    package func quarantineParts() throws(StageError) -> [String] {
        guard let remote else { return try Self.parts(in: quarantine, ending: Self.quarantineEnding) }
        return try Self.quarantineNames(in: remote).map { remote.location.appending($0).description }
    }

    /// What quarantine files are called, which are Parquet: DuckDB reads whatever ends in `.parquet` below a folder, also in
    /// folders that begin with `_`.
    static let quarantineEnding = "quarantine"

    private static func parts(in directory: String, ending: String) throws(StageError) -> [String] {
        var parts: [String] = []
        try visitParts(in: directory) { path, name in
            if name.hasSuffix("." + ending) { parts.append(path) }
        }
        return parts
    }

    /// Calls `body` with path and name of every part in a folder and its partitions.
    private static func visitParts(
        in directory: String,
        _ body: (_ path: String, _ name: String) -> Void
    ) throws(StageError) {
        guard FileFacts(directory)?.kind == .directory else { return }
        for name in try FileSystem.sortedNames(in: directory) {
            let path = "\(directory)/\(name)"
            if partNumber(name) != nil {
                body(path, name)
            } else if isPartition(name) {
                try visitParts(in: path, body)
            }
        }
    }

    /// Whether a name is that of a partition: `column=value`.
    static func isPartition(_ name: String) -> Bool {
        !name.hasPrefix("_") && !name.hasPrefix(".") && name.contains("=")
    }

    /// 12 for `part-00012.parquet`; nil for a name that Penstock does not give.
    static func partNumber(_ name: String) -> Int? {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 2, words[0].hasPrefix("part-"),
            OutputFormat(rawValue: String(words[1])) != nil || words[1] == quarantineEnding
        else { return nil }
        let digits = words[0].dropFirst("part-".count)
        return digits.count >= 5 && digits.allSatisfy { ("0"..."9").contains($0) } ? Int(digits) : nil
    }

    /// The format of the parts that are there; nil when there are none.
    package static func formatOfParts(
        in directory: String,
        files: StoreAccess = StoreAccess()
    ) throws(StageError) -> OutputFormat? {
        var found: Set<OutputFormat> = []
        func note(_ name: String) {
            if let ending = name.split(separator: ".").last, let format = OutputFormat(rawValue: String(ending)) {
                found.insert(format)
            }
        }
        let folder = OutputFolder(directory, format: .parquet, files: files)
        if let remote = folder.remote {
            partNames(try remote.names()).forEach(note)
        } else {
            try visitParts(in: folder.path) { _, name in note(name) }
        }
        return OutputFormat.allCases.first(where: found.contains)
    }

    /// Makes the folder ready for a run, as `existing` says.
    ///
    /// - Throws: `PlanError` when it holds something and `existing` is `.refuse`, or when it cannot be written.
    package func prepare(_ existing: ExistingOutput) throws(PlanError) {
        do throws(StageError) {
            if let refusal { throw StageError(.invalidInput, refusal.message) }
            if let remote { return try prepare(remote, existing) }
            let names = FileFacts(path)?.kind == .directory ? try FileSystem.sortedNames(in: path) : []
            let isLeftByFailedRun = try isLeftByFailedRun(names)
            if existing == .refuse, let first = names.first, !isLeftByEmptyRun(names), !isLeftByFailedRun {
                throw exists(count: names.count, first: first)
            }
            if existing == .overwrite || (existing == .refuse && isLeftByFailedRun), !names.isEmpty {
                try removeOwnFiles()
            }
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

    /// Whether nothing is there but quarantine and report of a run that failed before it committed a row: it has no result
    /// that could be lost or continued.
    private func isLeftByFailedRun(_ names: [String]) throws(StageError) -> Bool {
        guard names == ["_penstock"], FileFacts(temporary) == nil, FileFacts(commits) != nil, FileFacts(report) != nil
        else { return false }
        let lines = String(decoding: try FileSystem.contents(of: commits, atMost: .mebibytes(64)), as: UTF8.self)
        guard lines.split(separator: "\n").allSatisfy({ $0.hasPrefix("{\"part\":null,") }) else { return false }
        let json = String(decoding: try FileSystem.contents(of: report, atMost: .mebibytes(64)), as: UTF8.self)
        return Self.isFailure(report: json)
    }

    /// Whether a report is that of a run that failed.
    static func isFailure(report json: String) -> Bool {
        let words = json.split(separator: "\"")
        guard let key = words.firstIndex(of: "outcome"), words.indices.contains(key + 2) else { return false }
        return words[key + 2] == "failed" || words[key + 2] == "too_many_bad_rows"
    }

    func exists(count: Int, first: String) -> StageError {
        StageError(
            .invalidInput,
            "the output \"\(path)\" exists and is not empty (\(count) \(count == 1 ? "entry" : "entries"), such as \"\(first)\"). "
                + "Choose another folder, or pass --resume to continue that run, or --overwrite to replace it."
        )
    }

    /// Writes the report.
    package func write(report json: [UInt8]) throws(StageError) {
        if let remote {
            try remote.write(json, to: "_penstock/report.json")
        } else {
            try FileSystem.write(json, to: report)
        }
    }

    func checkFormat() throws(StageError) {
        let directory = remote?.location.withSecrets ?? path
        if let other = try Self.formatOfParts(in: directory, files: files), other != format {
            throw StageError(
                .invalidInput,
                "\"\(path)\" holds \(other.rawValue) parts; resume with --format \(other.rawValue)."
            )
        }
    }

    /// Removes what Penstock wrote; other people's files stay, and are a reason to stop before anything is removed.
    private func removeOwnFiles() throws(StageError) {
        try requireOwnFiles(in: path)
        try removeParts(in: path)
        for part in try quarantineParts() { try FileSystem.remove(part) }
        for file in [commits, report] { try FileSystem.remove(file) }
    }

    private func requireOwnFiles(in directory: String) throws(StageError) {
        for name in try FileSystem.sortedNames(in: directory) where Self.partNumber(name) == nil {
            let inner = "\(directory)/\(name)"
            if name == "_penstock", directory == path { continue }
            if Self.isPartition(name), FileFacts(inner)?.kind == .directory {
                try requireOwnFiles(in: inner)
                continue
            }
            throw StageError(
                .inputOutput,
                "\"\(directory)\" holds \"\(name)\", which Penstock did not write; --overwrite removes only its own files. Choose another folder."
            )
        }
    }

    private func removeParts(in directory: String) throws(StageError) {
        for name in try FileSystem.sortedNames(in: directory) {
            let inner = "\(directory)/\(name)"
            if Self.partNumber(name) != nil {
                try FileSystem.remove(inner)
            } else if Self.isPartition(name) {
                try removeParts(in: inner)
                try FileSystem.removeDirectory(inner)
            }
        }
    }

    /// Removes what a killed run left unfinished.
    private func removeTemporary() throws(StageError) {
        guard FileFacts(temporary)?.kind == .directory else { return }
        for name in try FileSystem.sortedNames(in: temporary) { try FileSystem.remove("\(temporary)/\(name)") }
    }
}
