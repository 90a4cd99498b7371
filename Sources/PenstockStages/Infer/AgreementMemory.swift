import PenstockCore

/// Remembers on disk how far a precision agreed with f32 where it did, so that the comparison is made once per model, library
/// and machine.
struct AgreementMemory {
    private let path: String

    /// Nil without a cache folder.
    init?(directory: String?, key: String) {
        guard let directory else { return nil }
        path = "\(directory)/agreement/\(key).txt"
    }

    /// Share and number of images; nil when nothing usable is stored.
    func read() -> (share: Double, images: Int)? {
        guard FileFacts(path) != nil else { return nil }
        do throws(StageError) {
            let text = String(decoding: try FileSystem.contents(of: path, atMost: .kibibytes(4)), as: UTF8.self)
            let numbers = text.split(separator: " ").compactMap { Double($0.filter { !$0.isNewline }) }
            guard numbers.count == 2, (1...1e9).contains(numbers[1]), (0...1).contains(numbers[0]) else { return nil }
            return (numbers[0], Int(numbers[1]))
        } catch {
            return nil  // a cache that cannot be read is no cache
        }
    }

    /// Stores a result.
    func write(_ agreement: (share: Double, images: Int)) throws(StageError) {
        guard let slash = path.lastIndex(of: "/") else { return }
        try FileSystem.makeDirectories(String(path[..<slash]))
        try FileSystem.write(Array("\(agreement.share) \(agreement.images)\n".utf8), to: path)
    }
}
