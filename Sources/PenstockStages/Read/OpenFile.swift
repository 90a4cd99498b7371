import PenstockCore

/// A file that is open for reading, here or in a store; closed when its life ends.
final class OpenFile {
    private enum Origin {
        case local(LocalFile)
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
            let opened = unsafe local.withCString { path in
                Result { () throws(StageError) in try unsafe LocalFile(path) }
            }
            let file = try opened.get()
            origin = .local(file)
            size = file.size
        } else {
            let place = try files.place(of: path)
            origin = .store(place, files)
            size = try files.call { () throws(FileError) in
                try place.store.size(of: place.path, known: known, atMost: Bytes(.max))
            }
        }
        guard size <= limit.count else { throw Self.tooLarge(size, limit) }
    }

    static func tooLarge(_ size: Int, _ limit: Bytes) -> StageError {
        StageError(.tooLarge, "the file has \(Bytes(size)); the limit is \(limit).")
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
        case .local(let file):
            return try unsafe file.read(from: start, into: buffer, retries: retries, attempts: &attempts, path: path)
        case .store(let place, let files):
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, size - start)])
            if unsafe target.isEmpty { return 0 }
            try files.retries.run(counting: &attempts) { () throws(FileError) in
                try unsafe place.store.read(place.path, size: size, offset: start, into: target)
            }
            return target.count
        }
    }

    deinit { if case .local(let file) = origin { file.close() } }
}
