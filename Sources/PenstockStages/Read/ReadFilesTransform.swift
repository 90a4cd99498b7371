package import PenstockCore

/// Reads whole files: `path, size` → `path: string, bytes: binary`, or `bytes` alone.
package struct ReadFilesTransform: BatchTransform {
    package let name = "read"
    private let retries: Int
    private let fileLimit: Bytes
    private let includePaths: Bool
    private let files: StoreAccess
    /// What is reserved for a file of a store whose size a list of paths does not tell.
    private static let assumedSize = 1 << 20

    /// Files larger than `fileLimit` are quarantined; reads that fail for a passing reason are tried `retries` times more.
    package init(
        retries: Int,
        fileLimit: Bytes = .mebibytes(512),
        includePaths: Bool = true,
        files: StoreAccess = StoreAccess()
    ) {
        self.retries = retries
        self.fileLimit = fileLimit
        self.includePaths = includePaths
        self.files = files
    }

    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) { files.follow(context) }

    package func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        let sizes = batch.block["size"].flatMap { if case .int64(let sizes) = $0.values { sizes } else { nil } }
        var opened = OpenFiles(capacity: paths.count)
        var output = TransformOutput([])
        for row in 0..<paths.count {
            do throws(StageError) {
                let (file, size) = try open(paths, row, size: sizes.map { Int($0[row]) })
                let full = opened.byteCount + size > Int(Int32.max) ? opened : nil  // Arrow's limit for one column
                if full != nil { opened = OpenFiles(capacity: paths.count - row) }
                opened.append(file, row: row, size: size)
                if let full { try read(full, paths, into: &output) }
            } catch {
                if error.code == .cancelled { throw error }
                output.failures.append(RowFailure(path: paths.string(row), stage: name, error: error))
            }
        }
        try read(opened, paths, into: &output)
        return output
    }

    /// - Cost: no allocation for a file of this machine.
    private func open(
        _ paths: VariableBytes,
        _ row: Int,
        size: Int?
    ) throws(StageError) -> (file: OpenFiles.File, size: Int) {
        if let file = try paths.value(row).withSpan({ (path) throws(StageError) in try LocalFile.named(path) }) {
            if file.size <= fileLimit.count { return (.local(file), file.size) }
            file.close()
            throw OpenFile.tooLarge(file.size, fileLimit)
        }
        // A list of paths tells no sizes; then the store does.
        let file = try OpenFile(paths.string(row), known: size == 0 ? nil : size, limit: fileLimit, files: files)
        return (.any(file), file.size)
    }

    package func outputBytes(for block: Block) -> Bytes {
        guard case .int64(let sizes)? = block["size"]?.values else { return block.byteCount }
        let paths = block["path"].flatMap { if case .string(let paths) = $0.values { paths } else { nil } }
        var total = 0
        for (row, size) in sizes.array.enumerated() {
            let isUnknown = size == 0 && paths?.string(row).contains("://") == true
            total += isUnknown ? Self.assumedSize : Int(min(max(size, 0), Int64(fileLimit.count)))
        }
        return block.byteCount + Bytes(total)
    }

    /// Reads all files back to back into one buffer: one allocation for the block, whatever the number of files.
    private func read(
        _ files: OpenFiles,
        _ paths: VariableBytes,
        into output: inout TransformOutput
    ) throws(StageError) {
        var bytes = MutableBuffer<UInt8>(count: files.byteCount)
        var offsets = MutableBuffer<Int32>(count: files.count + 1)
        offsets.withMutableSpan { $0[0] = 0 }
        var rows: [Int] = []
        rows.reserveCapacity(files.count)
        var position = 0
        var interruption: StageError?
        unsafe bytes.withUnsafeMutablePointer { base in
            for file in files.entries where interruption == nil {
                var attempts = 0
                defer { output.retryCount += max(attempts - 1, 0) }
                do throws(StageError) {
                    let target = unsafe UnsafeMutableRawBufferPointer(start: base + position, count: file.size)
                    position += try unsafe read(file, paths, into: target, attempts: &attempts)
                    rows.append(file.row)
                    offsets.withMutableSpan { $0[rows.count] = Int32(position) }
                } catch {
                    // Not quarantined: a run that goes on from here reads the file.
                    if error.code == .cancelled { interruption = error }
                    let path = paths.string(file.row)
                    output.failures.append(RowFailure(path: path, stage: name, error: error, attempts: attempts))
                }
            }
        }
        if let interruption { throw interruption }
        if rows.isEmpty { return }
        let values = VariableBytes(offsets: offsets.freeze(count: rows.count + 1), bytes: bytes.freeze(count: position))
        output.blocks.append(block(Column(.binary(values)), of: rows, paths))
    }

    private func block(_ contents: Column, of rows: [Int], _ paths: VariableBytes) -> Block {
        if !includePaths { return Block(["bytes": contents]) }
        // The usual case: every file was read, and the paths are those that came.
        let kept = rows.count == paths.count ? paths : VariableBytes(rows.map { paths.string($0) })
        return Block(["path": Column(.string(kept)), "bytes": contents])
    }

    private func read(
        _ entry: OpenFiles.Entry,
        _ paths: VariableBytes,
        into target: UnsafeMutableRawBufferPointer,
        attempts: inout Int
    ) throws(StageError) -> Int {
        switch entry.file {
        case .local(let file):
            try unsafe file.read(into: target, retries: retries, attempts: &attempts, path: paths.string(entry.row))
        case .any(let file):
            try unsafe file.read(into: target, retries: retries, attempts: &attempts)
        }
    }
}

/// Files of one task that are open; all are closed at its end.
private final class OpenFiles {
    enum File {
        case local(LocalFile)
        /// Closes itself.
        case any(OpenFile)
    }

    struct Entry {
        let file: File
        let row: Int
        let size: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var byteCount = 0

    init(capacity: Int) { entries.reserveCapacity(capacity) }

    var count: Int { entries.count }

    func append(_ file: File, row: Int, size: Int) {
        entries.append(Entry(file: file, row: row, size: size))
        byteCount += size
    }

    deinit {
        for case .local(let file) in entries.lazy.map(\.file) { file.close() }
    }
}
