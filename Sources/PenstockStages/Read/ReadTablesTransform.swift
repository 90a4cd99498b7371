package import PenstockCore
package import PenstockPlan

/// Reads tables: the rows of `SplitTablesTransform` for Parquet, or whole files (`path`) for CSV and JSON lines, become the
/// rows of the tables, in blocks of about `blockBytes`.
///
/// Columns and types are those of the first file of the listing; see `TableSchema` for what others may have, and `ArrowType`
/// for what becomes of types that blocks do not have. Files named `.tsv` have tabs between their fields.
package struct ReadTablesTransform: BatchTransform {
    package let name = "read"
    private let description: ReadTable
    private let blockBytes: Bytes
    private let skipsBadFiles: Bool
    private let memoryLimit: Bytes
    private let files: StoreAccess

    /// - `skipsBadFiles`: a file that cannot be read becomes a failed row instead of the end of the run; rows that came
    ///   before the damage are kept.
    /// - `memoryLimit`: what one worker may take to read one file, including its blocks that are still held.
    package init(
        _ description: ReadTable,
        blockBytes: Bytes = .mebibytes(16),
        skipsBadFiles: Bool = false,
        memoryLimit: Bytes = .gibibytes(2),
        files: StoreAccess = StoreAccess()
    ) {
        self.description = description
        self.blockBytes = Bytes(max(blockBytes.count, 1))
        self.skipsBadFiles = skipsBadFiles
        self.memoryLimit = memoryLimit
        self.files = files
    }

    /// The columns of the first file that can be read.
    ///
    /// - Throws: as `TableSchema.init`; `.notFound` when there is no file.
    package func load(_ context: StageContext) throws(StageError) -> TableSchema {
        if description.columns == [], !description.includePaths {
            throw StageError(.invalidInput, "no column is to be read. Name at least one, or ask for the paths.")
        }
        files.follow(context)
        var lister = FileLister(paths: description.paths, kind: FileKind(description.format), files: files)
        var failure: StageError?
        while let file = try lister.next(), !context.isCancelled() {
            do throws(StageError) {
                let reader = try reader(file.path)
                return try schema(reader.columns, file.path)
            } catch {
                if !skipsBadFiles || !error.isAboutOneFile { throw error }
                failure = failure ?? error
            }
        }
        throw failure
            ?? StageError(
                .notFound,
                "there is no table in \(description.paths.map(\.withoutKeys).joined(separator: ", "))."
            )
    }

    private func schema(_ columns: [TableColumn], _ path: String) throws(StageError) -> TableSchema {
        let schema = try TableSchema(columns, description.columns, path: path)
        if description.includePaths, schema.columns.contains(where: { $0.name == "path" }) {
            throw StageError(
                .invalidInput,
                "\"\(path)\" has a column \"path\" of its own. Read other columns, or leave out the paths of the files."
            )
        }
        return schema
    }

    package func makeState(_ shared: TableSchema, _ context: StageContext) throws(StageError) -> State {
        State(schema: shared)
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        state.tasks = try tasks(batch.block).reversed()
        return try proceed(&state)
    }

    package func proceed(_ state: inout State) throws(StageError) -> TransformOutput {
        var output = TransformOutput([])
        var bytes = 0
        // Blocks of small files are gathered; a block of the usual size is a piece.
        while output.blocks.isEmpty || bytes < blockBytes.count / 2 {
            do throws(StageError) {
                guard let block = try nextBlock(state) else { break }
                bytes += block.byteCount.count
                output.blocks.append(block)
            } catch {
                let path = state.path
                state.giveUpFile()
                if !skipsBadFiles || !error.isAboutOneFile { throw error }
                output.failures.append(RowFailure(path: path, stage: name, error: error))
            }
        }
        // Joining copies, which pays for blocks of small files only.
        if output.blocks.count > 4, bytes <= 2 * blockBytes.count {
            output.blocks = [try Block.concatenate(output.blocks)]
        }
        output.retryCount += files.takeTableRetries()
        output.hasMore = state.hasMore
        if !output.hasMore { state.closeFile() }
        return output
    }

    /// One piece, which is half as large again at most; small files and row groups take less, if they are what they say.
    package func outputBytes(for block: Block) -> Bytes {
        guard case .int64(let sizes)? = (block["bytes"] ?? block["size"])?.values else { return blockBytes }
        let most = sizes.array.reduce(0) { $0 + Int(min(max($1, 0), Int64(blockBytes.count))) * 8 }
        return min(blockBytes, Bytes(most) + .kibibytes(64))
    }

    // MARK: Tasks

    private func tasks(_ block: Block) throws(StageError) -> [RowGroupRun] {
        let paths = try block.strings("path")
        if description.format != .parquet {
            return (0..<paths.count).map { RowGroupRun(path: paths.string($0), first: 0, count: 0, rows: 0, bytes: 0) }
        }
        let (first, count) = (try block.int32s("first_row_group"), try block.int32s("row_group_count"))
        let (rows, bytes) = (try block.int64s("rows"), try block.int64s("bytes"))
        return (0..<paths.count).map { row in
            RowGroupRun(
                path: paths.string(row),
                first: Int(first[row]),
                count: Int(count[row]),
                rows: Int(rows[row]),
                bytes: Int(bytes[row])
            )
        }
    }

    private func reader(_ path: String) throws(StageError) -> TableFileReader {
        let delimiter: Character = path.lowercased().hasSuffix(".tsv") ? "\t" : ","
        return try TableFileReader(
            path,
            format: description.format,
            delimiter: delimiter,
            memoryLimit: memoryLimit,
            files: files
        )
    }

    private func nextBlock(_ state: State) throws(StageError) -> Block? {
        while true {
            if let block = state.rest.popLast() { return block }
            if let table = state.table, state.isScanning {
                guard let rows = try table.reader.nextRows() else {
                    state.isScanning = false
                    continue
                }
                state.remainingRows -= rows.count
                let columns = state.schema.columns(of: rows.block, table.origins, rowCount: rows.count)
                state.rest = pieces(columns, rowCount: rows.count, path: table.path).reversed()
                continue
            }
            guard let task = state.tasks.popLast() else { return nil }
            try begin(task, state)
        }
    }

    private func begin(_ task: RowGroupRun, _ state: State) throws(StageError) {
        state.path = task.path
        if state.table?.path != task.path {
            state.closeFile()
            let reader = try reader(task.path)
            let origins = try state.schema.origins(
                in: reader.columns,
                path: task.path,
                selected: description.columns != nil
            )
            state.table = OpenTable(path: task.path, reader: reader, origins: origins)
        }
        guard let table = state.table else { return }
        if description.format == .parquet {
            let rows = try table.rowsPerBlock(task, blockBytes: blockBytes, pathBytes: pathBytes(task.path))
            try table.reader.scan(task.first..<task.first + task.count, table.columns, maxRows: rows)
        } else {
            try table.reader.scan(nil, table.columns, maxRows: 0)
        }
        state.isScanning = true
        state.remainingRows = description.format == .parquet ? task.rows : .max
    }

    /// Bytes that a row's path takes.
    private func pathBytes(_ path: String) -> Int { description.includePaths ? path.utf8.count + 4 : 0 }

    /// Blocks of about `blockBytes`, with the path if it is wanted.
    private func pieces(_ columns: [(name: String, column: Column)], rowCount: Int, path: String) -> [Block] {
        let bytes = columns.reduce(0) { $0 + $1.column.byteCount } + rowCount * pathBytes(path)
        let count = min(bytes / max(blockBytes.count / 2 * 3, 1) + 1, max(rowCount, 1))
        return (0..<count).map { index in
            let range = rowCount * index / count..<rowCount * (index + 1) / count
            var named = columns.map { (name: $0.name, column: $0.column.slice(range)) }
            if description.includePaths { named.append(("path", Column(repeating: path, count: range.count))) }
            return Block(named: named)
        }
    }
}

