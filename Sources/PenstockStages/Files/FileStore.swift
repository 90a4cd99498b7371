package import PenstockCore

/// What a store says of a file or folder.
package struct FileEntry: Sendable, Equatable {
    /// A file, or a folder: in an object store, a prefix that objects have.
    package enum Kind: Sendable { case file, folder }

    /// Path within the store.
    package let path: String
    /// A file or a folder.
    package let kind: Kind
    /// Bytes; nil for folders, and where the store does not say.
    package let size: Int?

    /// An entry of a listing.
    package init(path: String, kind: Kind, size: Int?) {
        self.path = path
        self.kind = kind
        self.size = size
    }
}

/// A listing under way.
///
/// Used by one thread at a time; dropping it ends it.
package protocol FileListing: AnyObject {
    /// The next entries, never none; nil at the end. Blocks until the store has some.
    ///
    /// - Throws: what the store says; the listing is then over.
    func next() throws(FileError) -> [FileEntry]?
}

/// Files at some place: a local disk, or a store in a network.
///
/// Each call is one try; `Retries` repeats it. Paths are the store's own, not encoded, as its listings give them.
/// - Thread: any number of threads at once. Calls block, so they belong on worker threads.
package protocol FileStore: Sendable {
    /// Begins to list a folder, with all below it if `recursive`. Order: not promised.
    ///
    /// - Throws: also `next()` may be the one to say that there is no such folder.
    func listing(of path: String, recursive: Bool) throws(FileError) -> any FileListing

    /// What is at the path; nil if nothing is.
    func info(_ path: String) throws(FileError) -> FileEntry?

    /// Fills the buffer with the bytes from `offset` on, of a file of `size` bytes.
    ///
    /// - Throws: `.passing` if fewer came. The buffer's content is then undefined.
    func read(
        _ path: String,
        size: Int,
        offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FileError)

    /// Writes a file so that readers see what was there before, or all of this, and never a part.
    func write(_ bytes: [UInt8], to path: String) throws(FileError)

    /// Removes a file; one that is not there is fine.
    func remove(_ path: String) throws(FileError)

    /// Tries that the store itself repeated so far, besides those that `Retries` counts.
    var retryCount: Int { get }
}

extension FileStore {
    /// Whether there is a file or folder.
    package func exists(_ path: String) throws(FileError) -> Bool { try info(path) != nil }

    /// The size of a file that may be read whole, before memory is taken for it.
    ///
    /// `known` is its size as a listing has it; nil asks the store.
    /// - Throws: `.notFound`; `.lasting` for a folder; `.tooLarge` with both sizes.
    package func size(of path: String, known: Int? = nil, atMost limit: Bytes) throws(FileError) -> Int {
        var size = known
        if size == nil {
            guard let entry = try info(path) else { throw FileError(.notFound, "there is no file \"\(path)\".") }
            guard entry.kind == .file, let found = entry.size else {
                throw FileError(.lasting, "\"\(path)\" is not a file.")
            }
            size = found
        }
        guard let size, size <= limit.count else {
            throw FileError(.tooLarge, "\"\(path)\" has \(Bytes(size ?? 0)); the limit is \(limit).")
        }
        return size
    }

    /// All bytes of a file.
    ///
    /// - Throws: as `size(of:known:atMost:)` and `read(_:size:offset:into:)` do.
    package func contents(of path: String, known: Int? = nil, atMost limit: Bytes) throws(FileError) -> [UInt8] {
        let size = try size(of: path, known: known, atMost: limit)
        var bytes = [UInt8](repeating: 0, count: size)
        let result = unsafe bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileError) in try unsafe read(path, size: size, offset: 0, into: buffer) }
        }
        try result.get()
        return bytes
    }
}
