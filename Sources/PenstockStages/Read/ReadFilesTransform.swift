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
        var opened: [OpenFile] = []
        var output = TransformOutput([])
        var total = 0
        for row in 0..<paths.count {
            let path = paths.string(row)
            do throws(StageError) {
                // A list of paths tells no sizes; then the store does.
                let known = sizes.map { Int($0[row]) }
                let file = try OpenFile(path, known: known == 0 ? nil : known, limit: fileLimit, files: files)
                if total + file.size > Int(Int32.max) {  // Arrow's limit for one column
                    try read(&opened, into: &output)
                    total = 0
                }
                total += file.size
                opened.append(file)
            } catch {
                if error.code == .cancelled { throw error }
                output.failures.append(RowFailure(path: path, stage: name, error: error))
            }
        }
        try read(&opened, into: &output)
        return output
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
    private func read(_ files: inout [OpenFile], into output: inout TransformOutput) throws(StageError) {
        defer { files = [] }
        var bytes = MutableBuffer<UInt8>(count: files.reduce(0) { $0 + $1.size })
        var offsets: [Int32] = [0]
        var paths: [String] = []
        var position = 0
        var interruption: StageError?
        unsafe bytes.withUnsafeMutablePointer { base in
            for file in files where interruption == nil {
                var attempts = 0
                defer { output.retryCount += max(attempts - 1, 0) }
                do throws(StageError) {
                    let target = unsafe UnsafeMutableRawBufferPointer(start: base + position, count: file.size)
                    position += try unsafe file.read(into: target, retries: retries, attempts: &attempts)
                    paths.append(file.path)
                    offsets.append(Int32(position))
                } catch {
                    // Not quarantined: a run that goes on from here reads the file.
                    if error.code == .cancelled { interruption = error }
                    output.failures.append(RowFailure(path: file.path, stage: name, error: error, attempts: attempts))
                }
            }
        }
        if let interruption { throw interruption }
        let values = VariableBytes(offsets: Buffer(offsets), bytes: bytes.freeze(count: position))
        if paths.isEmpty { return }
        let contents = Column(.binary(values))
        output.blocks.append(
            includePaths ? Block(["path": Column(strings: paths), "bytes": contents]) : Block(["bytes": contents])
        )
    }
}
