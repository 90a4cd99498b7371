internal import CPenstockArrow
import PenstockCore

/// Files of a store that Arrow's file systems reach: `s3://`, `gs://`, `abfs://`, and local ones.
///
/// Handles of the same store share their connections, so another one is cheap.
@safe
package final class ArrowFileStore: FileStore, @unchecked Sendable {
    // SAFETY: file systems are thread-safe by contract of PenstockArrowFiles.h, and the handles never change.
    /// For calls that `Retries` repeats.
    private let single: OpaquePointer
    /// For listings and outputs, which go on where a request failed, and so must retry by themselves.
    private let lasting: OpaquePointer
    /// Path of the location within the store.
    package let path: String

    /// Opens the store that `location` is in.
    ///
    /// Listings and writes retry their requests by `policy`; other calls are tried once. A request is given up when no
    /// byte came or went for `requestTimeout`.
    /// - Throws: `.unsupported` for an option that the scheme does not have. S3 without region and `endpoint_override`
    ///   is asked for the bucket's region; other stores are not contacted, so a wrong key is not found yet.
    package init(
        _ location: Location,
        policy: RetryPolicy = RetryPolicy(),
        requestTimeout: Duration = .seconds(30)
    ) throws(FileError) {
        let (once, root) = unsafe try Self.open(location, policy, attempts: 1, requestTimeout)
        do throws(FileError) {
            (unsafe lasting, path) = unsafe try Self.open(location, policy, attempts: policy.attempts, requestTimeout)
        } catch {
            unsafe penstock_file_system_destroy(once)
            throw error
        }
        unsafe single = once
        assert(path == root, "two paths of one location")
    }

    deinit {
        unsafe penstock_file_system_destroy(single)
        unsafe penstock_file_system_destroy(lasting)
    }

    private static func open(
        _ location: Location,
        _ policy: RetryPolicy,
        attempts: Int,
        _ requestTimeout: Duration
    ) throws(FileError) -> (OpaquePointer, String) {
        let text = location.withSecrets
        var options = penstock_file_system_options()
        unsafe penstock_file_system_options_init(&options)
        options.attempts = Int32(clamping: min(attempts, 1000))
        options.retry_base_milliseconds = policy.baseDelay.clampedMilliseconds
        options.retry_cap_milliseconds = policy.maxDelay.clampedMilliseconds
        options.request_timeout_seconds = max(requestTimeout / .seconds(1), 0.001)
        var files: OpaquePointer?
        var path = [CChar](repeating: 0, count: text.utf8.count + 1)
        try unsafe check { error, size in
            unsafe penstock_file_system_open(text, &options, &files, &path, path.count, error, size)
        }
        guard let files = unsafe files else { preconditionFailure("a file system without a handle") }
        let bytes = path.prefix(while: { $0 != 0 }).map { UInt8(bitPattern: $0) }
        return (unsafe files, String(decoding: bytes, as: UTF8.self))
    }

    /// Requests that listings and writes repeated, in all stores that share the connections.
    package var retryCount: Int { Int(unsafe penstock_file_system_retries(lasting)) }

    package func listing(of path: String, recursive: Bool) throws(FileError) -> any FileListing {
        var listing: OpaquePointer?
        try unsafe check { error, size in
            unsafe penstock_file_listing_create(lasting, path, recursive, &listing, error, size)
        }
        guard let listing = unsafe listing else { preconditionFailure("a listing without a handle") }
        return unsafe ArrowFileListing(listing)
    }

    package func info(_ path: String) throws(FileError) -> FileEntry? {
        var entry = unsafe penstock_file_entry()
        try unsafe check { error, size in unsafe penstock_file_system_info(single, path, &entry, error, size) }
        return unsafe FileEntry(path: path, entry)
    }

    package func read(
        _ path: String,
        size: Int,
        offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FileError) {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return }
        precondition(offset >= 0 && offset <= size && buffer.count <= size - offset, "a range outside of the file")
        // borrowed until this call returns
        let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
        try unsafe check { error, errorSize in
            unsafe penstock_file_system_read(
                single,
                path,
                Int64(size),
                Int64(offset),
                bytes,
                buffer.count,
                error,
                errorSize
            )
        }
    }

    package func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        var output: OpaquePointer?
        try unsafe check { error, size in unsafe penstock_file_output_create(lasting, path, &output, error, size) }
        guard let output = unsafe output else { preconditionFailure("an output without a handle") }
        defer { unsafe penstock_file_output_destroy(output) }
        let pieceBytes = 8 << 20
        for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
            let piece = bytes[start..<min(start + pieceBytes, bytes.count)]
            let result = unsafe piece.withUnsafeBufferPointer { buffer in
                Result { () throws(FileError) in
                    guard let base = buffer.baseAddress else { return }
                    try unsafe check { error, size in
                        unsafe penstock_file_output_write(output, base, buffer.count, error, size)
                    }
                }
            }
            try result.get()
        }
        try unsafe check { error, size in unsafe penstock_file_output_close(output, error, size) }
    }

    package func remove(_ path: String) throws(FileError) {
        do throws(FileError) {
            try unsafe check { error, size in unsafe penstock_file_system_delete_file(single, path, error, size) }
        } catch {
            if error.kind != .notFound { throw error }
        }
    }
}

