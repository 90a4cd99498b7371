#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The visible files of a folder and of those below it, in no order, read no further than they are asked for.
///
/// Names that begin with `.` or `_` are passed over with all below them, linked folders are not entered, and a folder that
/// cannot be read counts as empty. Foundation's enumerator reads a whole folder before it gives the first name.
///
/// - Cost: of the names that are taken, whatever else the folder holds.
final class FolderWalk: Sequence, IteratorProtocol {
    #if canImport(Glibc)
        private typealias Handle = OpaquePointer
    #else
        private typealias Handle = UnsafeMutablePointer<DIR>
    #endif
    private var pending: [String]
    private var open: (handle: Handle, path: String)?

    init(_ path: String) {
        pending = [path]
    }

    deinit { if let open { unsafe closedir(open.handle) } }

    /// The next file's path.
    func next() -> String? {
        while true {
            if open == nil {
                guard let path = pending.popLast() else { return nil }
                if let handle = unsafe opendir(path) { open = unsafe (handle, path) }
            } else if let file = nextOfOpen() {
                return file
            }
        }
    }

    /// The next file of the open folder; nil when it is another thing, or the folder ends here.
    private func nextOfOpen() -> String? {
        guard let folder = open else { return nil }
        guard let entry = unsafe readdir(folder.handle) else {
            unsafe closedir(folder.handle)
            open = nil
            return nil
        }
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
        }
        if name.hasPrefix(".") || name.hasPrefix("_") { return nil }
        let path = folder.path.hasSuffix("/") ? folder.path + name : "\(folder.path)/\(name)"
        switch unsafe Int32(entry.pointee.d_type) {
        case Int32(DT_REG): return path
        case Int32(DT_DIR): pending.append(path)
        case Int32(DT_LNK) where !isFolder(path): return path
        case Int32(DT_UNKNOWN) where isFolder(path): pending.append(path)
        case Int32(DT_UNKNOWN): return path
        default: break
        }
        return nil
    }

    private func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }
}
