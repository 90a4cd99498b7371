import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

/// Paths that a lister gives for what a user named.
private func listed(_ paths: [String]) throws -> [String] {
    var lister = FileLister(paths: paths)
    var found: [String] = []
    while let file = try lister.next() { found.append(file.path) }
    return found
}

@Suite("Listing")
struct FileListerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func names(_ paths: [String]) throws -> [String] {
        try listed(paths).map { $0.hasPrefix(folder.path + "/") ? String($0.dropFirst(folder.path.count + 1)) : $0 }
    }

    @Test("A folder is walked to its depth, names in the order of their bytes")
    func foldersAreRecursiveAndStable() throws {
        for name in ["b/z.jpg", "b/a/1.png", "b/a/10.png", "b/a/2.png", "a.JPEG", "Z.jpg", "é.jpg", "c"] {
            try folder.file(name)
        }
        let expected = ["Z.jpg", "a.JPEG", "b/a/1.png", "b/a/10.png", "b/a/2.png", "b/z.jpg", "c", "é.jpg"]
        #expect(try names([folder.path]) == expected)
        #expect(try names([folder.path + "/"]) == expected)
        #expect(
            try names([folder("b"), folder("a.JPEG")]) == ["b/a/1.png", "b/a/10.png", "b/a/2.png", "b/z.jpg", "a.JPEG"]
        )
    }

    @Test("Hidden files, those that begin with _ and other kinds of files are left out of folders, and counted")
    func otherFilesAreLeftOut() throws {
        let left = [
            ".hidden.jpg", "_penstock/part-00000.jpg", "_x.jpg", ".git/a.jpg", "t.csv", "n.TXT", "m.mp4", "x.zip",
        ]
        for name in left + ["a.jpg", "no-ending", ".jpg.jpg", "odd.ending.jpeg"] { try folder.file(name) }
        var lister = FileLister(paths: [folder.path])
        var found: [String] = []
        while let file = try lister.next() { found.append(file.path) }
        #expect(found == ["a.jpg", "no-ending", "odd.ending.jpeg"].map { folder($0) })
        #expect(lister.ignoredCount == 4)
    }

    @Test("What the user names is taken, whatever it is called; the same name twice is two rows")
    func namedFilesAreTaken() throws {
        for name in ["_a.jpg", ".b.jpg", "table.csv"] { try folder.file(name) }
        let paths = ["_a.jpg", ".b.jpg", "table.csv", "_a.jpg"].map { folder($0) }
        #expect(try listed(paths) == paths)
    }

    @Test("Sizes are the files' own")
    func sizesAreReported() throws {
        try folder.file("a.jpg", [UInt8](repeating: 0, count: 1234))
        try folder.file("b.jpg", [])
        var lister = FileLister(paths: [folder.path])
        #expect(try lister.next()?.size == 1234)
        #expect(try lister.next()?.size == 0)
        #expect(try lister.next() == nil)
    }

    @Test("Patterns match as in a shell, sorted")
    func patternsMatch() throws {
        for name in ["a1.jpg", "a2.jpg", "a10.jpg", "b1.png", "sub/a3.jpg"] { try folder.file(name) }
        #expect(try names([folder("a*.jpg")]) == ["a1.jpg", "a10.jpg", "a2.jpg"])
        #expect(try names([folder("a?.jpg")]) == ["a1.jpg", "a2.jpg"])
        #expect(try names([folder("[b-z]*/*.jpg")]) == ["sub/a3.jpg"])
        #expect(try names([folder("s*")]) == ["sub/a3.jpg"])
        let error = try stageError { _ = try listed([folder("x*.jpg")]) }
        #expect(error.code == .notFound)
        #expect(error.message.contains("no file matches it as a pattern"))
    }

    @Test("A file whose name looks like a pattern is that file")
    func namesThatLookLikePatterns() throws {
        try folder.file("a[1]*.jpg")
        try folder.file("a1.jpg")
        #expect(try names([folder("a[1]*.jpg")]) == ["a[1]*.jpg"])
    }

    @Test("Names may hold anything that the file system allows")
    func oddNames() throws {
        let odd = ["a b.jpg", "a\"b.jpg", "a'b.jpg", "a\nb.jpg", "a\\b.jpg", "日本.jpg", "%41#?.jpg", "a,b.jpg", " .jpg"]
        for name in odd { try folder.file(name) }
        #expect(try Set(names([folder.path])) == Set(odd))
        for name in odd { #expect(try names([folder(name)]) == [name]) }
    }

    @Test("A loop of links ends, and a folder that is linked twice is listed once")
    func linkLoopsEnd() throws {
        try folder.file("a/one.jpg")
        try folder.link("a/up", to: folder.path)
        try folder.link("a/self", to: folder("a"))
        try folder.link("z", to: folder("a"))
        #expect(try names([folder.path]) == ["a/one.jpg"])
    }

    @Test("A link to nothing is listed, so that reading can say so; a pipe is left out")
    func danglingLinksAndPipes() throws {
        try folder.file("a.jpg")
        try folder.link("gone.jpg", to: folder("nowhere"))
        #expect(mkfifo(folder("pipe.jpg"), 0o600) == 0)
        var lister = FileLister(paths: [folder.path])
        #expect(try lister.next()?.path == folder("a.jpg"))
        #expect(try lister.next()?.path == folder("gone.jpg"))
        #expect(try lister.next() == nil)
        #expect(lister.ignoredCount == 1)
        #expect(try stageError { _ = try listed([folder("pipe.jpg")]) }.message.contains("neither a file nor a folder"))
    }

    @Test("A URI of no store is refused as such, not as a missing file", arguments: ["https://x.org/a.jpg", "s3://"])
    func urisAreRefused(path: String) throws {
        let error = try stageError { _ = try listed([path]) }
        #expect(error.code == .unsupportedFormat)
        #expect(error.message.contains("\"\(path)\" is not a place"))
    }

    @Test("A local file may be written as a URI")
    func fileURIs() throws {
        let path = try folder.file("a b.jpg")
        #expect(try listed(["file://" + path.replacing(" ", with: "%20")]) == [path])
    }

    @Test("A path that is not there is an error that names it")
    func missingPaths() throws {
        let error = try stageError { _ = try listed([folder("absent")]) }
        #expect(error.code == .notFound)
        #expect(error.message.contains("\"\(folder("absent"))\""))
    }
}

