import PenstockCore

/// Walks files, folders, patterns and lists in a stable order, one file at a time, so that work starts before the listing ends.
///
/// Any of them may be in a store (`s3://…`): then the order is the store's, and files come as its answers do. In patterns
/// of stores `?` begins the options, so only `*` and `[…]` stand for others; `%2A` is a star.
///
/// In folders, hidden files, those that begin with `_` and those whose name says that they are of another kind are left out
/// and counted. What a file really is, its content decides later.
struct FileLister {
    private static let listLimit = Bytes.gibibytes(1)

    private struct Folder {
        /// The folder's path with a slash at its end.
        let prefix: String
        let entries: FolderEntries
        var position = 0
    }

    private enum Item {
        /// Something the user named.
        case named(String)
        /// A line of a list, taken as it is.
        case listed(String)
        /// A file that was found before.
        case found(ListedFile)
    }

    /// What is still to be looked at, last first.
    private var pending: [Item]
    /// Folders that are being walked, the innermost last; they come before what is pending.
    private var folders: [Folder] = []
    private var openDirectories: Set<[UInt64]> = []
    /// Listings of stores under way, the innermost last; they come before everything else.
    private var remote: [RemoteListing] = []
    private let kind: FileKind
    private let files: StoreAccess
    /// Files in folders that were left out because of their names.
    private(set) var ignoredCount = 0

    /// Lists what the user named; `kind` says which files in folders are wanted.
    init(paths: [String], kind: FileKind = .images, files: StoreAccess = StoreAccess()) {
        pending = paths.reversed().map { .named($0) }
        self.kind = kind
        self.files = files
    }

    /// Files that were found before, as they were then.
    init(_ found: [ListedFile], files: StoreAccess) {
        pending = found.reversed().map { .found($0) }
        kind = .images
        self.files = files
    }

    /// The next file, or nil at the end.
    ///
    /// - Throws: `.notFound` for a path that the user named and that is not there.
    mutating func next() throws(StageError) -> ListedFile? {
        while true {
            if let file = try nextInStore() { return file }
            if let file = try nextInFolder() { return file }
            guard let item = pending.popLast() else { return nil }
            let file =
                switch item {
                case .named(let path): try openNamed(path)
                case .listed(let path): try openListed(path)
                case .found(let file): file
                }
            if let file { return file }
        }
    }

    private mutating func openNamed(_ path: String) throws(StageError) -> ListedFile? {
        if path.hasPrefix("@"), FileFacts(path) == nil {
            try pushList(String(path.dropFirst()))
            return nil
        }
        let location = try Location(path)
        guard let path = location.localPath else { return try openRemote(location) }
        guard let facts = FileFacts(path) else {
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
        case .file where kind.readsListsByName && path.hasSuffix(".txt"): try pushList(path)
        case .file: return ListedFile(path: path, size: facts.size)
        case .other: throw StageError(.inputOutput, "\"\(path)\" is neither a file nor a folder.")
        }
        return nil
    }

    /// The next wanted file of the innermost folder, or nil when all folders are walked.
    private mutating func nextInFolder() throws(StageError) -> ListedFile? {
        while let last = folders.indices.last {
            let index = folders[last].position
            guard index < folders[last].entries.count else {
                folders.removeLast()
                continue
            }
            folders[last].position += 1
            if let file = try openFound(folders[last].entries, index, prefix: folders[last].prefix) { return file }
        }
        return nil
    }

    private mutating func openFound(
        _ entries: FolderEntries,
        _ index: Int,
        prefix: String
    ) throws(StageError) -> ListedFile? {
        let isPassedOver = entries.withName(index) { $0[0] == UInt8(ascii: ".") || $0[0] == UInt8(ascii: "_") }
        if isPassedOver { return nil }
        let isWanted = entries.withName(index, kind.accepts)
        if entries.kind(index) == .other || (entries.kind(index) == .file && !isWanted) {
            ignoredCount += 1
            return nil
        }
        let facts = entries.facts(index, in: prefix)
        switch facts?.kind ?? .file {  // a dangling link is listed: reading says so
        case .directory: if let facts { try pushDirectory(entries.path(index, in: prefix), facts) }
        case .file where isWanted: return ListedFile(entries, index, prefix: prefix, size: facts?.size ?? 0)
        case .file, .other: ignoredCount += 1
        }
        return nil
    }

