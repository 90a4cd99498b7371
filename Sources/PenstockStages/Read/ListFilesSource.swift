package import PenstockCore
package import PenstockPlan

/// Lists files: blocks of `path: string, size: int64`.
///
/// Files are listed as they are wanted. Shuffling and dividing into a number of blocks need the whole list first: it is then
/// read when the source starts, and takes about 60 bytes and the length of the path for each file.
package struct ListFilesSource: BlockSource {
    package let name = "list"
    private let paths: [String]
    private let kind: FileKind
    private let listing: Listing
    private let blockRows: Int
    private let firstRows: Int
    private let lastBlocks: LastBlocks?
    private let files: StoreAccess
    /// Files that were listed before; nil: `paths` are listed.
    private var found: [ListedFile]?

    /// How small the blocks at the end get.
    package struct LastBlocks: Sendable {
        /// Workers that should end together.
        package var workers: Int
        /// Files of the smallest one.
        package var rows: Int

        /// For so many workers, of so many files at least.
        package init(workers: Int, rows: Int) {
            self.workers = max(workers, 1)
            self.rows = max(rows, 1)
        }
    }

    /// Blocks of `listing.blockRows` files, else `blockRows`; `kind` says which files are wanted in folders.
    ///
    /// With `firstRows` the first blocks have as many and later ones as many as all before together, up to `blockRows`: so
    /// work begins soon, and a few files are divided among the workers. With `lastBlocks` those at the end are half of what is left for
    /// each worker, so that none computes alone for long.
    package init(
        _ paths: [String],
        kind: FileKind,
        listing: Listing = Listing(),
        blockRows: Int,
        firstRows: Int = .max,
        lastBlocks: LastBlocks? = nil,
        files: StoreAccess = StoreAccess()
    ) {
        self.paths = paths
        self.kind = kind
        self.listing = listing
        self.blockRows = max(listing.blockRows ?? blockRows, 1)
        self.firstRows = listing.blockRows == nil ? max(firstRows, 1) : .max
        self.lastBlocks = listing.blockRows == nil ? lastBlocks : nil
        self.files = files
    }

    /// The files that a source listed before, the first `count` of them, from the beginning again where they are fewer: as they were
    /// then, without a look at whether they are there; in blocks like those of `source`.
    package init(_ source: ListFilesSource, repeating listed: [Block], count: Int) throws(StageError) {
        self.init(
            source.paths,
            kind: source.kind,
            listing: source.listing,
            blockRows: source.blockRows,
            firstRows: source.firstRows,
            lastBlocks: source.lastBlocks,
            files: source.files
        )
        var files: [ListedFile] = []
        for block in listed {
            let (paths, sizes) = (try block.strings("path"), try block.int64s("size").array)
            files += (0..<block.rowCount).map { ListedFile(path: paths.string($0), size: Int(clamping: sizes[$0])) }
        }
        found = files.isEmpty ? [] : (0..<max(count, 0)).map { files[$0 % files.count] }
    }

    /// Images, in blocks of `blockRows` files.
    package init(_ description: ReadImages, blockRows: Int) {
        let listing = Listing(limit: description.limit)
        self.init(description.paths, kind: .images, listing: listing, blockRows: blockRows)
    }

    package struct Cursor {
        var lister: FileLister
        /// Files that may still become part of a block.
        var remaining: Int
        var listed = 0
        /// Files that were listed to see whether the end is near.
        var ahead: ArraySlice<ListedFile> = []
        var isAtEnd = false
        /// The whole list, where it is needed first.
        var list: FileList?
        var block = 0
    }

    /// A block of files that are read together ends here, whatever its rows: decoding it takes some 0.2 s.
    static let blockBytes = Bytes.mebibytes(16)

    package func start(_ context: StageContext) throws(StageError) -> Cursor {
        files.follow(context)
        let lister = found.map { FileLister($0, files: files) } ?? FileLister(paths: paths, kind: kind, files: files)
        var cursor = Cursor(lister: lister, remaining: max(found?.count ?? listing.limit ?? .max, 0))
        if listing.shuffleSeed != nil || listing.blockCount != nil { cursor.list = try wholeList(&cursor, context) }
        return cursor
    }

    /// The next files.
    ///
    /// - Throws: `.notFound` when a named path is not there, or when there are no files at all.
    package func next(_ cursor: inout Cursor) throws(StageError) -> Block? {
        if let list = cursor.list { return nextOfList(list, &cursor) }
        var files: [ListedFile] = []
        var bytes = 0
        let rows = try nextRows(&cursor)
        files.reserveCapacity(min(rows, Self.reservedFiles))
        while files.count < rows, bytes < Self.blockBytes.count, let file = try nextFile(&cursor) {
            files.append(file)
            bytes += file.size
        }
        cursor.remaining -= files.count
        cursor.listed += files.count
        if files.isEmpty {
            if cursor.listed == 0, listing.limit != 0 { throw noFiles(cursor.lister.ignoredCount) }
            return nil
        }
        return FileList.block(files)
    }

    /// Memory that is taken before it is known how many files there are.
    private static let reservedFiles = 256

    /// The most files that are listed before they are wanted: a slow listing must not hold up what it found.
    private static let mostAhead = 512

    private func nextFile(_ cursor: inout Cursor) throws(StageError) -> ListedFile? {
        if let file = cursor.ahead.popFirst() { return file }
        return cursor.isAtEnd ? nil : try cursor.lister.next()
    }

    /// Files of the next block.
    private func nextRows(_ cursor: inout Cursor) throws(StageError) -> Int {
        let usual = min(blockRows, cursor.remaining, max(cursor.listed, firstRows))
        guard let lastBlocks, usual > lastBlocks.rows else { return usual }
        // While there are two such blocks left for each worker, the end is far.
        let far = min(2 * lastBlocks.workers * usual, Self.mostAhead)
        while cursor.ahead.count < min(far, cursor.remaining), !cursor.isAtEnd {
            if let file = try cursor.lister.next() { cursor.ahead.append(file) } else { cursor.isAtEnd = true }
        }
        let left = cursor.ahead.count
        guard left < far else { return usual }
        let share = (left + 2 * lastBlocks.workers - 1) / (2 * lastBlocks.workers)
        let whole = (share + lastBlocks.rows - 1) / lastBlocks.rows * lastBlocks.rows
        return min(usual, max(whole, 1))
    }

    // MARK: The whole list

    private func wholeList(_ cursor: inout Cursor, _ context: StageContext) throws(StageError) -> FileList {
        let limitsFirst = listing.shuffleSeed == nil || listing.limitFirst
        var list = FileList()
        while !limitsFirst || list.count < cursor.remaining, let file = try cursor.lister.next() {
            list.append(file)
            if list.count & 0xfff == 0, context.isCancelled() { break }
        }
        if list.count == 0, listing.limit != 0 { throw noFiles(cursor.lister.ignoredCount) }
        if let seed = listing.shuffleSeed { list.shuffle(seed: seed) }
        cursor.remaining = min(cursor.remaining, list.count)
        return list
    }

    private func nextOfList(_ list: FileList, _ cursor: inout Cursor) -> Block? {
        let total = cursor.remaining
        guard cursor.listed < total else { return nil }
        var end = min(cursor.listed + blockRows, total)
        if let wanted = listing.blockCount {
            // Block i of n ends at (i + 1) / n of all files, so sizes differ by one at most.
            let count = min(max(wanted, 1), total)
            end = total / count * (cursor.block + 1) + total % count * (cursor.block + 1) / count
        }
        defer {
            cursor.listed = end
            cursor.block += 1
        }
        return FileList.block((cursor.listed..<end).map { list[$0] })
    }

    private func noFiles(_ ignored: Int) -> StageError {
        let names = paths.map { "\"\($0.withoutKeys)\"" }.joined(separator: ", ")
        let others = ignored == 0 ? "" : " (\(ignored) file\(ignored == 1 ? "" : "s") of other kinds)"
        return StageError(
            .notFound,
            "there are no \(kind.plural) in \(names)\(others). Name a folder that holds \(kind.shortPlural), files, or a list of paths."
        )
    }
}

/// Files in the order in which they are to be read, packed.
struct FileList {
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    private var sizes: [Int64] = []
    private var order: [Int] = []

    var count: Int { order.count }

    subscript(position: Int) -> ListedFile {
        let index = order[position]
        return ListedFile(
            path: String(decoding: bytes[starts[index]..<starts[index + 1]], as: UTF8.self),
            size: Int(sizes[index])
        )
    }

    mutating func append(_ file: ListedFile) {
        bytes.append(contentsOf: file.path.utf8)
        starts.append(bytes.count)
        sizes.append(Int64(file.size))
        order.append(order.count)
    }

    /// The same order for the same seed and number of files, whatever the machine.
    mutating func shuffle(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        order.shuffle(with: &random)
    }

    static func block(_ files: [ListedFile]) -> Block {
        let paths = VariableBytes(lengths: files.map(\.pathLength)) { span in
            var position = 0
            for file in files { file.writePath(to: &span, at: &position) }
        }
        return Block(["path": Column(.string(paths)), "size": Column(int64: files.map { Int64($0.size) })])
    }
}
