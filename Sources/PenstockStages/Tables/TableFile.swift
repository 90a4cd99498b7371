internal import CPenstockArrow
package import PenstockCore
package import PenstockPlan

/// A table file that is being written: Parquet, CSV or JSON lines.
///
/// Unfinished, it is removed with the value.
@safe
final class TableFileWriter {
    private let raw: OpaquePointer
    private let fields: [Field]
    private let address: TableAddress

    /// Creates the file; `rowGroupRows` is the most that a row group of Parquet has, and after `rowGroupBytes` of
    /// rows it ends.
    ///
    /// A path below a place that `files` opened is written with the keys of that place.
    init(
        _ path: String,
        format: OutputFormat,
        schema: Schema,
        rowGroupRows: Int? = nil,
        rowGroupBytes: Bytes? = nil,
        files: StoreAccess? = nil
    ) throws(StageError) {
        fields = schema.fields
        let address = try TableAddress(path, files)
        var options = penstock_table_writer_options()
        unsafe penstock_table_writer_options_init(&options)
        if let rowGroupBytes { options.target_row_group_bytes = Int64(max(rowGroupBytes.count, 1)) }
        if let rowGroupRows { options.max_row_group_rows = Int64(rowGroupRows) }
        var writer: OpaquePointer?
        // What the first block has everywhere, a later one may not.
        let nullable = schema.fields.map { Field($0.name, $0.type, isNullable: true) }
        var columns = unsafe try ArrowExport.schema(nullable)
        let kind =
            switch format {
            case .parquet: PENSTOCK_TABLE_PARQUET
            case .csv: PENSTOCK_TABLE_CSV
            case .jsonl: PENSTOCK_TABLE_JSON_LINES
            }
        try unsafe address.check { error, size in
            unsafe penstock_table_writer_create(address.text, kind, &columns, &options, &writer, error, size)
        }
        guard let writer = unsafe writer else { preconditionFailure("a writer without a handle") }
        unsafe raw = writer
        self.address = address
    }

    deinit { unsafe penstock_table_writer_destroy(raw) }

    /// Appends rows of the schema that the file was made for.
    func write(_ block: Block) throws(StageError) {
        guard block.schema.fields.elementsEqual(fields, by: { $0.name == $1.name }) else {
            throw StageError(
                .invalidInput,
                "rows with columns [\(block.schema)] cannot go into a file with [\(Schema(fields))]."
            )
        }
        var array = unsafe try ArrowExport.array(block)
        try unsafe address.check { error, size in unsafe penstock_table_writer_write(raw, &array, error, size) }
    }

    /// Adds a pair to the file's metadata, where the format has a place for it.
    func set(metadata key: String, _ value: String) throws(StageError) {
        try unsafe address.check { error, size in
            unsafe penstock_table_writer_set_metadata(raw, key, value, error, size)
        }
    }

    /// Bytes that the file would have now.
    var byteCount: Bytes { Bytes(Int(unsafe penstock_table_writer_bytes_written(raw))) }

    /// Bytes of rows that are not in the file yet.
    var bufferedBytes: Int { Int(unsafe penstock_table_writer_buffered_bytes(raw)) }

    /// Writes the rest, flushes to the disk and closes.
    func finish() throws(StageError) {
        try unsafe address.check { error, size in unsafe penstock_table_writer_finish(raw, error, size) }
    }
}

