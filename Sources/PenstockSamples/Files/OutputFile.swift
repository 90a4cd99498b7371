#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that appears under its name only when it is complete.
///
/// Bytes go to `path.part`, which `commit` renames; without a `commit` it is removed.
struct OutputFile: ~Copyable {
    private let path: String
    private let partPath: String
    private let descriptor: Int32
    private var isCommitted = false

    /// Creates `path.part`, replacing one that an earlier run left behind.
    ///
    /// - Throws: `.fileSystem` with the system's reason.
    init(path: String) throws(SampleError) {
        self.path = path
        partPath = path + ".part"
        descriptor = open(partPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            isCommitted = true  // nothing to remove
            throw systemError("can't create \"\(partPath)\"")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isCommitted { unlink(partPath) }
    }

    /// Writes all of `bytes` after what was written before.
    ///
    /// - Throws: `.fileSystem` with the system's reason, a full disk for example.
    func append(_ bytes: [UInt8]) throws(SampleError) {
        var written = 0
        while written < bytes.count {
            let result = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if result < 0 && errno == EINTR { continue }
            guard result > 0 else { throw systemError("can't write \"\(partPath)\"") }
            written += result
        }
    }

    /// Gives the file its name; a file of that name is replaced.
    ///
    /// - Throws: `.fileSystem`; the unfinished file is then removed.
    consuming func commit() throws(SampleError) {
        guard rename(partPath, path) == 0 else { throw systemError("can't rename \"\(partPath)\" to \"\(path)\"") }
        isCommitted = true
    }

    /// Writes a small file in one go.
    static func save(_ bytes: [UInt8], to path: String) throws(SampleError) {
        let file = try OutputFile(path: path)
        try file.append(bytes)
        try file.commit()
    }
}

/// The reason of the last failed system call, after what was being done.
func systemError(_ action: String) -> SampleError {
    let reason = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
    return SampleError(.fileSystem, "\(action): \(reason)")
}
