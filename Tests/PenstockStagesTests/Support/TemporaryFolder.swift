import Foundation

/// A folder of a test's own, removed with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let name = "penstock-test-\(UUID().uuidString)"
        path = FileManager.default.temporaryDirectory.appending(path: name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            // Another test's assertion is about what is left; a folder that is gone already is fine.
        }
    }

    func callAsFunction(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Writes a file, making the folders above it.
    @discardableResult
    func file(_ relative: String, _ bytes: [UInt8] = [1, 2, 3]) throws -> String {
        let target = self(relative)
        try FileManager.default.createDirectory(
            atPath: URL(filePath: target).deletingLastPathComponent().path,
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: URL(filePath: target))
        return target
    }

    @discardableResult
    func file(_ relative: String, text: String) throws -> String { try file(relative, Array(text.utf8)) }

    @discardableResult
    func folder(_ relative: String) throws -> String {
        try FileManager.default.createDirectory(atPath: self(relative), withIntermediateDirectories: true)
        return self(relative)
    }

    func link(_ relative: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: self(relative), withDestinationPath: target)
    }

    /// Everything below a folder of this one, sorted; folders with a slash at the end.
    func entries(_ relative: String = "") throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: self(relative)).sorted()
    }

    func exists(_ relative: String) -> Bool { FileManager.default.fileExists(atPath: self(relative)) }
}
