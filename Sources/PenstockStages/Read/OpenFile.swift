import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is open for reading; closed when its life ends.
final class OpenFile {
    let path: String
    let size: Int
    private let descriptor: Int32

    /// - Throws: `.notFound`, `.inputOutput` for what is no regular file, `.tooLarge` beyond `limit`.
    init(_ path: String, limit: Bytes = Bytes(.max)) throws(StageError) {
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

    /// Fills a buffer from byte `start` of the file on; returns how much there was.
    ///
    /// What fails for a passing reason is tried `retries` times more.
    func read(
        from start: Int = 0,
        into buffer: UnsafeMutableRawBufferPointer,
        retries: Int,
        attempts: inout Int
    ) throws(StageError) -> Int {
        while true {
            attempts += 1
            do throws(StageError) {
                guard lseek(descriptor, start, SEEK_SET) == start else {
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