    /// Begins to walk a folder; one that was seen already (a loop of links) is passed over.
    private mutating func pushDirectory(_ path: String, _ facts: FileFacts) throws(StageError) {
        guard openDirectories.insert([facts.device, facts.inode]).inserted else { return }
        folders.append(Folder(prefix: path.hasSuffix("/") ? path : path + "/", entries: try FolderEntries(path)))
    }

    private mutating func pushList(_ path: String) throws(StageError) {
        let location = try Location(path)
        let bytes: [UInt8]
        if let path = location.localPath {
            bytes = try FileSystem.contents(of: path, atMost: Self.listLimit)
        } else {
            bytes = try files.contents(of: location, atMost: Self.listLimit)
        }
        guard !bytes.contains(0) else {
            throw StageError(.invalidInput, "\"\(location)\" is not a list of paths: it holds binary data.")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var items: [Item] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            if text.isEmpty { continue }
            items.append(.listed(location.isRemote ? beside(location, text) : beside(folder, text)))
        }
        pending += items.reversed()
    }

    private func beside(_ folder: String, _ text: String) -> String {
        let isBesideList =
            !text.hasPrefix("/") && !folder.isEmpty && FileFacts(text) == nil && FileFacts(folder + text) != nil
        return isBesideList ? folder + text : text
    }

    /// In a list of a store a path that is neither a URI nor absolute is beside the list.
    private func beside(_ list: Location, _ text: String) -> String {
        if text.hasPrefix("/") || text.contains("://") { return text }
        return list.prefix(parts: list.encodedParts.count - 1).appending(text).withSecrets
    }

    // MARK: Stores

    private func openListed(_ path: String) throws(StageError) -> ListedFile {
        let location = try Location(path)
        if let path = location.localPath { return ListedFile(path: path, size: FileFacts(path)?.size ?? 0) }
        // Keys are told to the stores, so that the table needs none. A request for the size would cost as much as reading.
        if location.hasSecrets {
            _ = try files.call { () throws(FileError) in try files.stores.open(location.storeRoot) }
        }
        return ListedFile(path: location.description, size: 0)
    }

    private mutating func openRemote(_ location: Location) throws(StageError) -> ListedFile? {
        let parts = location.encodedParts
        if let first = parts.firstIndex(where: { $0.contains("*") || $0.contains("[") }) {
            let root = location.prefix(parts: first)
            let pattern = parts[first...].map { PercentCoding.decoded($0[...]) ?? $0 }
            remote.append(try RemoteListing(root, pattern: pattern, named: location, files))
            return nil
        }
        let place = try files.call { () throws(FileError) in try files.stores.open(location) }
        guard let entry = try files.call({ () throws(FileError) in try place.store.info(place.path) }) else {
            throw StageError(.notFound, "there is no file or folder \"\(location)\".")
        }
        switch entry.kind {
        case .folder: remote.append(try RemoteListing(location, files))
        case .file where kind.readsListsByName && location.name.hasSuffix(".txt"): try pushList(location.withSecrets)
        case .file: return ListedFile(path: location.description, size: entry.size ?? 0)
        }
        return nil
    }

    /// The next wanted file of the innermost listing, or nil when all have ended, or a list of paths was found.
    private mutating func nextInStore() throws(StageError) -> ListedFile? {
        while let last = remote.indices.last {
            switch try remote[last].next(kind) {
            case .file(let file): return file
            case .folder(let location, let pattern):
                remote.append(try RemoteListing(location, pattern: pattern, files))
            case .list(let path): try pushList(path)
            case .ignored: ignoredCount += 1
            case .nothing: break
            case .end:
                let ended = remote.removeLast()
                if let named = ended.named, !ended.hasMatched {
                    throw StageError(.notFound, "no file matches the pattern \"\(named)\".")
                }
            }
        }
        return nil
    }
}
