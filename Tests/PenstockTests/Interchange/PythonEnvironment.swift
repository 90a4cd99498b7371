import Foundation
import Testing

/// The Python with pyarrow, DuckDB, Ray Data and an S3 server that `scripts/python-env.sh` makes.
enum PythonEnvironment {
    /// Why a test that needs it is skipped.
    static let reason: Comment = "there is no .deps-python: run scripts/python-env.sh"

    private static let packageFolder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let python = packageFolder.appending(path: ".deps-python/bin/python").path

    static let isPresent = FileManager.default.isExecutableFile(atPath: python)

    /// A program of `Tests/Interchange`.
    static func program(_ name: String) -> String { packageFolder.appending(path: "Tests/Interchange/\(name)").path }

    /// Runs a program of `Tests/Interchange` to its end and returns what it prints.
    static func run(_ name: String, _ arguments: [String], in folder: TemporaryFolder) throws -> Data {
        let (output, error) = (folder(".\(name).out"), folder(".\(name).err"))
        for path in [output, error] { #expect(FileManager.default.createFile(atPath: path, contents: nil)) }
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [program(name)] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: error))
        try process.run()
        process.waitUntilExit()
        let complaint = try String(contentsOfFile: error, encoding: .utf8).suffix(2000)
        try #require(process.status == 0, "\(name) ended with \(process.status): \(complaint)")
        return try Data(contentsOf: URL(filePath: output))
    }
}
