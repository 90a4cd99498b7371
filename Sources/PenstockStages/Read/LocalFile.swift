import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file of this machine, as two numbers: who holds it closes it.
struct LocalFile {
    let size: Int
    private let descriptor: Int32

    /// Opens a regular file.
    ///
    /// - Throws: `.notFound`, `.inputOutput`, also for what is no regular file.
    /// - Cost: three calls of the system, no allocation.
    @unsafe
    init(_ path: UnsafePointer<CChar>) throws(StageError) {
        // O_NONBLOCK: a named pipe in a folder of images must not stop the run.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code: StageError.Code = errno == ENOENT ? .notFound : .inputOutput
            throw StageError(code, "cannot open the file: \(Platform.errorText(errno)).")
        }
        guard let facts = FileFacts(descriptor: descriptor), facts.kind == .file else {
            _ = Self.close(descriptor)
            throw StageError(.inputOutput, "it is not a regular file.")
        }
        self.descriptor = descriptor
        size = facts.size
    }

    /// Opens the file that text of a table names, unless it names a place in a store or cannot be said in C: then nil.
    ///
    /// - Cost: no allocation for paths of up to a kilobyte.
    static func named(_ text: Span<UInt8>) throws(StageError) -> LocalFile? {
        var colon = false
        for index in text.indices {
            if text[index] == 0 || (colon && text[index] == UInt8(ascii: "/")) { return nil }
            colon = text[index] == UInt8(ascii: ":")
        }
        let result = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { path in
            for index in text.indices { unsafe path.initializeElement(at: index, to: CChar(bitPattern: text[index])) }
            unsafe path.initializeElement(at: text.count, to: 0)
            return Result { () throws(StageError) in
                guard let start = path.baseAddress else { return nil as LocalFile? }
                return try unsafe LocalFile(start)
            }
        }
        return try result.get()
    }

    /// Fills a buffer from byte `start` of the file on; returns how much there was.
    ///
    /// What fails for a passing reason is tried again at once, `retries` times.
    func read(
        from start: Int = 0,
        into buffer: UnsafeMutableRawBufferPointer,
        retries: Int,
        attempts: inout Int,
        path: @autoclosure () -> String
    ) throws(StageError) -> Int {
        while true {
            attempts += 1
            do throws(StageError) {
                guard lseek(descriptor, start, SEEK_SET) == start else {
                    throw StageError(.inputOutput, "cannot seek: \(Platform.errorText(errno)).")
                }
                return try unsafe FileSystem.readAll(descriptor, into: buffer, path: path())
            } catch {
                let isPassing = [EIO, EAGAIN, ETIMEDOUT, ESTALE, ENOMEM].contains(errno)
                if !isPassing || attempts > retries { throw error }
            }
        }
    }

    func close() { _ = Self.close(descriptor) }

    private static func close(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.close(descriptor)
        #else
            Darwin.close(descriptor)
        #endif
    }
}
