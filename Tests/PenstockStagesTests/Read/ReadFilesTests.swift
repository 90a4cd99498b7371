import Foundation
import PenstockCore
import Testing

@testable import PenstockStages

@Suite("Reading")
struct ReadFilesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func block(_ files: [(path: String, size: Int)]) -> Block {
        Block([
            "path": Column(strings: files.map(\.path)), "size": Column(int64: files.map { Int64($0.size) }),
        ])
    }

    private func read(_ files: [(path: String, size: Int)], limit: Bytes = .mebibytes(1)) throws -> TransformOutput {
        try ReadFilesTransform(retries: 0, fileLimit: limit).applied(to: block(files))
    }

    @Test("Files come back whole, in order, with their names")
    func filesAreRead() throws {
        let sizes = [0, 1, 70_000, 3]
        let files = try sizes.enumerated().map { index, size in
            (path: try folder.file("\(index).jpg", [UInt8](repeating: UInt8(index), count: size)), size: size)
        }
        let output = try read(files)
        #expect(output.failures.isEmpty)
        let block = try #require(output.blocks.first)
        #expect(try block.strings("path").texts == files.map(\.path))
        let bytes = try block.binaries("bytes")
        for (index, size) in sizes.enumerated() {
            #expect(bytes.value(index).array == [UInt8](repeating: UInt8(index), count: size))
        }
    }

    @Test("The reservation covers what is read when sizes are as listed")
    func reservationCoversTheResult() throws {
        let files = try (1...5).map { index in
            (path: try folder.file("\(index).jpg", [UInt8](repeating: 1, count: 1000 * index)), size: 1000 * index)
        }
        let transform = ReadFilesTransform(retries: 0)
        let output = try #require(try transform.applied(to: block(files)).blocks.first)
        #expect(output.byteCount <= transform.outputBytes(for: block(files)))
    }

    @Test(
        "Files that changed between listing and reading are read as they are now",
        arguments: [(10, 4000), (4000, 10), (10, 0)]
    )
    func changedSizes(listed: Int, now: Int) throws {
        let before = try folder.file("before.jpg", [1])
        let path = try folder.file("changed.jpg", [UInt8](repeating: 7, count: now))
        let after = try folder.file("after.jpg", [2, 3])
        let output = try read([(before, 1), (path, listed), (after, 2)])
        let bytes = try #require(try output.blocks.first?.binaries("bytes"))
        #expect((0..<3).map { bytes.value($0).array } == [[1], [UInt8](repeating: 7, count: now), [2, 3]])
    }

    @Test("A file that vanished fails alone, and says that it is not there")
    func vanishedFiles() throws {
        let kept = try folder.file("kept.jpg", [5])
        let output = try read([(folder("gone.jpg"), 10), (kept, 1)])
        #expect(output.failures.map(\.path) == [folder("gone.jpg")])
        #expect(output.failures.first?.code == .notFound)
        #expect(output.failures.first?.stage == "read")
        #expect(try output.blocks.first?.strings("path").texts == [kept])
        #expect(try read([(folder("gone.jpg"), 10)]).blocks.isEmpty)
    }

    @Test("Folders and pipes fail and do not stop the run")
    func thingsThatAreNoFiles() throws {
        let inner = try folder.folder("folder.jpg")
        let pipe = folder("pipe.jpg")
        #expect(mkfifo(pipe, 0o600) == 0)
        let output = try read([(inner, 0), (pipe, 0)])
        #expect(output.failures.map(\.path) == [inner, pipe])
        #expect(output.failures.allSatisfy { $0.code == .inputOutput && $0.message == "it is not a regular file." })
    }

    @Test("A file beyond the limit is refused with both sizes")
    func filesBeyondTheLimit() throws {
        let path = try folder.file("large.jpg", [UInt8](repeating: 0, count: 2049))
        let fits = try folder.file("fits.jpg", [UInt8](repeating: 0, count: 2048))
        let output = try read([(path, 2049), (fits, 2048)], limit: .kibibytes(2))
        #expect(output.failures.map(\.code) == [.tooLarge])
        #expect(output.failures.first?.message.contains("the limit is 2 KiB") == true)
        #expect(output.blocks.first?.rowCount == 1)
    }

    @Test(
        "A file without permission fails with the system's words",
        .enabled(if: getuid() != 0, "root may read every file")
    )
    func unreadableFiles() throws {
        let path = try folder.file("secret.jpg")
        #expect(chmod(path, 0) == 0)
        let failure = try #require(try read([(path, 3)]).failures.first)
        #expect(failure.code == .inputOutput)
        #expect(failure.message.contains("Permission denied"))
    }

    @Test("A link is read through; a link to nothing is not found")
    func links() throws {
        try folder.file("target.jpg", [9, 9])
        try folder.link("good.jpg", to: folder("target.jpg"))
        try folder.link("bad.jpg", to: folder("nowhere"))
        let output = try read([(folder("good.jpg"), 2), (folder("bad.jpg"), 0)])
        #expect(try output.blocks.first?.binaries("bytes").value(0).array == [9, 9])
        #expect(output.failures.map(\.code) == [.notFound])
    }
}
