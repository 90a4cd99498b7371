import PenstockCore
import Testing

@testable import PenstockStages

@Suite("Local files as a store")
struct LocalFileStoreTests {
    private let folder: TemporaryFolder
    private let store = LocalFileStore()

    init() throws { folder = try TemporaryFolder() }

    private func list(_ path: String, recursive: Bool) throws -> [String] {
        let listing = try store.listing(of: path, recursive: recursive)
        var entries: [FileEntry] = []
        while let some = try listing.next() { entries += some }
        return entries.map { "\($0.path.dropFirst(folder.path.count + 1)) \($0.size.map(String.init) ?? "-")" }
    }

    @Test("A listing has every file and folder once, also where links lead back")
    func listing() throws {
        try folder.file("a/1.bin", [1, 2])
        try folder.file("a/b/2.bin", [])
        try folder.folder("a/empty")
        try folder.link("a/b/up", to: folder("a"))
        #expect(
            try list(folder("a"), recursive: true) == ["a/1.bin 2", "a/b -", "a/empty -", "a/b/2.bin 0", "a/b/up -"]
        )
        #expect(try list(folder("a"), recursive: false) == ["a/1.bin 2", "a/b -", "a/empty -"])
        #expect(throws: FileError(.notFound, "there is no folder \"\(folder("x"))\".")) {
            try list(folder("x"), recursive: true)
        }
        #expect(throws: FileError.self) { try list(folder("a/1.bin"), recursive: true) }
    }

    @Test("Files are written whole, read, and removed")
    func roundTrip() throws {
        let path = folder("x y.bin")
        #expect(try !store.exists(path))
        try store.write([1, 2, 3, 4], to: path)
        #expect(try folder.entries() == ["x y.bin"])
        #expect(try store.contents(of: path, atMost: Bytes(4)) == [1, 2, 3, 4])
        var part: [UInt8] = [0, 0]
        try part.withUnsafeMutableBytes { try store.read(path, size: 4, offset: 1, into: $0) }
        #expect(part == [2, 3])
        try store.remove(path)
        try store.remove(path)
        #expect(try !store.exists(path))
    }

    @Test("What cannot be read says why")
    func errors() throws {
        let path = try folder.file("short.bin", [1, 2, 3])
        func kind(_ path: String, known: Int?, _ limit: Int = 100) -> FileError.Kind? {
            #expect(throws: FileError.self) { try store.contents(of: path, known: known, atMost: Bytes(limit)) }?.kind
        }
        #expect(kind(path, known: 5) == .passing)
        #expect(kind(path, known: nil, 2) == .tooLarge)
        #expect(kind(folder("none"), known: nil) == .notFound)
        #expect(kind(folder("none"), known: 1) == .notFound)
        #expect(kind(folder.path, known: nil) == .lasting)
        #expect(kind(folder.path, known: 1) == .lasting)
    }
}
