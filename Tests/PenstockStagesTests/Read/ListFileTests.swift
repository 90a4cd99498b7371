import Foundation
import PenstockCore
import Testing

@testable import PenstockStages

@Suite("List files")
struct ListFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func listed(_ path: String) throws -> [String] {
        var lister = FileLister(paths: [path])
        var found: [String] = []
        while let file = try lister.next() { found.append(file.path) }
        return found
    }

    @Test(
        "A .txt file and @file are lists of paths, in their order, duplicates kept",
        arguments: ["list.txt", "@list"]
    )
    func bothFormsAreLists(name: String) throws {
        let paths = ["b.jpg", "a.jpg", "b.jpg"].map { folder($0) }
        for path in paths { try folder.file(URL(filePath: path).lastPathComponent) }
        let file = name.hasPrefix("@") ? String(name.dropFirst()) : name
        try folder.file(file, text: paths.joined(separator: "\n"))
        let named = name.hasPrefix("@") ? "@" + folder(file) : folder(file)
        #expect(try listed(named) == paths)
    }

    @Test("Lines may end in CR LF, empty ones are passed over, blanks belong to the name")
    func lineEnds() throws {
        try folder.file("list.txt", text: "/x/a.jpg\r\n\r\n\n/x/ b.jpg \r\n/x/c\td.jpg")
        #expect(try listed(folder("list.txt")) == ["/x/a.jpg", "/x/ b.jpg ", "/x/c\td.jpg"])
    }

    @Test("Relative lines are found beside the list when the working folder does not have them")
    func relativeLinesBesideTheList() throws {
        try folder.file("photos/a.jpg")
        try folder.file("list.txt", text: "photos/a.jpg\nphotos/absent.jpg\n")
        #expect(try listed(folder("list.txt")) == [folder("photos/a.jpg"), "photos/absent.jpg"])
    }

    @Test("Relative lines that the working folder has are taken from there")
    func relativeLinesInTheWorkingFolder() throws {
        let here = FileManager.default.currentDirectoryPath
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: here).first)
        try folder.file(name)
        try folder.file("list.txt", text: name)
        #expect(try listed(folder("list.txt")) == [name])
    }

    @Test("Lines are taken as they are: a pattern, a folder or a list in a list is a path like any other")
    func linesAreNotExpanded() throws {
        try folder.file("a.jpg")
        try folder.file("inner.txt", text: "x")
        let lines = [folder("*.jpg"), folder.path, folder("inner.txt")]
        try folder.file("list.txt", text: lines.joined(separator: "\n"))
        #expect(try listed(folder("list.txt")) == lines)
    }

    @Test("Missing files are listed, so that each becomes a quarantine row")
    func missingFilesAreListed() throws {
        try folder.file("list.txt", text: "/nowhere/1.jpg\n/nowhere/2.jpg\n")
        #expect(try listed(folder("list.txt")) == ["/nowhere/1.jpg", "/nowhere/2.jpg"])
    }

    @Test("A list that is not there, or is no list, is an error that names it")
    func unusableLists() throws {
        #expect(try stageError { _ = try listed("@" + folder("absent")) }.code == .notFound)
        try folder.file("binary.txt", [80, 75, 0, 1])
        #expect(try stageError { _ = try listed(folder("binary.txt")) }.message.contains("holds binary data"))
        #expect(try stageError { _ = try listed("@" + folder.path) }.message.contains("is not a file"))
    }

    @Test("A file whose name begins with @ is that file when it exists")
    func filesThatBeginWithAt() throws {
        try folder.file("@a.jpg")
        #expect(try listed(folder("@a.jpg")) == [folder("@a.jpg")])
    }
}
