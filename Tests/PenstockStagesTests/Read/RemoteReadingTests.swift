import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Reading from a store", .tags(.native), .serialized, .enabled(if: StoreServer.isPresent, StoreServer.reason))
struct RemoteReadingTests {
    private let files = StoreAccess(retries: 3, baseDelay: .zero)

    /// Writes small objects below `private/NAME/`.
    private func put(_ name: String, _ objects: [String: [UInt8]]) throws {
        let store = try ArrowFileStore(Location(StoreServer.location("private")))
        for (key, bytes) in objects { try store.write(bytes, to: "private/\(name)/\(key)") }
    }

    private func listed(_ path: String, _ kind: FileKind = .images) throws -> (files: [ListedFile], ignored: Int) {
        var lister = FileLister(paths: [path], kind: kind, files: files)
        var found: [ListedFile] = []
        while let file = try lister.next() { found.append(file) }
        return (found.sorted { $0.path < $1.path }, lister.ignoredCount)
    }

    @Test("A folder gives what a local one would, with sizes, and paths that hold no keys")
    func folders() throws {
        try put(
            "tree",
            [
                "a b.jpg": [1, 2], "deep/ü%.png": [1], "notes.txt": [1], ".hidden.jpg": [1], "_tmp/c.jpg": [1],
                "deep/.git/d.jpg": [1], "deep/x.csv": [1],
            ]
        )
        let (files, ignored) = try listed(StoreServer.location("private/tree"))
        #expect(files.map(\.path) == ["s3://private/tree/a%20b.jpg", "s3://private/tree/deep/%C3%BC%25.png"])
        #expect(files.map(\.size) == [2, 1])
        #expect(ignored == 2)
        let one = try listed(StoreServer.location("private/tree/a%20b.jpg"), .csv)
        #expect(one.files.map(\.path) == ["s3://private/tree/a%20b.jpg"])
        let error = try stageError { _ = try listed(StoreServer.location("private/tree/none")) }
        #expect(error.code == .notFound)
        #expect(error.message.contains("\"s3://private/tree/none\""))
        #expect(!error.message.contains("secret"))
    }

    @Test("Patterns are matched level by level, as the shell does")
    func patterns() throws {
        try put("glob", ["x1/a.jpg": [1], "x1/b.txt": [1], "x2/a.jpg": [1, 1], "y/a.jpg": [1], "x1/.a.jpg": [1]])
        func paths(_ pattern: String) throws -> [String] {
            try listed(StoreServer.location("private/glob/\(pattern)"), .binary).files.map {
                String($0.path.dropFirst("s3://private/glob/".count))
            }
        }
        #expect(try paths("x1/*.jpg") == ["x1/a.jpg"])
        #expect(try paths("x*/*.jpg") == ["x1/a.jpg", "x2/a.jpg"])
        #expect(try paths("[xy]*/a.*") == ["x1/a.jpg", "x2/a.jpg", "y/a.jpg"])
        #expect(try paths("x*") == ["x1/a.jpg", "x1/b.txt", "x2/a.jpg"])
        let error = try stageError { _ = try paths("z*.jpg") }
        #expect(error.code == .notFound)
        #expect(error.message.contains("no file matches the pattern \"s3://private/glob/z*.jpg\""))
    }

    @Test("A list may be in a store, and may name files of stores")
    func lists() throws {
        let folder = try TemporaryFolder()
        let keyed = try StoreServer.location("private/listed/b.bin")
        try put("listed", ["a.bin": [1], "b.bin": [2, 2], "list": Array("a.bin\n\(keyed)\n/local.bin\n".utf8)])
        let list = try StoreServer.location("private/listed/list")
        let expected = ["/local.bin", "s3://private/listed/a.bin", "s3://private/listed/b.bin"]
        #expect(try listed("@" + list).files.map(\.path) == expected)
        try folder.file("list", text: keyed)
        let local = try listed("@" + folder("list")).files
        #expect(local.map(\.path) == ["s3://private/listed/b.bin"])
        // The size is not known from a list; the bytes are read all the same.
        let output = try ReadFilesTransform(retries: 3, files: files).applied(to: FileList.block(local))
        let bytes = try #require(output.blocks.first)["bytes"]
        guard case .binary(let values)? = bytes?.values else { throw StageError(.invalidInput, "no bytes") }
        #expect(values.bytes.array == [2, 2])
    }

    @Test("A file that cannot be read after all tries is a failed row; others are read, and retries are counted")
    func failures() throws {
        try put("faulty", ["a.bin": [1], "b.bin": [2], "c.bin": [3]])
        let proxy = try StoreServer.proxy("503:=9:GET /private/faulty/b", "503:=2:GET /private/faulty/c")
        let folder = try StoreServer.location("private/faulty", port: proxy.port)
        let list = try listed(folder, .binary).files
        #expect(list.count == 3)
        let output = try ReadFilesTransform(retries: 3, files: files).applied(to: FileList.block(list))
        let failure = try #require(output.failures.first)
        #expect(output.failures.count == 1)
        #expect(failure.path == "s3://private/faulty/b.bin")
        #expect(failure.attempts == 4)
        #expect(failure.message.contains("after 4 tries"))
        #expect(output.blocks.first?.rowCount == 2)
        #expect(output.retryCount == 5)
    }

    @Test("A run that ends does not wait for the pauses, and quarantines nothing")
    func cancelledPauses() throws {
        try put("busy", ["a.bin": [1]])
        let proxy = try StoreServer.proxy("503:=99:GET /private/busy/a")
        let slow = StoreAccess(retries: 50, baseDelay: .seconds(3600))
        var lister = FileLister(
            paths: [try StoreServer.location("private/busy", port: proxy.port)],
            kind: .binary,
            files: slow
        )
        let file = try #require(try lister.next())
        let transform = ReadFilesTransform(retries: 50, files: slow)
        slow.endRun()
        let error = try stageError { _ = try transform.applied(to: FileList.block([file])) }
        #expect(error.code == .cancelled)
    }

    @Test("Lines are read by ranges, across the borders of requests")
    func text() throws {
        let line = String(repeating: "ä", count: 700_000)
        try put("text", ["a.txt": Array("one\n\(line)\n\(line)\n\(line)\n\(line)\nlast".utf8)])
        let paths = [try StoreServer.location("private/text")]
        let list = try listed(paths[0], .text).files
        let output = try ReadTextTransform(ReadText(paths: paths), files: files).applied(to: FileList.block(list))
        let texts = try output.blocks.flatMap { block in
            let strings = try block.strings("text")
            return (0..<strings.count).map { strings.string($0) }
        }
        #expect(texts == ["one", line, line, line, line, "last"])
    }
}
