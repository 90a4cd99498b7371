import Foundation
import Testing

/// A Python script of this folder as a process: it prints its port, and ends when its standard input does.
final class LoopbackServer: Sendable {
    let port: Int
    private let process: Process
    private let input = Pipe()
    private let output = Pipe()

    init(_ script: String, _ arguments: [String]) throws {
        process = Process()
        process.executableURL = URL(filePath: try #require(StoreServer.python))
        let folder = StoreServer.package.appending(path: "Tests/PenstockStagesTests/Files")
        process.arguments = [folder.appending(path: script).path] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        port = try Self.number(from: output, script)
    }

    /// Faults so far, of a proxy; of the server, uploads that were begun and neither completed nor aborted.
    var faultCount: Int {
        get throws {
            try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
            return try Self.number(from: output, "the proxy")
        }
    }

    private static func number(from output: Pipe, _ name: String) throws -> Int {
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let byte = try #require(try output.fileHandleForReading.read(upToCount: 1), "\(name) ended early")
            try #require(!byte.isEmpty, "\(name) ended early")
            line += byte
        }
        return try #require(Int(String(decoding: line.dropLast(), as: UTF8.self)))
    }

    deinit {
        do { try input.fileHandleForWriting.close() } catch {
            process.terminate()
        }
    }
}

/// The S3 server that these tests share, and proxies before it that break requests.
enum StoreServer {
    static let reason: Comment = "there is no .deps-python: run scripts/python-env.sh"

    /// The package's folder; this file is compiled into two test targets.
    static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The Python of `scripts/python-env.sh`, which has moto.
    static let python: String? = {
        let path = package.appending(path: ".deps-python/bin/python").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    static var isPresent: Bool { python != nil }

    private static let shared = Result { try LoopbackServer("store_server.py", []) }

    /// Uploads that were begun and neither completed nor aborted.
    static var openUploads: Int { get throws { try shared.get().faultCount } }

    /// The URI of a place on the server.
    static func location(_ path: String, keys: String = "key:secret@", port: Int? = nil) throws -> String {
        let port = try port ?? shared.get().port
        return "s3://\(keys)\(path)?endpoint_override=127.0.0.1:\(port)&scheme=http&region=us-east-1"
    }

    /// Bytes that differ from place to place.
    static func bytes(_ count: Int) -> [UInt8] {
        let piece = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        return Array(repeatElement(piece, count: count / piece.count + 1).joined().prefix(count))
    }

    /// A proxy that breaks requests; the rules are in fault_proxy.py.
    static func proxy(seed: Int = 1, _ rules: String...) throws -> LoopbackServer {
        try LoopbackServer("fault_proxy.py", [String(try shared.get().port), String(seed)] + rules)
    }
}
