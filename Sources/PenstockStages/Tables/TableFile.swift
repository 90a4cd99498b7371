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

    /// Creates the file.
    init(_ path: String, format: OutputFormat, schema: Schema) throws(StageError) {
        fields = schema.fields
        var writer: OpaquePointer?
        var columns = unsafe try ArrowExport.schema(schema.fields)
        let kind =
            switch format {
            case .parquet: PENSTOCK_TABLE_PARQUET
            case .csv: PENSTOCK_TABLE_CSV
            case .jsonl: PENSTOCK_TABLE_JSON_LINES
            }
        try unsafe check { error, size in
            unsafe penstock_table_writer_create(path, kind, &columns, nil, &writer, error, size)
        }
        guard let writer = unsafe writer else { preconditionFailure("a writer without a handle") }
        unsafe raw = writer
    }

    deinit { unsafe penstock_table_writer_destroy(raw) }

    /// Appends rows of the schema that the file was made for.
    func write(_ block: Block) throws(StageError) {
        guard block.schema.fields.map(\.name) == fields.map(\.name) else {
            throw StageError(
                .invalidInput,
                "rows with columns [\(block.schema)] cannot go into a file with [\(Schema(fields))]."
            )
        }
        var array = unsafe try ArrowExport.array(block)
        try unsafe check { error, size in unsafe penstock_table_writer_write(raw, &array, error, size) }
    }

    /// Adds a pair to the file's metadata, where the format has a place for it.
    func set(metadata key: String, _ value: String) throws(StageError) {
        try unsafe check { error, size in unsafe penstock_table_writer_set_metadata(raw, key, value, error, size) }
    }

    /// Bytes that the file would have now.
    var byteCount: Bytes { Bytes(Int(unsafe penstock_table_writer_bytes_written(raw))) }

    /// Writes the rest, flushes to the disk and closes.
    func finish() throws(StageError) {
        try unsafe check { error, size in unsafe penstock_table_writer_finish(raw, error, size) }
    }
}

/// A table file that is read.
@safe
package final class TableFileReader {
    private let raw: OpaquePointer

    /// Opens the file and reads its metadata.
    package init(_ path: String, format: OutputFormat) throws(StageError) {
        var reader: OpaquePointer?
        let kind =
            switch format {
            case .parquet: PENSTOCK_TABLE_PARQUET
            case .csv: PENSTOCK_TABLE_CSV
            case .jsonl: PENSTOCK_TABLE_JSON_LINES
            }
        try unsafe check { error, size in unsafe penstock_table_reader_create(path, kind, nil, &reader, error, size) }
        guard let reader = unsafe reader else { preconditionFailure("a reader without a handle") }
        unsafe raw = reader
    }

    deinit { unsafe penstock_table_reader_destroy(raw) }

    /// Rows in the file; nil for formats that do not say.
    package var rowCount: Int? {
        let count = unsafe penstock_table_reader_row_count(raw)
        return count < 0 ? nil : Int(count)
    }

    /// The next rows, or nil at the end.
    package func next() throws(StageError) -> Block? {
        var schema = unsafe ArrowSchema()
        try unsafe check { error, size in unsafe penstock_table_reader_schema(raw, &schema, error, size) }
        defer { if let release = unsafe schema.release { unsafe release(&schema) } }
        var array = unsafe ArrowArray()
        try unsafe check { error, size in unsafe penstock_table_reader_next_batch(raw, &array, error, size) }
        if unsafe array.release == nil { return nil }
        return try unsafe ArrowImport.block(array, schema: &schema)
    }
}

/// Arrow C++'s version.
package var arrowVersion: String { unsafe String(cString: penstock_arrow_version()) }

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
