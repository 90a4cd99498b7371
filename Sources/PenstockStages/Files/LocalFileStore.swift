import PenstockCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Files of this machine, and of what is mounted on it.
package struct LocalFileStore: FileStore {
    /// The local files.
    package init() {}

    /// Always 0: the operating system retries without telling.
    package var retryCount: Int { 0 }

    package func listing(of path: String, recursive: Bool) throws(FileError) -> any FileListing {
        guard let facts = FileFacts(path) else { throw FileError(.notFound, "there is no folder \"\(path)\".") }
        guard facts.kind == .directory else { throw FileError(.lasting, "\"\(path)\" is not a folder.") }
        return LocalFileListing(path, facts, isRecursive: recursive)
    }

    package func info(_ path: String) throws(FileError) -> FileEntry? {
        FileFacts(path).map { FileEntry(path: path, $0) }
    }

    package func read(
        _ path: String,
        size: Int,
        offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FileError) {
        // O_NONBLOCK: a named pipe in a folder must not stop the run.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.error(errno, "cannot open \"\(path)\"") }
        defer { close(descriptor) }
        guard FileFacts(descriptor: descriptor)?.kind == .file else {
            throw FileError(.lasting, "\"\(path)\" is not a regular file.")
        }
        guard offset == 0 || lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
            throw Self.error(errno, "cannot go to byte \(offset) of \"\(path)\"")
        }
        let count: Int
        do throws(StageError) {
            count = try unsafe FileSystem.readAll(descriptor, into: buffer, path: path)
        } catch {
            throw Self.isPassing(errno) ? FileError(.passing, error.message) : FileError(error)
        }
        guard count == buffer.count else {
            throw FileError(
                .passing,
                "\"\(path)\" ended \(buffer.count - count) bytes early, at byte \(offset + count) of \(size)."
            )
        }
    }

    package func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        do throws(StageError) { try FileSystem.write(bytes, to: path) } catch { throw FileError(error) }
    }

    package func remove(_ path: String) throws(FileError) {
        do throws(StageError) { try FileSystem.remove(path) } catch { throw FileError(error) }
    }

    /// Errors of a disk in a network that another try may not meet.
    private static func isPassing(_ code: Int32) -> Bool { [EIO, EAGAIN, ETIMEDOUT, ESTALE, ENOMEM].contains(code) }

    private static func error(_ code: Int32, _ what: String) -> FileError {
        let kind: FileError.Kind =
            code == ENOENT ? .notFound : code == EACCES ? .denied : isPassing(code) ? .passing : .lasting
        return FileError(kind, "\(what): \(Platform.errorText(code)).")
    }
}

extension FileEntry {
    fileprivate init(path: String, _ facts: FileFacts) {
        let isFolder = facts.kind == .directory
        self.init(path: path, kind: isFolder ? .folder : .file, size: isFolder ? nil : facts.size)
    }
}

/// Folder by folder, each in the order of its names; links are followed, and a loop of them is entered once.
private final class LocalFileListing: FileListing {
    private let isRecursive: Bool
    /// Folders to be read, last first.
    private var pending: [String]
    private var seen: Set<[UInt64]>

    init(_ path: String, _ facts: FileFacts, isRecursive: Bool) {
        self.isRecursive = isRecursive
        pending = [path]
        seen = [[facts.device, facts.inode]]
    }

    func next() throws(FileError) -> [FileEntry]? {
        while let folder = pending.popLast() {
            let entries = try entries(in: folder)
            if !entries.isEmpty { return entries }
        }
        return nil
    }

    private func entries(in folder: String) throws(FileError) -> [FileEntry] {
        let names: [String]
        do throws(StageError) { names = try FileSystem.sortedNames(in: folder) } catch { throw FileError(error) }
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        var entries: [FileEntry] = []
        var folders: [String] = []
        for name in names {
            // A dangling link is listed; reading says what it is.
            guard let facts = FileFacts(prefix + name) else {
                entries.append(FileEntry(path: prefix + name, kind: .file, size: nil))
                continue
            }
            if facts.kind == .other { continue }
            entries.append(FileEntry(path: prefix + name, facts))
            let isNew = facts.kind == .directory && seen.insert([facts.device, facts.inode]).inserted
            if isNew, isRecursive { folders.append(prefix + name) }
        }
        pending += folders.reversed()
        return entries
    }
}
