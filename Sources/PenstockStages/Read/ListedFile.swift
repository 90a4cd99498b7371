import PenstockCore

/// A file that is to be read.
///
/// What a folder's walk found is kept as an entry of the folder: its path is written into a column without a string for each.
struct ListedFile {
    private enum Place {
        case text(String)
        case entry(FolderEntries, Int, prefix: String)
    }

    private let place: Place
    let size: Int

    init(path: String, size: Int) {
        place = .text(path)
        self.size = size
    }

    /// An entry of the folder whose path, with a slash at its end, is `prefix`.
    ///
    /// A name that is not plain ASCII becomes text at once: it may have to be repaired.
    init(_ entries: FolderEntries, _ index: Int, prefix: String, size: Int) {
        let isPlain = entries.withName(index) { name in name.indices.allSatisfy { name[$0] < 0x80 } }
        place = isPlain ? .entry(entries, index, prefix: prefix) : .text(entries.path(index, in: prefix))
        self.size = size
    }

    var path: String {
        switch place {
        case .text(let path): path
        case .entry(let entries, let index, let prefix): entries.path(index, in: prefix)
        }
    }

    /// UTF-8 bytes of its path.
    var pathLength: Int {
        switch place {
        case .text(let path): path.utf8.count
        case .entry(let entries, let index, let prefix): prefix.utf8.count + entries.nameLength(index)
        }
    }

    /// Writes its path as UTF-8 from `position` on, and moves that to the end.
    func writePath(to span: inout MutableSpan<UInt8>, at position: inout Int) {
        switch place {
        case .text(let path): Self.write(path, to: &span, at: &position)
        case .entry(let entries, let index, let prefix):
            Self.write(prefix, to: &span, at: &position)
            for offset in 0..<entries.nameLength(index) {
                span[position] = entries.withName(index) { $0[offset] }
                position += 1
            }
        }
    }

    private static func write(_ text: String, to span: inout MutableSpan<UInt8>, at position: inout Int) {
        for byte in text.utf8 {
            span[position] = byte
            position += 1
        }
    }
}
