package import PenstockCore

/// Reads whole files: `path, size` → `path: string, bytes: binary`, or `bytes` alone.
package struct ReadFilesTransform: BatchTransform {
    package let name = "read"
    private let retries: Int
    private let fileLimit: Bytes
    private let includePaths: Bool

    /// Files larger than `fileLimit` are quarantined; reads that fail for a passing reason are tried `retries` times more.
    package init(retries: Int, fileLimit: Bytes = .mebibytes(512), includePaths: Bool = true) {
        self.retries = retries
        self.fileLimit = fileLimit
        self.includePaths = includePaths
    }

    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

    package func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        var files: [OpenFile] = []
        var output = TransformOutput([])
        var total = 0
        for row in 0..<paths.count {
            let path = paths.string(row)
            do throws(StageError) {
                let file = try OpenFile(path, limit: fileLimit)
                if total + file.size > Int(Int32.max) {  // Arrow's limit for one column
                    read(&files, into: &output)
                    total = 0
                }
                total += file.size
                files.append(file)
            } catch {
                output.failures.append(RowFailure(path: path, stage: name, error: error))
            }
        }
        read(&files, into: &output)
        return output
    }

    package func outputBytes(for block: Block) -> Bytes {
        guard case .int64(let sizes)? = block["size"]?.values else { return block.byteCount }
        return block.byteCount + Bytes(sizes.array.reduce(0) { $0 + Int(min($1, Int64(fileLimit.count))) })
    }

    /// Reads all files back to back into one buffer: one allocation for the block, whatever the number of files.
    private func read(_ files: inout [OpenFile], into output: inout TransformOutput) {
        defer { files = [] }
        var bytes = MutableBuffer<UInt8>(count: files.reduce(0) { $0 + $1.size })
        var offsets: [Int32] = [0]
        var paths: [String] = []
        var position = 0
        unsafe bytes.withUnsafeMutablePointer { base in
            for file in files {
                var attempts = 0
                do throws(StageError) {
                    let target = unsafe UnsafeMutableRawBufferPointer(start: base + position, count: file.size)
                    position += try unsafe file.read(into: target, retries: retries, attempts: &attempts)
                    paths.append(file.path)
                    offsets.append(Int32(position))
                } catch {
                    output.failures.append(RowFailure(path: file.path, stage: name, error: error, attempts: attempts))
                }
            }
        }
        let values = VariableBytes(offsets: Buffer(offsets), bytes: bytes.freeze(count: position))
        if paths.isEmpty { return }
        let contents = Column(.binary(values))
        output.blocks.append(
            includePaths ? Block(["path": Column(strings: paths), "bytes": contents]) : Block(["bytes": contents])
        )
    }
}