extension ReadTablesTransform {
    /// What a worker is at.
    package final class State {
        let schema: TableSchema
        /// What is still to be read of the batch, last first.
        var tasks: [RowGroupRun] = []
        fileprivate var table: OpenTable?
        /// The file that is read, for failures.
        fileprivate var path = ""
        fileprivate var isScanning = false
        /// Rows that the scan has still to give; of a text nobody knows.
        fileprivate var remainingRows = 0
        /// Slices of a block that was too large, last first.
        fileprivate var rest: [Block] = []

        fileprivate init(schema: TableSchema) { self.schema = schema }

        fileprivate var hasMore: Bool { !tasks.isEmpty || !rest.isEmpty || (isScanning && remainingRows > 0) }

        fileprivate func closeFile() {
            table = nil
            rest = []
            isScanning = false
        }

        /// Closes the file and forgets what else of it was to be read.
        fileprivate func giveUpFile() {
            while let task = tasks.last, task.path == path { tasks.removeLast() }
            closeFile()
        }
    }
}

/// A file that is open, and how its columns become those of the source.
final class OpenTable {
    let path: String
    let reader: TableFileReader
    let origins: [TableSchema.Origin]

    init(path: String, reader: TableFileReader, origins: [TableSchema.Origin]) {
        self.path = path
        self.reader = reader
        self.origins = origins
    }

    /// Columns of the file that are read.
    var columns: [TableColumn] { origins.compactMap { if case .file(let column) = $0 { column } else { nil } } }

    private static let sampleRows = 256

    /// How many rows make a block.
    ///
    /// For texts, binaries and lists some rows are read to learn their size: what the file says of them is before decoding,
    /// where a dictionary of a few bytes can stand for gigabytes.
    func rowsPerBlock(_ task: RowGroupRun, blockBytes: Bytes, pathBytes: Int) throws(StageError) -> Int {
        let columns = columns
        let widths = columns.compactMap { $0.type?.fixedWidth }
        let encoded = task.bytes / max(task.rows, 1)
        if widths.count == columns.count { return max(blockBytes.count / max(widths.reduce(pathBytes, +), 1), 1) }
        let sample = max(min(Self.sampleRows, (1 << 20) / max(encoded, 1)), 1)
        if task.rows <= sample { return max(blockBytes.count / max(encoded, 1), 1) }
        try reader.scan(task.first..<task.first + task.count, columns, maxRows: sample)
        guard let rows = try reader.nextRows(), rows.count > 0 else { return sample }
        let measured = (rows.block.byteCount.count + rows.count - 1) / rows.count
        return max(blockBytes.count / max(max(measured, encoded) + pathBytes, 1), 1)
    }
}

extension ColumnType {
    /// Bytes of a value, where all values have the same; a bit counts as one.
    fileprivate var fixedWidth: Int? {
        switch self {
        case .bool, .uint8: 1
        case .int32, .float32: 4
        case .int64, .float64: 8
        case .string, .binary, .list, .tensorUInt8, .tensorFloat32: nil
        }
    }
}
