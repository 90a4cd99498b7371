import PenstockCore

/// Remembers on disk the hash of a model's file, so that a file that has not changed is not read for it again.
///
/// A file is known by device, number, size and the time of its last change, which the system sets whatever is done to the
/// file and which nobody can set back.
struct HashMemory {
    /// A hash that was stored sooner after the change is not used: clocks of file systems tick, and what was written between
    /// two ticks cannot be told apart.
    private static let settledNanoseconds: Int64 = 1_000_000_000

    private let file: String
    private let path: String
    private let facts: FileFacts

    /// Nil without a cache folder, and for what is no file.
    init?(directory: String?, of file: String) {
        guard let directory, let facts = FileFacts(file), facts.kind == .file else { return nil }
        self.file = file
        self.facts = facts
        path = "\(directory)/hash/\(facts.device)-\(facts.inode)-\(facts.size)-\(facts.changedNanoseconds).txt"
    }

    /// The hash; nil when nothing usable is stored.
    func read() -> String? {
        guard let stored = FileFacts(path),
            stored.changedNanoseconds &- facts.changedNanoseconds > Self.settledNanoseconds
        else { return nil }
        do throws(StageError) {
            let text = String(decoding: try FileSystem.contents(of: path, atMost: .kibibytes(4)), as: UTF8.self)
            let digits = text.prefix { !$0.isNewline }
            guard digits.count == 64, digits.allSatisfy({ $0.isHexDigit }) else { return nil }
            return String(digits)
        } catch {
            return nil  // a cache that cannot be read is no cache
        }
    }

    /// Stores a hash that was made since this value was; not that of a file that was changed meanwhile.
    func write(_ hash: String) {
        guard FileFacts(file) == facts, let slash = path.lastIndex(of: "/") else { return }
        do throws(StageError) {
            try FileSystem.makeDirectories(String(path[..<slash]))
            try FileSystem.write(Array("\(hash)\n".utf8), to: path)
        } catch {
            // A cache that cannot be written to costs time, not the run.
        }
    }
}
