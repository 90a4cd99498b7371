public import PenstockCore
public import PenstockPlan
import PenstockStages

/// Predictions that an earlier run wrote.
public struct Predictions: Sendable {
    private let folder: OutputFolder
    private let parts: [String]

    /// Opens a folder of predictions.
    ///
    /// - Throws: `StageError` when there is no such folder or it holds no parts.
    public init(in directory: String) throws(StageError) {
        let files = StoreAccess()
        guard let format = try OutputFolder.formatOfParts(in: directory, files: files) else {
            let path = OutputFolder(directory, format: .parquet, files: files).path
            throw StageError(.notFound, "\"\(path)\" holds no predictions (no part-*.parquet, .csv or .jsonl).")
        }
        folder = OutputFolder(directory, format: format, files: files)
        parts = try folder.parts()
    }

    /// Number of part files.
    public var partCount: Int { parts.count }
    /// Their format.
    public var format: OutputFormat { folder.format }

    /// Rows in all parts; nil for formats that do not say without reading them.
    public func rowCount() throws(StageError) -> Int? {
        var total = 0
        for part in parts {
            guard let count = try folder.table(part, format: folder.format).rowCount else { return nil }
            total += count
        }
        return total
    }

    /// The first rows, in the order of the parts.
    public func rows(atMost limit: Int) throws(StageError) -> [Block] {
        try Self.firstRows(of: parts, in: folder, format: folder.format, atMost: limit)
    }

    /// The rows in quarantine of a folder of predictions, as far as there are any.
    ///
    /// - Throws: `StageError` when a quarantine file cannot be read.
    public static func quarantined(in directory: String, atMost limit: Int) throws(StageError) -> [Block] {
        let folder = OutputFolder(directory, format: .parquet)
        return try firstRows(of: folder.quarantineParts(), in: folder, format: .parquet, atMost: limit)
    }

    private static func firstRows(
        of files: [String],
        in folder: OutputFolder,
        format: OutputFormat,
        atMost limit: Int
    ) throws(StageError) -> [Block] {
        var blocks: [Block] = []
        var missing = limit
        for file in files where missing > 0 {
            let reader = try folder.table(file, format: format)
            while missing > 0, let block = try reader.next() {
                let rows = block.slice(0..<min(block.rowCount, missing))
                missing -= rows.rowCount
                blocks.append(rows)
            }
        }
        return blocks
    }
}
