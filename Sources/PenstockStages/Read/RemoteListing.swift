import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A listing of a store, looked through entry by entry: everything below a folder, or one level of a pattern.
struct RemoteListing {
    /// What an entry means for the walk.
    enum Step {
        case file(ListedFile)
        /// A folder that a pattern matches, and what of the pattern is left for what is in it.
        case folder(Location, pattern: [String])
        /// A list of paths.
        case list(String)
        /// A file of another kind.
        case ignored
        case nothing
        case end
    }

    /// The pattern that the user named, if this is its first level.
    let named: Location?
    /// Whether anything was found.
    private(set) var hasMatched = false
    private let root: Location
    private let place: FileStores.Place
    private let pattern: [String]
    private let listing: any FileListing
    private var entries: [FileEntry] = []
    private var position = 0

    /// Begins to list `root`, recursively unless there is a pattern, one part for each level.
    init(
        _ root: Location,
        pattern: [String] = [],
        named: Location? = nil,
        _ files: StoreAccess
    ) throws(StageError) {
        self.root = root
        self.pattern = pattern
        self.named = named
        let place = try files.call { () throws(FileError) in try files.stores.open(root) }
        self.place = place
        listing = try files.call { () throws(FileError) in
            try place.store.listing(of: place.path, recursive: pattern.isEmpty)
        }
    }

    /// Looks at the next entry; waits for the store where none has come yet.
    mutating func next(_ kind: FileKind) throws(StageError) -> Step {
        while position == entries.count {
            do throws(FileError) {
                guard let more = try listing.next() else { return .end }
                (entries, position) = (more, 0)
            } catch {
                throw StageError(error.stageError().code, "cannot list \"\(root)\": \(error.message)")
            }
        }
        defer { position += 1 }
        let entry = entries[position]
        return pattern.isEmpty ? step(to: entry, kind) : match(entry, kind)
    }

    /// An entry somewhere below the folder: hidden ones and those that begin with `_` are passed over, with all below.
    private func step(to entry: FileEntry, _ kind: FileKind) -> Step {
        guard entry.kind == .file else { return .nothing }
        let relative = entry.path.utf8.dropFirst(place.path.utf8.count)
        var name = relative
        for part in relative.split(separator: UInt8(ascii: "/")) {
            if part.first == UInt8(ascii: ".") || part.first == UInt8(ascii: "_") { return .nothing }
            name = part
        }
        return kind.accepts(Array(name).span) ? .file(file(entry)) : .ignored
    }

    private mutating func match(_ entry: FileEntry, _ kind: FileKind) -> Step {
        let name = entry.path.split(separator: "/").last.map(String.init) ?? ""
        // As the shell does: a star is not the dot that hides a file.
        guard unsafe fnmatch(pattern[0], name, FNM_PERIOD) == 0 else { return .nothing }
        switch entry.kind {
        case .folder:
            hasMatched = true
            return .folder(root.appending(name), pattern: Array(pattern.dropFirst()))
        case .file where pattern.count > 1: return .nothing
        case .file:
            hasMatched = true
            let isList = kind.readsListsByName && name.hasSuffix(".txt")
            return isList ? .list(root.appending(name).withSecrets) : .file(file(entry))
        }
    }

    private func file(_ entry: FileEntry) -> ListedFile {
        ListedFile(path: FileStores.location(of: entry, in: root, at: place.path), size: entry.size ?? 0)
    }
}
