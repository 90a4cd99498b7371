package import PenstockCore
import PenstockPlan

/// Writes rows as parts of a table, each complete before it gets its name, and failed rows into quarantine.
///
/// A part is closed when it is large, and also after a while, so that a killed run loses little: after ten seconds, or after
/// a twentieth of the time that the run already takes. The number of parts thus grows with the logarithm of the run's length.
///
/// With `partitionBy` a row goes into the folder of its values, see `Partitioning`. At most `mostOpenParts` parts are open
/// at once, and at most `bufferLimit` of rows wait in memory for their part: beyond that the part that was written longest
/// ago, or that holds most, is closed early. Rows that come ordered by their partitions thus give the fewest parts.
package struct TableSink: BlockSink {
    package let name = "write"
    private let folder: OutputFolder
    private let partBytes: Bytes
    private let rowsPerFile: Int
    private let rowGroupBytes: Bytes?
    private let partitioning: Partitioning?
    /// Evaluated when a part is closed, because a model's hash is known only once it is loaded.
    private let metadata: @Sendable () -> [(String, String)]

    static let shortestPartSeconds = 10.0
    static let partShareOfRun = 0.05
    static let mostOpenParts = 100
    static let bufferLimit = Bytes.mebibytes(256)

    /// - `partBytes`, `rowsPerFile`: a part is closed when it has so many bytes, and never has more rows than this.
    /// - `partitionBy`: columns whose values name the folders, outermost first.
    package init(
        _ folder: OutputFolder,
        partBytes: Bytes,
        rowsPerFile: Int? = nil,
        rowGroupBytes: Bytes? = nil,
        partitionBy: [String] = [],
        metadata: @escaping @Sendable () -> [(String, String)]
    ) {
        self.folder = folder
        self.partBytes = partBytes
        self.rowGroupBytes = rowGroupBytes
        self.rowsPerFile = max(rowsPerFile ?? .max, 1)
        partitioning = partitionBy.isEmpty ? nil : Partitioning(columns: partitionBy)
        self.metadata = metadata
    }

    package struct Writer {
        let clock: any RunClock
        let started: RunInstant
        var nextPart: Int
        var nextQuarantine: Int
        /// Open parts, by the folder that they will be in.
        var data: [String: OpenPart] = [:]
        var quarantine: OpenPart?
        var writeCount = 0
        var summary = SinkSummary()
    }

    /// A part under its temporary name.
    final class OpenPart {
        let file: TableFileWriter
        let number: Int
        let temporary: String
        /// The folder within the output.
        let inner: String
        let target: String
        let opened: RunInstant
        var rows = 0
        /// When it was written last, in writes of the sink.
        var lastWrite = 0

        init(
            file: TableFileWriter,
            number: Int,
            temporary: String,
            inner: String,
            target: String,
            opened: RunInstant
        ) {
            self.file = file
            self.number = number
            self.temporary = temporary
            self.inner = inner
            self.target = target
            self.opened = opened
        }
    }

    package func open(_ context: StageContext) throws(StageError) -> Writer {
        folder.files.follow(context)
        try folder.begin()
        return Writer(
            clock: context.clock,
            started: context.clock.now(),
            nextPart: Self.nextNumber(after: try folder.parts()),
            nextQuarantine: Self.nextNumber(after: try folder.quarantineParts())
        )
    }

    package func write(_ block: Block?, failures: [RowFailure], to writer: inout Writer) throws(StageError) {
        if !failures.isEmpty { try quarantine(failures, &writer) }
        if let block, block.rowCount > 0 {
            writer.summary.rowsWithoutAnswer += block.rowsWithoutAnswer
            if let partitioning {
                for (inner, rows) in try partitioning.parts(of: block) { try write(rows, into: inner, &writer) }
            } else {
                try write(block, into: "", &writer)
            }
        }
        if isOverdue(writer) { try close(writer.parts, quarantine: true, &writer) }
    }

    package func commit(_ writer: inout Writer) throws(StageError) -> SinkSummary {
        try close(writer.parts, quarantine: true, &writer)
        try folder.end(unfinished: [])
        return writer.summary
    }

    package func abort(_ writer: inout Writer) {
        let temporaries = (writer.parts + [writer.quarantine].compactMap { $0 }).map(\.temporary)
        writer.data = [:]  // an unfinished file removes itself
        writer.quarantine = nil
        do throws(StageError) {
            // A finished file that could not get its name is still there.
            try folder.end(unfinished: temporaries)
        } catch {
            // Nothing to add: the failure that led here is what the caller is told.
        }
    }

    /// Writes a part without rows, so that readers of the folder find its columns; for a run that had none to write.
    package func writeEmptyPart(_ schema: Schema) throws(StageError) {
        let context = StageContext.outsideOfRuns
        var writer = try open(context)
        do throws(StageError) {
            _ = try openPart("", schema, &writer)
            _ = try commit(&writer)
        } catch {
            abort(&writer)
            throw error
        }
    }

    // MARK: Parts

    private func write(_ rows: Block, into inner: String, _ writer: inout Writer) throws(StageError) {
        var position = 0
        while position < rows.rowCount {
            let part = try openPart(inner, rows.schema, &writer)
            let count = min(rows.rowCount - position, rowsPerFile - part.rows)
            try part.file.write(rows.slice(position..<position + count))
            part.rows += count
            position += count
            writer.writeCount += 1
            part.lastWrite = writer.writeCount
            if part.file.byteCount >= partBytes || part.rows >= rowsPerFile {
                try close([part], quarantine: partitioning == nil, &writer)
            }
        }
        while writer.data.count > 1,
            writer.data.values.reduce(0, { $0 + $1.file.bufferedBytes }) > Self.bufferLimit.count
        {
            guard let largest = writer.parts.max(by: { $0.file.bufferedBytes < $1.file.bufferedBytes }) else { break }
            try close([largest], quarantine: false, &writer)
        }
    }

    /// The open part of a folder, made if there is none.
    private func openPart(_ inner: String, _ schema: Schema, _ writer: inout Writer) throws(StageError) -> OpenPart {
        if let part = writer.data[inner] { return part }
        if writer.data.count >= Self.mostOpenParts, let oldest = writer.parts.min(by: { $0.lastWrite < $1.lastWrite }) {
            try close([oldest], quarantine: false, &writer)
        }
        let name = "part-\(Self.padded(writer.nextPart)).\(folder.format.rawValue)"
        let target = folder.target(inner.isEmpty ? name : "\(inner)/\(name)")
        let temporary = folder.unfinished(name, of: target)
        let part = OpenPart(
            file: try TableFileWriter(
                temporary,
                format: folder.format,
                schema: schema,
                rowGroupBytes: rowGroupBytes,
                files: folder.files
            ),
            number: writer.nextPart,
            temporary: temporary,
            inner: inner,
            target: target,
            opened: writer.clock.now()
        )
        writer.nextPart += 1
        writer.data[inner] = part
        return part
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
            let name = "part-\(Self.padded(writer.nextQuarantine)).\(OutputFolder.quarantineEnding)"
            let target = folder.target("_penstock/quarantine/\(name)")
            let temporary = folder.unfinished("quarantine-\(name)", of: target)
            writer.quarantine = OpenPart(
                file: try TableFileWriter(temporary, format: .parquet, schema: block.schema, files: folder.files),
                number: writer.nextQuarantine,
                temporary: temporary,
                inner: "",
                target: target,
                opened: writer.clock.now()
            )
            writer.nextQuarantine += 1
        }
        try writer.quarantine?.file.write(block)
        writer.quarantine?.rows += block.rowCount
    }

    private func isOverdue(_ writer: Writer) -> Bool {
        var first = writer.quarantine?.opened
        for part in writer.data.values { first = min(first ?? part.opened, part.opened) }
        guard let opened = first else { return false }
        let now = writer.clock.now()
        let interval = max(Self.shortestPartSeconds, Self.partShareOfRun * now.seconds(since: writer.started))
        return now.seconds(since: opened) >= interval
    }

    /// Completes some of the open files, then gives them their names, quarantine first.
    private func close(_ parts: [OpenPart], quarantine: Bool, _ writer: inout Writer) throws(StageError) {
        let failed = quarantine ? writer.quarantine : nil
        for part in parts + [failed].compactMap({ $0 }) {
            for (key, value) in metadata() { try part.file.set(metadata: key, value) }
            // In a store a part that is complete is there, so each waits for its turn.
            if folder.remote == nil { try part.file.finish() }
        }
        if let failed {
            if folder.remote == nil { try FileSystem.makeDirectories(folder.quarantine) }
            try folder.publish(failed.file, failed.temporary, as: failed.target)
            writer.quarantine = nil
            if parts.isEmpty { try log(nil, number: failed.number, quarantined: failed.rows) }
        }
        for (index, part) in parts.enumerated() {
            if !part.inner.isEmpty, folder.remote == nil {
                try FileSystem.makeDirectories("\(folder.path)/\(part.inner)")
            }
            try folder.publish(part.file, part.temporary, as: part.target)
            writer.data[part.inner] = nil
            writer.summary.rowCount += part.rows
            writer.summary.bytes += part.file.byteCount
            writer.summary.parts.append(part.target)
            try log(part, number: part.number, quarantined: index == 0 ? failed?.rows ?? 0 : 0)
        }
    }

    /// Adds a line to the log of commits.
    private func log(_ part: OpenPart?, number: Int, quarantined: Int) throws(StageError) {
        let relative = part.flatMap { part in
            part.target.split(separator: "/").last.map { part.inner.isEmpty ? String($0) : "\(part.inner)/\($0)" }
        }
        let name = relative.map { "\"\($0)\"" } ?? "null"
        let line = "{\"part\":\(name),\"rows\":\(part?.rows ?? 0),\"quarantined\":\(quarantined)}"
        try folder.log(line, as: "\(part == nil ? "quarantine" : "part")-\(Self.padded(number))")
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

extension TableSink.Writer {
    /// The open parts in the order of their numbers.
    fileprivate var parts: [TableSink.OpenPart] { data.values.sorted { $0.number < $1.number } }
}
