package import PenstockCore
import PenstockPlan

/// Writes rows as parts of a table, each complete before it gets its name, and failed rows into quarantine.
///
/// A part is closed when it is large, and also after a while, so that a killed run loses little: after ten seconds, or after
/// a twentieth of the time that the run already takes. The number of parts thus grows with the logarithm of the run's length.
package struct TableSink: BlockSink {
    package let name = "write"
    private let folder: OutputFolder
    private let partBytes: Bytes
    /// Evaluated when a part is closed, because a model's hash is known only once it is loaded.
    private let metadata: @Sendable () -> [(String, String)]

    static let shortestPartSeconds = 10.0
    static let partShareOfRun = 0.05

    package init(_ folder: OutputFolder, partBytes: Bytes, metadata: @escaping @Sendable () -> [(String, String)]) {
        self.folder = folder
        self.partBytes = partBytes
        self.metadata = metadata
    }

    package struct Writer {
        let clock: any RunClock
        let started: RunInstant
        var nextPart: Int
        var nextQuarantine: Int
        var data: OpenPart?
        var quarantine: OpenPart?
        var summary = SinkSummary()
    }

    /// A part under its temporary name.
    final class OpenPart {
        let file: TableFileWriter
        let temporary: String
        let target: String
        let opened: RunInstant
        var rows = 0

        init(file: TableFileWriter, temporary: String, target: String, opened: RunInstant) {
            self.file = file
            self.temporary = temporary
            self.target = target
            self.opened = opened
        }
    }

    package func open(_ context: StageContext) throws(StageError) -> Writer {
        try FileSystem.makeDirectories(folder.temporary)
        return Writer(
            clock: context.clock,
            started: context.clock.now(),
            nextPart: Self.nextNumber(after: try folder.parts()),
            nextQuarantine: Self.nextNumber(after: try folder.quarantineParts())
        )
    }

    package func write(_ block: Block?, failures: [RowFailure], to writer: inout Writer) throws(StageError) {
        if let block, block.rowCount > 0 {
            if writer.data == nil { writer.data = try openData(block.schema, &writer) }
            try writer.data?.file.write(block)
            writer.data?.rows += block.rowCount
        }
        if !failures.isEmpty { try quarantine(failures, &writer) }
        if isDue(writer) { try closeParts(&writer) }
    }

    package func commit(_ writer: inout Writer) throws(StageError) -> SinkSummary {
        try closeParts(&writer)
        try FileSystem.removeDirectory(folder.temporary)
        return writer.summary
    }

    package func abort(_ writer: inout Writer) {
        let temporaries = [writer.data, writer.quarantine].compactMap { $0?.temporary }
        writer.data = nil  // an unfinished file removes itself
        writer.quarantine = nil
        do throws(StageError) {
            // A finished file that could not get its name is still there.
            for file in temporaries { try FileSystem.remove(file) }
            try FileSystem.removeDirectory(folder.temporary)
        } catch {
            // Nothing to add: the failure that led here is what the caller is told.
        }
    }

    // MARK: Parts

    private func openData(_ schema: Schema, _ writer: inout Writer) throws(StageError) -> OpenPart {
        defer { writer.nextPart += 1 }
        let name = "part-\(Self.padded(writer.nextPart)).\(folder.format.rawValue)"
        return try openPart(
            "\(folder.temporary)/\(name)",
            "\(folder.path)/\(name)",
            folder.format,
            schema,
            writer.clock.now()
        )
    }

    private func openPart(
        _ temporary: String,
        _ target: String,
        _ format: OutputFormat,
        _ schema: Schema,
        _ now: RunInstant
    ) throws(StageError) -> OpenPart {
        OpenPart(
            file: try TableFileWriter(temporary, format: format, schema: schema),
            temporary: temporary,
            target: target,
            opened: now
        )
    }

    private func quarantine(_ failures: [RowFailure], _ writer: inout Writer) throws(StageError) {
        let block = Block([
            "path": Column(strings: failures.map(\.path)),
            "stage": Column(strings: failures.map(\.stage)),
            "error": Column(strings: failures.map(\.code.description)),
            "message": Column(strings: failures.map(\.message)),
            "attempts": Column(int32: failures.map { Int32($0.attempts) }),
        ])
        if writer.quarantine == nil {
            try FileSystem.makeDirectories(folder.quarantine)
            let name = "part-\(Self.padded(writer.nextQuarantine)).parquet"
            writer.nextQuarantine += 1
            writer.quarantine = try openPart(
                "\(folder.temporary)/quarantine-\(name)",
                "\(folder.quarantine)/\(name)",
                .parquet,
                block.schema,
                writer.clock.now()
            )
        }
        try writer.quarantine?.file.write(block)
        writer.quarantine?.rows += block.rowCount
    }

    private func isDue(_ writer: Writer) -> Bool {
        guard let opened = [writer.data?.opened, writer.quarantine?.opened].compactMap({ $0 }).min() else {
            return false
        }
        if let data = writer.data, data.file.byteCount >= partBytes { return true }
        let now = writer.clock.now()
        let interval = max(Self.shortestPartSeconds, Self.partShareOfRun * now.seconds(since: writer.started))
        return now.seconds(since: opened) >= interval
    }

    /// Completes the open files, then gives them their names.
    private func closeParts(_ writer: inout Writer) throws(StageError) {
        let parts = [writer.quarantine, writer.data].compactMap { $0 }
        for part in parts {
            for (key, value) in metadata() { try part.file.set(metadata: key, value) }
            try part.file.finish()
        }
        for part in parts { try FileSystem.rename(part.temporary, to: part.target) }
        if !parts.isEmpty { try FileSystem.append(commitLine(writer), to: folder.commits) }
        if let data = writer.data {
            writer.summary.rowCount += data.rows
            writer.summary.bytes += data.file.byteCount
            writer.summary.parts.append(data.target)
        }
        writer.data = nil
        writer.quarantine = nil
    }

    private func commitLine(_ writer: Writer) -> String {
        let name = writer.data?.target.split(separator: "/").last.map { "\"\($0)\"" } ?? "null"
        return "{\"part\":\(name),\"rows\":\(writer.data?.rows ?? 0),\"quarantined\":\(writer.quarantine?.rows ?? 0)}"
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// One more than the highest number among `…/part-00012.parquet`.
    private static func nextNumber(after parts: [String]) -> Int {
        let numbers = parts.compactMap { path in
            path.split(separator: "/").last.flatMap { OutputFolder.partNumber(String($0)) }
        }
        return (numbers.max() ?? -1) + 1
    }
}
