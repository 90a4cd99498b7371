import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Reading texts")
struct ReadTextTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(
        _ paths: [String],
        dropsEmptyLines: Bool = true,
        includePaths: Bool = false,
        piece: Bytes = .mebibytes(8),
        line: Bytes = .mebibytes(64)
    ) throws -> [TransformOutput] {
        var text = ReadText(paths: paths)
        text.dropsEmptyLines = dropsEmptyLines
        text.includePaths = includePaths
        let transform = ReadTextTransform(text, pieceBytes: piece, lineLimit: line, retries: 0)
        return try transform.pieces(of: Block(["path": Column(strings: paths)]))
    }

    private func lines(_ outputs: [TransformOutput]) throws -> [String] {
        try outputs.flatMap(\.blocks).flatMap { try $0.strings("text").texts }
    }

    @Test(
        "Lines end in LF or CR LF, the last one may have no end, and a mark at the beginning is no text",
        arguments: [
            ("a\nb\n", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]), ("a\nb", ["a", "b"]), ("a\r", ["a"]), ("", []),
            ("\u{FEFF}ä\nb\u{FEFF}", ["ä", "b\u{FEFF}"]), ("\n\n a \n\t\n", [" a "]), ("a\rb\n", ["a\rb"]),
            ("a\u{0}b\n", ["a\u{0}b"]), ("\u{FEFF}", []),
        ]
    )
    func lineEnds(text: String, expected: [String]) throws {
        let outputs = try read([try folder.file("a.txt", text: text)])
        #expect(try lines(outputs) == expected)
        #expect(outputs.failures.isEmpty)
    }

    @Test("Empty lines are kept when asked for; the end of the last line begins no other")
    func emptyLines() throws {
        let path = try folder.file("a.txt", text: "\n \r\na\n\n")
        #expect(try lines(read([path], dropsEmptyLines: false)) == ["", " ", "a", ""])
        #expect(try lines(read([path])) == ["a"])
    }

    @Test(
        "Texts of any size are given in pieces, and lines may cross what is read at once",
        arguments: [1, 100, 5000, 1 << 20]
    )
    func pieces(piece: Int) throws {
        var random = SeededNumbers(seed: 4)
        let expected = (0..<400).map { number in "\(number) " + String(repeating: "é", count: random.next(below: 6000))
        }
        let path = try folder.file("a.txt", text: expected.joined(separator: "\n"))
        let other = try folder.file("b.txt", text: "last")
        let outputs = try read([path, other], includePaths: true, piece: Bytes(piece))
        #expect(try lines(outputs) == expected + ["last"])
        let longest = 12_100
        #expect(outputs.flatMap(\.blocks).allSatisfy { $0.byteCount.count <= piece + longest + 200 })
        let paths = try outputs.flatMap(\.blocks).flatMap { try $0.strings("path").texts }
        #expect(paths == Array(repeating: path, count: 400) + [other])
    }

    @Test("A line that is not UTF-8 fails alone and says which it is", arguments: [1, 1 << 20])
    func invalidLines(piece: Int) throws {
        // Two halves of a character, each in a line of its own, are no text although together they would be.
        let bytes = Array("good\n".utf8) + [0xff, 0x0a, 0xc3, 0x0a, 0xa9, 0x0a] + Array("also good".utf8)
        let path = try folder.file("a.txt", bytes)
        let outputs = try read([path], includePaths: true, piece: Bytes(piece))
        #expect(try lines(outputs) == ["good", "also good"])
        #expect(outputs.failures.map(\.path) == [path, path, path])
        #expect(outputs.failures.map(\.code) == [.damagedData, .damagedData, .damagedData])
        let numbers = outputs.failures.map { $0.message.split(separator: " ")[1] }
        #expect(numbers == ["2", "3", "4"])
        let paths = try outputs.flatMap(\.blocks).flatMap { try $0.strings("path").texts }
        #expect(paths == [path, path])
    }

    @Test("A line beyond the limit fails, is not kept in memory, and the next one is read")
    func longLines() throws {
        let long = String(repeating: "x", count: 3 << 20)
        let path = try folder.file("a.txt", text: "first\n\(long)\nthird\n\(long)")
        let outputs = try read([path], line: .mebibytes(1))
        #expect(try lines(outputs) == ["first", "third"])
        #expect(outputs.failures.map(\.code) == [.tooLarge, .tooLarge])
        #expect(outputs.failures.first?.message == "line 2 is longer than 1 MiB, the limit for a line.")
        let fits = try folder.file("b.txt", text: String(repeating: "y", count: 1 << 20) + "\r\n")
        #expect(try read([fits], line: .mebibytes(1)).failures.isEmpty)
    }

    @Test("A file that cannot be read fails alone")
    func unreadableFiles() throws {
        let good = try folder.file("a.txt", text: "a")
        let outputs = try read([folder("gone"), good, try folder.folder("folder")])
        #expect(try lines(outputs) == ["a"])
        #expect(outputs.failures.map(\.code) == [.notFound, .inputOutput])
    }

    @Test("The reservation covers a piece")
    func reservations() throws {
        let path = try folder.file("a.txt", text: String(repeating: "a\n", count: 5000))
        let block = Block(["path": Column(strings: [path]), "size": Column(int64: [10_000])])
        for piece in [Bytes(4096), .mebibytes(1)] {
            let transform = ReadTextTransform(ReadText(paths: [path]), pieceBytes: piece)
            for output in try transform.pieces(of: block) {
                #expect(try #require(output.blocks.first).byteCount <= transform.outputBytes(for: block))
            }
        }
    }
}
