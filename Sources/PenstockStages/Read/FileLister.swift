import PenstockCore

/// A file that is to be read.
struct ListedFile {
    let path: String
    let size: Int
}

/// Walks files, folders, patterns and lists in a stable order, one file at a time, so that work starts before the listing ends.
///
/// In folders, hidden files, those that begin with `_` and those whose name says that they are no image (tables, texts,
/// films, archives) are left out and counted. What an image really is, its content decides later.
struct FileLister {
    /// Endings of files that lie beside images and are none.
    static let otherKinds: Set<String> = [
        "csv", "tsv", "json", "jsonl", "txt", "md", "rst", "xml", "yaml", "yml", "toml", "html", "htm", "log", "ini",
        "cfg",
        "parquet", "arrow", "feather", "avro", "db", "sqlite", "xmp", "aae", "thm", "mp4", "mov", "avi", "mkv", "webm",
        "m4v",
        "mp3", "wav", "flac", "zip", "tar", "gz", "xz", "bz2", "7z", "rar", "py", "sh", "ipynb", "swift", "npy", "npz",
        "pt", "pth",
    ]
    private static let listLimit = Bytes.gibibytes(1)

    private enum Item {
        /// Something the user named.
        case named(String)
        /// Found in a folder.
        case found(String)
        /// A line of a list, taken as it is.
        case listed(String)
    }

    /// What is still to be looked at, last first.
    private var pending: [Item]
    private var openDirectories: Set<[UInt64]> = []
    /// Files in folders that were left out because of their names.
    private(set) var ignoredCount = 0

    init(paths: [String]) { pending = paths.reversed().map { .named($0) } }

    /// The next file, or nil at the end.
    ///
    /// - Throws: `.notFound` for a path that the user named and that is not there.
    mutating func next() throws(StageError) -> ListedFile? {
        while let item = pending.popLast() {
            let file =
                switch item {
                case .named(let path): try openNamed(path)
                case .found(let path): try openFound(path)
                case .listed(let path): ListedFile(path: path, size: FileFacts(path)?.size ?? 0)
                }
            if let file { return file }
        }
        return nil
    }

    private mutating func openNamed(_ path: String) throws(StageError) -> ListedFile? {
        if path.hasPrefix("@"), FileFacts(path) == nil {
            try pushList(String(path.dropFirst()))
            return nil
        }
        guard let facts = FileFacts(path) else {
            if path.contains("://") {
                throw StageError(
                    .unsupportedFormat,
                    "\"\(path)\" is a URI; this version reads local files only. Copy the images first."
                )
            }
            let matches = path.contains(where: { "*?[".contains($0) }) ? FileSystem.matches(of: path) : []
            guard !matches.isEmpty else {
                throw StageError(
                    .notFound,
                    "there is no file or folder \"\(path)\", and no file matches it as a pattern."
                )
            }
            pending += matches.reversed().map { .named($0) }
            return nil
        }
        switch facts.kind {
        case .directory: try pushDirectory(path, facts)
        case .file where path.hasSuffix(".txt"): try pushList(path)
        case .file: return ListedFile(path: path, size: facts.size)
        case .other: throw StageError(.inputOutput, "\"\(path)\" is neither a file nor a folder.")
        }
        return nil
    }

    private mutating func openFound(_ path: String) throws(StageError) -> ListedFile? {
        // A dangling link: reading says so.
        guard let facts = FileFacts(path) else { return ListedFile(path: path, size: 0) }
        switch facts.kind {
        case .directory: try pushDirectory(path, facts)
        case .file: return ListedFile(path: path, size: facts.size)
        case .other: ignoredCount += 1
        }
        return nil
    }

    /// Puts a folder's entries on the stack; a folder that was seen already (a loop of links) is passed over.
    private mutating func pushDirectory(_ path: String, _ facts: FileFacts) throws(StageError) {
        guard openDirectories.insert([facts.device, facts.inode]).inserted else { return }
        let prefix = path.hasSuffix("/") ? path : path + "/"
        for name in try FileSystem.sortedNames(in: path).reversed() {
            if name.hasPrefix(".") || name.hasPrefix("_") { continue }
            if Self.otherKinds.contains(Self.ending(of: name)) {
                ignoredCount += 1
            } else {
                pending.append(.found(prefix + name))
            }
        }
    }

    private mutating func pushList(_ path: String) throws(StageError) {
        let bytes = try FileSystem.contents(of: path, atMost: Self.listLimit)
        guard !bytes.contains(0) else {
            throw StageError(.invalidInput, "\"\(path)\" is not a list of paths: it holds binary data.")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var items: [Item] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            if text.isEmpty { continue }
            let isBesideList =
                !text.hasPrefix("/") && !folder.isEmpty && FileFacts(text) == nil && FileFacts(folder + text) != nil
            items.append(.listed(isBesideList ? folder + text : text))
        }
        pending += items.reversed()
    }

    private static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}