@safe
private final class ArrowFileListing: FileListing {
    private let raw: OpaquePointer

    init(_ raw: OpaquePointer) { unsafe self.raw = raw }
    deinit { unsafe penstock_file_listing_destroy(raw) }

    func next() throws(FileError) -> [FileEntry]? {
        var entries: UnsafePointer<penstock_file_entry>?
        var count = 0
        try unsafe check { error, size in unsafe penstock_file_listing_next(raw, &entries, &count, error, size) }
        guard count > 0, let entries = unsafe entries else { return nil }
        // borrowed until the next call
        return unsafe UnsafeBufferPointer(start: entries, count: count).compactMap { entry in
            guard let path = unsafe entry.path else { return nil }
            let bytes = unsafe UnsafeRawBufferPointer(start: path, count: entry.path_size)
            return unsafe FileEntry(path: String(decoding: bytes, as: UTF8.self), entry)
        }
    }
}

extension FileEntry {
    fileprivate init?(path: String, _ entry: penstock_file_entry) {
        switch unsafe entry.kind {
        case PENSTOCK_FILE_REGULAR:
            self.init(path: path, kind: .file, size: unsafe entry.size < 0 ? nil : Int(entry.size))
        case PENSTOCK_FILE_DIRECTORY: self.init(path: path, kind: .folder, size: nil)
        default: return nil
        }
    }
}

extension Duration {
    fileprivate var clampedMilliseconds: Int32 { Int32(min(max(self / .milliseconds(1), 0), 1e9)) }
}

private func check(_ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) throws(FileError) {
    let (status, message) = unsafe CErrorText.collect(call)
    guard status != 0 else { return }
    let kind: FileError.Kind =
        switch UInt32(status) {
        case PENSTOCK_ARROW_PASSING.rawValue: .passing
        case PENSTOCK_ARROW_NOT_FOUND.rawValue: .notFound
        case PENSTOCK_ARROW_DENIED.rawValue: .denied
        case PENSTOCK_ARROW_LIMIT.rawValue: .tooLarge
        case PENSTOCK_ARROW_UNSUPPORTED.rawValue: .unsupported
        case PENSTOCK_ARROW_OUT_OF_MEMORY.rawValue: .outOfMemory
        case PENSTOCK_ARROW_CANCELLED.rawValue: .cancelled
        case PENSTOCK_ARROW_MISUSE.rawValue, PENSTOCK_ARROW_INTERNAL.rawValue: preconditionFailure(message)
        default: .lasting
        }
    throw FileError(kind, message)
}
