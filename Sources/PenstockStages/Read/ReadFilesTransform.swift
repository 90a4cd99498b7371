package import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads whole files: `path, size` → `path: string, bytes: binary`.
package struct ReadFilesTransform: BatchTransform {
    package let name = "read"
    private let retries: Int
    private let fileLimit: Bytes

    /// Files larger than `fileLimit` are quarantined; reads that fail for a passing reason are tried `retries` times more.
    package init(retries: Int, fileLimit: Bytes = .mebibytes(512)) {
        self.retries = retries
        self.fileLimit = fileLimit
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
        output.blocks.append(Block(["path": Column(strings: paths), "bytes": Column(.binary(values))]))
    }
}

/// A file that is open for reading; closed when its life ends.
private final class OpenFile {
    let path: String
    let size: Int
    private let descriptor: Int32

    init(_ path: String, limit: Bytes) throws(StageError) {
        self.path = path
        // O_NONBLOCK: a named pipe in a folder of images must not stop the run.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code: StageError.Code = errno == ENOENT ? .notFound : .inputOutput
            size = 0
            throw StageError(code, "cannot open the file: \(Platform.errorText(errno)).")
        }
        guard let facts = FileFacts(descriptor: descriptor), facts.kind == .file else {
            size = 0
            throw StageError(.inputOutput, "it is not a regular file.")
        }
        size = facts.size
        guard size <= limit.count else {
            throw StageError(.tooLarge, "the file has \(Bytes(size)); the limit is \(limit).")
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, retries: Int, attempts: inout Int) throws(StageError) -> Int {
        while true {
            attempts += 1
            do throws(StageError) {
                guard lseek(descriptor, 0, SEEK_SET) == 0 else {
                    throw StageError(.inputOutput, "cannot seek: \(Platform.errorText(errno)).")
                }
                return try unsafe FileSystem.readAll(descriptor, into: buffer, path: path)
            } catch {
                let isPassing = [EIO, EAGAIN, ETIMEDOUT, ESTALE, ENOMEM].contains(errno)
                if !isPassing || attempts > retries { throw error }
            }
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
