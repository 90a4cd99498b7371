package import PenstockCore
package import PenstockPlan

/// Output in a store: parts get their names at once, as an object appears whole or not at all, and nothing is renamed.
///
/// Objects cannot be added to, so each commit is an object of its own, and so is `run.json`: it shows that the folder can be
/// written to, and, while there is no report, that a run is at work there or was killed.
extension OutputFolder {
    private static let commitsFolder = "_penstock/commits"
    private static let quarantineFolder = "_penstock/quarantine"
    private static let reportName = "_penstock/report.json"
    private static let runName = "_penstock/run.json"

    /// Relative paths of parts, those of partitions among them.
    static func partNames(_ names: [String]) -> [String] { names.filter(isPart) }

    private static func isPart(_ name: String) -> Bool {
        let words = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let last = words.last, partNumber(last) != nil else { return false }
        return words.dropLast().allSatisfy(isPartition)
    }

    /// Relative paths of quarantine files.
    static func quarantineNames(in remote: RemoteFolder) throws(StageError) -> [String] {
        let prefix = quarantineFolder + "/"
        return try remote.names(below: quarantineFolder).filter {
            $0.hasPrefix(prefix) && isPart(String($0.dropFirst(prefix.count)))
        }
    }

    /// Makes a folder of a store ready for a run.
    func prepare(_ remote: RemoteFolder, _ existing: ExistingOutput) throws(StageError) {
        let names = try remote.names()
        let isWithoutResult = try isWithoutResult(names, remote)
        if existing == .refuse, !names.isEmpty, !isWithoutResult {
            let entries = Set(names.map { $0.split(separator: "/").first.map(String.init) ?? $0 }).sorted()
            throw exists(count: entries.count, first: entries[0])
        }
        switch existing {
        case .resume: if !names.isEmpty { try checkFormat() }
        case .refuse, .overwrite: try removeOwnFiles(names, remote)
        }
        try remote.write(Array("{\"format\":\"\(format.rawValue)\"}\n".utf8), to: Self.runName)
    }

    /// Whether a run ended there before it committed a row, with nothing that could be lost or continued.
    private func isWithoutResult(_ names: [String], _ remote: RemoteFolder) throws(StageError) -> Bool {
        guard names.allSatisfy({ $0.hasPrefix("_penstock/") }), names.contains(Self.reportName) else { return false }
        let commits = names.filter { $0.hasPrefix(Self.commitsFolder + "/") }
        if commits.isEmpty { return true }
        guard commits.allSatisfy({ $0.hasPrefix(Self.commitsFolder + "/quarantine-") }) else { return false }
        return Self.isFailure(report: String(decoding: try remote.contents(of: Self.reportName), as: UTF8.self))
    }

    /// Removes what Penstock wrote; other people's files stay, and are a reason to stop before anything is removed.
    private func removeOwnFiles(_ names: [String], _ remote: RemoteFolder) throws(StageError) {
        if let foreign = names.first(where: { !$0.hasPrefix("_penstock/") && !Self.isPart($0) }) {
            throw StageError(
                .inputOutput,
                "\"\(path)\" holds \"\(foreign)\", which Penstock did not write; --overwrite removes only its own files. Choose another folder."
            )
        }
        let folders = [Self.commitsFolder + "/", Self.quarantineFolder + "/"]
        for name in names
        where Self.isPart(name) || [Self.reportName, Self.runName].contains(name)
            || folders.contains(where: name.hasPrefix)
        {
            try remote.remove(name)
        }
    }

    // MARK: What a sink does

    /// The path of a part, from its place within the folder.
    func target(_ relative: String) -> String {
        remote?.location.appending(relative).description ?? "\(path)/\(relative)"
    }

    /// Where a part is written before it gets its name: in a store under that name.
    func unfinished(_ name: String, of target: String) -> String { remote == nil ? "\(temporary)/\(name)" : target }

    /// Makes the place for unfinished parts.
    func begin() throws(StageError) {
        if remote == nil { try FileSystem.makeDirectories(temporary) }
    }

    /// Completes a part and gives it its name.
    func publish(_ file: TableFileWriter, _ unfinished: String, as target: String) throws(StageError) {
        if remote == nil { try FileSystem.rename(unfinished, to: target) } else { try file.finish() }
    }

    /// Notes what was committed: `{"part":…}`, under a name of its own in a store.
    func log(_ line: String, as name: String) throws(StageError) {
        if let remote {
            try remote.write(Array((line + "\n").utf8), to: "\(Self.commitsFolder)/\(name).json")
        } else {
            try FileSystem.append(line, to: commits)
        }
    }

    /// Removes unfinished parts, and their place.
    func end(unfinished: [String]) throws(StageError) {
        // In a store an unfinished part is not there.
        guard remote == nil else { return }
        for file in unfinished { try FileSystem.remove(file) }
        try FileSystem.removeDirectory(temporary)
    }

    // MARK: What readers do

    /// Opens a part, or a file in quarantine.
    package func table(_ part: String, format: OutputFormat) throws(StageError) -> TableFileReader {
        try TableFileReader(part, format: format, files: files)
    }

    /// The report as it was written.
    ///
    /// - Throws: `.notFound` when there is none.
    package func reportBytes() throws(StageError) -> [UInt8] {
        if let remote { return try remote.contents(of: Self.reportName) }
        return try FileSystem.contents(of: report, atMost: .mebibytes(64))
    }
}