@Suite("List source")
struct ListFilesSourceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func source(_ paths: [String], rows: Int = 4, limit: Int? = nil) -> ListFilesSource {
        var read = ReadImages(paths: paths)
        read.limit = limit
        return ListFilesSource(read, blockRows: rows)
    }

    @Test(
        "Blocks are full but for the last one",
        arguments: [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (1, 4, [1]), (3, 1, [1, 1, 1])]
    )
    func blocksAreFull(files: Int, rows: Int, expected: [Int]) throws {
        for index in 0..<files { try folder.file("\(index).jpg") }
        #expect(try source([folder.path], rows: rows).allBlocks().map(\.rowCount) == expected)
    }

    @Test("A block holds the paths that the walk found, also those that are not ASCII and those of folders below")
    func paths() throws {
        for name in ["a b.jpg", "日本.jpg", "deep/ü.jpg", "deep/z.jpg", "e.jpg"] { try folder.file(name) }
        let block = try #require(try source([folder.path], rows: 9).allBlocks().first)
        let expected = try listed([folder.path])
        let paths = try block.strings("path")
        #expect((0..<paths.count).map(paths.string) == expected)
        #expect(Set(expected) == Set(["a b.jpg", "日本.jpg", "deep/ü.jpg", "deep/z.jpg", "e.jpg"].map { folder($0) }))
    }

    @Test("A limit lists no more", arguments: [(0, []), (1, [1]), (4, [4]), (6, [4, 2]), (99, [4, 4, 2])])
    func limits(limit: Int, expected: [Int]) throws {
        for index in 0..<10 { try folder.file("\(index).jpg") }
        #expect(try source([folder.path], limit: limit).allBlocks().map(\.rowCount) == expected)
    }

    @Test("A folder without images is an error that says what was there instead")
    func foldersWithoutImages() throws {
        let empty = try stageError { _ = try source([folder.path]).allBlocks() }
        #expect(empty.code == .notFound)
        #expect(
            empty.message
                == "there are no images in \"\(folder.path)\". Name a folder that holds images, files, or a list of paths."
        )
        try folder.file("a.csv")
        #expect(
            try stageError { _ = try source([folder.path]).allBlocks() }.message.contains("(1 file of other kinds)")
        )
        try folder.file("b.csv")
        #expect(
            try stageError { _ = try source([folder.path]).allBlocks() }.message.contains("(2 files of other kinds)")
        )
    }
}
