import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the operating system says of a path.
struct FileFacts: Equatable {
    enum Kind { case file, directory, other }
    let kind: Kind
    let size: Int
    let device: UInt64
    let inode: UInt64
    /// When content or facts were changed last, since 1970; an identity more than a time.
    let changedNanoseconds: Int64

    /// Follows symbolic links; nil when there is nothing.
    init?(_ path: String) {
        // Passed as a string, the path would be copied to the heap for the call.
        guard let facts = unsafe path.withCString({ unsafe FileFacts(cString: $0) }) else { return nil }
        self = facts
    }

    /// Of a path that ends with a zero.
    init?(cString path: UnsafePointer<CChar>) {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        self.init(facts)
    }

    /// Facts of an open file.
    init?(descriptor: Int32) {
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else { return nil }
        self.init(facts)
    }

    private init(_ facts: stat) {
        kind = facts.st_mode & S_IFMT == S_IFREG ? .file : facts.st_mode & S_IFMT == S_IFDIR ? .directory : .other
        size = Int(facts.st_size)
        device = UInt64(truncatingIfNeeded: facts.st_dev)
        inode = UInt64(facts.st_ino)
        #if canImport(Darwin)
            let changed = facts.st_ctimespec
        #else
            let changed = facts.st_ctim
        #endif
        changedNanoseconds = Int64(changed.tv_sec) &* 1_000_000_000 &+ Int64(changed.tv_nsec)
    }
}

/// Calls of the operating system that the stages need, as Swift values and errors.
enum FileSystem {
    /// Names in a folder, sorted by their bytes, so that every run sees the same order.
    static func sortedNames(in directory: String) throws(StageError) -> [String] {
        guard let handle = unsafe opendir(directory) else {
            throw StageError(.inputOutput, "cannot list \"\(directory)\": \(Platform.errorText(errno)).")
        }
        defer { unsafe closedir(handle) }
        var names: [String] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// Paths that match a shell pattern (`*`, `?`, `[…]`), sorted.
    static func matches(of pattern: String) -> [String] {
        var result = unsafe glob_t()
        defer { unsafe globfree(&result) }
        guard unsafe glob(pattern, 0, nil, &result) == 0, let paths = unsafe result.gl_pathv else { return [] }
        return unsafe (0..<Int(result.gl_pathc)).compactMap { index in
            unsafe paths[index].map { unsafe String(cString: $0) }
        }
    }

    /// All bytes of a small file, such as labels or a list of paths.
    static func contents(of path: String, atMost limit: Bytes) throws(StageError) -> [UInt8] {
        guard let facts = FileFacts(path) else { throw StageError(.notFound, "there is no file \"\(path)\".") }
        guard facts.kind == .file else { throw StageError(.inputOutput, "\"\(path)\" is not a file.") }
        guard facts.size <= limit.count else {
            throw StageError(
                .tooLarge,
                "\"\(path)\" has \(Bytes(facts.size)); a file of its kind has at most \(limit)."
            )
        }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StageError(.inputOutput, "cannot read \"\(path)\": \(Platform.errorText(errno)).")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: facts.size)
        let result = unsafe bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(StageError) in try unsafe readAll(descriptor, into: buffer, path: path) }
        }
        return Array(bytes.prefix(try result.get()))
    }

    /// Fills a buffer from the file's present position; returns how much there was.
    static func readAll(
        _ descriptor: Int32,
        into buffer: UnsafeMutableRawBufferPointer,
        path: @autoclosure () -> String
    ) throws(StageError) -> Int {
        var position = 0
        while position < buffer.count, let base = buffer.baseAddress {
            let count = unsafe read(descriptor, base + position, buffer.count - position)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw StageError(
                    .inputOutput,
                    "cannot read \"\(path())\" at byte \(position): \(Platform.errorText(errno))."
                )
            }
            position += count
        }
        return position
    }

    /// Makes a folder and those above it.
    static func makeDirectories(_ path: String) throws(StageError) {
        if FileFacts(path)?.kind == .directory { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeDirectories(String(path[..<slash])) }
        if unsafe mkdir(path, 0o777) != 0, errno != EEXIST {
            throw StageError(.inputOutput, "cannot make the folder \"\(path)\": \(Platform.errorText(errno)).")
        }
        guard FileFacts(path)?.kind == .directory else {
            throw StageError(.inputOutput, "\"\(path)\" is in the way: it is not a folder.")
        }
    }

    /// Moves a file within its file system, replacing nothing by half: readers see the old state or the new one.
    static func rename(_ from: String, to target: String) throws(StageError) {
        #if canImport(Glibc)
            let status = unsafe Glibc.rename(from, target)
        #else
            let status = Darwin.rename(from, target)
        #endif
        if status != 0 {
            throw StageError(.inputOutput, "cannot move \"\(from)\" to \"\(target)\": \(Platform.errorText(errno)).")
        }
    }

    /// Removes a file; one that is not there is fine.
    static func remove(_ path: String) throws(StageError) {
        if unsafe unlink(path) != 0, errno != ENOENT {
            throw StageError(.inputOutput, "cannot remove \"\(path)\": \(Platform.errorText(errno)).")
        }
    }

    /// Removes an empty folder; one that is not there is fine.
    static func removeDirectory(_ path: String) throws(StageError) {
        if unsafe rmdir(path) != 0, errno != ENOENT {
            throw StageError(.inputOutput, "cannot remove the folder \"\(path)\": \(Platform.errorText(errno)).")
        }
    }

    /// Writes a small file so that readers see all of it or nothing.
    static func write(_ bytes: [UInt8], to path: String) throws(StageError) {
        let temporary = path + ".tmp"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw StageError(.inputOutput, "cannot write \"\(temporary)\": \(Platform.errorText(errno)).")
        }
        let status = writeAll(descriptor, bytes)
        close(descriptor)
        if let status {
            throw StageError(.inputOutput, "cannot write \"\(temporary)\": \(Platform.errorText(status)).")
        }
        try rename(temporary, to: path)
    }

    /// Adds a line to a file, in one write.
    static func append(_ line: String, to path: String) throws(StageError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw StageError(.inputOutput, "cannot write \"\(path)\": \(Platform.errorText(errno)).")
        }
        let status = writeAll(descriptor, Array((line + "\n").utf8))
        close(descriptor)
        if let status { throw StageError(.inputOutput, "cannot write \"\(path)\": \(Platform.errorText(status)).") }
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32? {
        unsafe bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count, let base = buffer.baseAddress {
                #if canImport(Glibc)
                    let count = unsafe Glibc.write(descriptor, base + position, buffer.count - position)
                #else
                    let count = unsafe Darwin.write(descriptor, base + position, buffer.count - position)
                #endif
                if count < 0, errno != EINTR { return errno }
                position += max(count, 0)
            }
            return nil
        }
    }
}
