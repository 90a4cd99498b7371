import Foundation
import Testing

/// The `penstock` program that was built with these tests.
enum Program {
    /// How it ended and what it printed.
    struct Ending {
        let status: Int32
        let output: String
        let error: String

        /// Whether the verdict, with its indented lines, is the last thing that was printed, but for a command to type next.
        var endsWithVerdict: Bool {
            let lines = output.split(separator: "\n")
            guard let verdict = lines.lastIndex(where: { $0.hasPrefix("Verdict: ") }) else { return false }
            return lines[(verdict + 1)...].allSatisfy { $0.hasPrefix("  ") || $0.hasPrefix("Next: ") }
        }
    }

    /// Runs it to its end in a folder.
    ///
    /// - `launcher`: a program with arguments that starts it, such as `taskset -c 0`.
    static func run(
        _ arguments: [String],
        in folder: TemporaryFolder,
        _ environment: [String: String] = [:],
        launcher: [String] = []
    ) throws -> Ending {
        let output = try TextFile(folder)
        let error = try TextFile(folder)
        let process = try prepared(launcher + [try executable().path] + arguments, in: folder, environment)
        process.standardOutput = output.handle
        process.standardError = error.handle
        try process.run()
        process.waitUntilExit()
        return Ending(status: process.status, output: try output.takeText(), error: try error.takeText())
    }

    /// Starts it, with nothing of this process's environment that would change what it does.
    static func start(
        _ arguments: [String],
        in folder: TemporaryFolder,
        _ environment: [String: String] = [:],
        output: Any,
        error: Any
    ) throws -> Process {
        let process = try prepared([try executable().path] + arguments, in: folder, environment)
        process.standardOutput = output
        process.standardError = error
        try process.run()
        return process
    }

    private static func prepared(
        _ words: [String],
        in folder: TemporaryFolder,
        _ environment: [String: String]
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.currentDirectoryURL = URL(filePath: folder.path)
        let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }
        process.environment = inherited.merging(["PENSTOCK_CACHE": folder("cache")]) { $1 }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    private static func executable() throws -> URL {
        let bundles = CommandLine.arguments.filter { $0.contains(".xctest") } + Bundle.allBundles.map(\.bundlePath)
        let folders = bundles.compactMap { path in
            path.range(of: ".xctest").map { URL(filePath: String(path[..<$0.upperBound])).deletingLastPathComponent() }
        }
        return try #require(
            folders.map { $0.appending(path: "penstock") }.first {
                FileManager.default.isExecutableFile(atPath: $0.path)
            },
            "no penstock beside \(bundles)"
        )
    }

    /// A file for what a program prints, so that it never waits for a reader.
    private struct TextFile {
        let path: String
        let handle: FileHandle

        init(_ folder: TemporaryFolder) throws {
            path = folder(".\(UUID().uuidString).txt")
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            handle = try FileHandle(forWritingTo: URL(filePath: path))
        }

        /// The text; the file is gone afterwards.
        func takeText() throws -> String {
            defer { unlink(path) }
            return try String(contentsOfFile: path, encoding: .utf8)
        }
    }
}

extension Process {
    /// The exit code, or the number of the signal that ended it, negative.
    var status: Int32 { terminationReason == .exit ? terminationStatus : -terminationStatus }
}