/// A table file that is read.
///
/// - Thread: one at a time.
@safe
package final class TableFileReader {
    /// Size of a row group, as the file claims.
    struct RowGroup: Sendable {
        var rows: Int
        /// Encoded, not compressed.
        var bytes: Int
    }

    private let raw: OpaquePointer
    private let path: String
    private let address: TableAddress
    private var schema: ArrowSchema
    /// The file's columns, fields of structs one by one.
    package let columns: [TableColumn]
    /// Columns that are read.
    private var wanted: [TableColumn]
    /// The file's own columns that are read, as it counts them.
    private var order: [Int]

    /// Opens the file and reads its metadata, or the first block of a text.
    ///
    /// - `delimiter`: between the fields of CSV. `memoryLimit`: for what is read and the blocks that are still held.
    /// A path below a place that `files` opened is read with the keys of that place. In a store each range is tried several
    /// times, by the reader itself, which goes on where it was.
    ///
    /// - Throws: `.notFound`, `.damagedData`, `.inputOutput`, and `.tooLarge` beyond the limit; the message names the file.
    package init(
        _ path: String,
        format: OutputFormat,
        delimiter: Character = ",",
        memoryLimit: Bytes? = nil,
        files: StoreAccess? = nil
    ) throws(StageError) {
        let address = try TableAddress(path, files)
        var reader: OpaquePointer?
        let kind =
            switch format {
            case .parquet: PENSTOCK_TABLE_PARQUET
            case .csv: PENSTOCK_TABLE_CSV
            case .jsonl: PENSTOCK_TABLE_JSON_LINES
            }
        var options = penstock_table_reader_options()
        unsafe penstock_table_reader_options_init(&options)
        options.memory_limit_bytes = Int64(memoryLimit?.count ?? 0)
        options.csv_delimiter = CChar(bitPattern: delimiter.asciiValue ?? UInt8(ascii: ","))
        try unsafe address.check { error, size in
            unsafe penstock_table_reader_create(address.text, kind, &options, &reader, error, size)
        }
        guard let reader = unsafe reader else { preconditionFailure("a reader without a handle") }
        var schema = unsafe ArrowSchema()
        do throws(StageError) {
            try unsafe address.check { error, size in unsafe penstock_table_reader_schema(reader, &schema, error, size)
            }
        } catch {
            unsafe penstock_table_reader_destroy(reader)
            throw error
        }
        let columns = unsafe ArrowImport.columns(&schema)
        unsafe raw = reader
        self.path = path
        self.address = address
        unsafe self.schema = schema
        self.columns = columns
        wanted = columns
        order = columns.distinctRoots
    }

    deinit {
        if let release = unsafe schema.release { unsafe release(&schema) }
        unsafe penstock_table_reader_destroy(raw)
    }

    /// Rows in the file; nil for formats that do not say.
    package var rowCount: Int? {
        let count = unsafe penstock_table_reader_row_count(raw)
        return count < 0 ? nil : Int(count)
    }

    /// Row groups of a Parquet file; 0 for texts.
    package var rowGroupCount: Int { Int(unsafe penstock_table_reader_row_group_count(raw)) }

    /// What the file says of a row group.
    ///
    /// - Throws: `.damagedData` for impossible sizes.
    func rowGroup(_ index: Int) throws(StageError) -> RowGroup {
        var info = penstock_row_group_info()
        try unsafe address.check { error, size in
            unsafe penstock_table_reader_row_group_info(raw, Int32(index), &info, error, size)
        }
        guard info.rows >= 0 else {
            throw StageError(.damagedData, "cannot read \"\(path)\": row group \(index) claims \(info.rows) rows.")
        }
        return RowGroup(rows: Int(info.rows), bytes: Int(max(info.uncompressed_bytes, 0)))
    }

    /// Chooses what `next` gives from now on: some of the columns, in blocks of at most `maxRows` rows (0: as they come).
    ///
    /// A text is scanned once, and as a whole.
    func scan(_ rowGroups: Range<Int>?, _ columns: [TableColumn], maxRows: Int) throws(StageError) {
        wanted = columns
        order = columns.distinctRoots
        let indices = order.map { Int32($0) }
        let first = Int32(rowGroups?.lowerBound ?? 0)
        let count = rowGroups.map { Int32($0.count) } ?? -1
        try unsafe address.check { error, size in
            unsafe penstock_table_reader_scan(
                raw,
                first,
                count,
                indices,
                indices.count,
                Int64(maxRows),
                error,
                size
            )
        }
    }

    /// The next rows, or nil at the end.
    package func next() throws(StageError) -> Block? { try nextRows()?.block }

    /// The next rows and their number, which a block without columns does not know; nil at the end.
    func nextRows() throws(StageError) -> (block: Block, count: Int)? {
        var array = unsafe ArrowArray()
        try unsafe address.check { error, size in unsafe penstock_table_reader_next_batch(raw, &array, error, size) }
        if unsafe array.release == nil { return nil }
        let count = unsafe Int(array.length)
        do throws(StageError) {
            let block = try unsafe ArrowImport.block(array, schema: &schema, columns: wanted, order: order)
            return (block, count)
        } catch {
            throw StageError(error.code, "cannot read \"\(path)\": \(error.message)")
        }
    }
}

extension [TableColumn] {
    /// The file's columns that these are, or are part of, each once.
    fileprivate var distinctRoots: [Int] {
        var seen: Set<Int> = []
        return compactMap(\.position.first).filter { seen.insert($0).inserted }
    }

    /// A name that two of them have.
    var repeatedName: String? {
        var seen: Set<String> = []
        return first { !seen.insert($0.name).inserted }?.name
    }
}

/// Arrow C++'s version.
package var arrowVersion: String { unsafe String(cString: penstock_arrow_version()) }

/// What is opened for a path, and how errors speak of it.
private struct TableAddress {
    let path: String
    /// With keys and options, for the library alone.
    let text: String

    init(_ path: String, _ files: StoreAccess?) throws(StageError) {
        self.path = path
        if let files {
            text = try files.stores.address(of: path)
        } else {
            text = path
        }
    }

    func check(_ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) throws(StageError) {
        do throws(StageError) { try unsafe PenstockStages.check(call) } catch {
            throw StageError(error.code, readable(error.message))
        }
    }

    /// A message whose quoted location, which has the key's name and the options, is the path.
    private func readable(_ message: String) -> String {
        guard text != path, let scheme = text.firstIndex(of: ":").map({ text[...$0] }),
            let begin = message.firstRange(of: "\"\(scheme)//"),
            let end = message[begin.upperBound...].firstIndex(of: "\"")
        else { return message }
        return "\(message[..<begin.lowerBound])\"\(path)\"\(message[message.index(after: end)...])"
    }
}

private func check(_ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) throws(StageError) {
    let (status, message) = unsafe CErrorText.collect(call)
    guard status != 0 else { return }
    let code: StageError.Code =
        switch UInt32(status) {
        case PENSTOCK_ARROW_NOT_FOUND.rawValue: .notFound
        case PENSTOCK_ARROW_INVALID.rawValue: .damagedData
        case PENSTOCK_ARROW_UNSUPPORTED.rawValue: .unsupportedFormat
        case PENSTOCK_ARROW_LIMIT.rawValue: .tooLarge
        case PENSTOCK_ARROW_OUT_OF_MEMORY.rawValue: .outOfMemory
        case PENSTOCK_ARROW_CANCELLED.rawValue: .cancelled
        case PENSTOCK_ARROW_MISUSE.rawValue, PENSTOCK_ARROW_INTERNAL.rawValue: preconditionFailure(message)
        default: .inputOutput
        }
    throw StageError(code, message)
}
