import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is open for reading, here or in a store; closed when its life ends.
final class OpenFile {
    private enum Origin {
        case descriptor(Int32)
        case store(FileStores.Place, StoreAccess)
    }

    let path: String
    let size: Int
    private let origin: Origin

    /// Opens a path of a table; one in a store has `known` bytes, or the store is asked.
    ///
    /// - Throws: `.notFound`, `.inputOutput` for what is no regular file, `.tooLarge` beyond `limit`.
    init(_ path: String, known: Int? = nil, limit: Bytes = Bytes(.max), files: StoreAccess) throws(StageError) {
        self.path = path
        let location = try Location(path)
        if let local = location.localPath {
            let descriptor = try Self.descriptor(of: local)
            origin = .descriptor(descriptor)
            guard let facts = FileFacts(descriptor: descriptor), facts.kind == .file else {
                size = 0
                throw StageError(.inputOutput, "it is not a regular file.")
            }
            size = facts.size
        } else {
            let place = try files.place(of: path)
            origin = .store(place, files)
            size = try files.call { () throws(FileError) in
                try place.store.size(of: place.path, known: known, atMost: Bytes(.max))
            }
        }
        guard size <= limit.count else {
            throw StageError(.tooLarge, "the file has \(Bytes(size)); the limit is \(limit).")
        }
    }

    private static func descriptor(of path: String) throws(StageError) -> Int32 {
        // O_NONBLOCK: a named pipe in a folder of images must not stop the run.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code: StageError.Code = errno == ENOENT ? .notFound : .inputOutput
            throw StageError(code, "cannot open the file: \(Platform.errorText(errno)).")
        }
        return descriptor
    }

    /// Whether each read is a request of its own, which larger pieces make fewer.
    var isRemote: Bool { if case .store = origin { true } else { false } }

    /// Fills a buffer from byte `start` of the file on; returns how much there was.
    ///
    /// What fails for a passing reason is tried again, here `retries` times at once, in a store as its access says.
    func read(
        from start: Int = 0,
        into buffer: UnsafeMutableRawBufferPointer,
        retries: Int,
        attempts: inout Int
    ) throws(StageError) -> Int {
        switch origin {
        case .descriptor(let descriptor):
            return try unsafe read(descriptor, from: start, into: buffer, retries: retries, attempts: &attempts)
        case .store(let place, let files):
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, size - start)])
            if unsafe target.isEmpty { return 0 }
            try files.retries.run(counting: &attempts) { () throws(FileError) in
                try unsafe place.store.read(place.path, size: size, offset: start, into: target)
            }
            return target.count
        }
    }

    private func read(
        _ descriptor: Int32,
        from start: Int,
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

    deinit { if case .descriptor(let descriptor) = origin { close(descriptor) } }
}
