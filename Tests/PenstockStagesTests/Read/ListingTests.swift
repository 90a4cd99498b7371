import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

@Suite("Listings of every kind")
struct ListingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func listed(_ kind: FileKind, _ listing: Listing = Listing(), rows: Int = 4) throws -> [[String]] {
        try ListFilesSource([folder.path], kind: kind, listing: listing, blockRows: rows).allBlocks().map { block in
            try block.strings("path").texts.map { String($0.dropFirst(folder.path.count + 1)) }
        }
    }

    private func numbered(_ count: Int) throws -> [String] {
        let names = (0..<count).map { "\($0 / 10)\($0 % 10).parquet" }
        for name in names { try folder.file(name) }
        return names
    }

    @Test(
        "In folders each kind has its endings, in any case; folders are walked whatever they are called",
        arguments: [
            (FileKind.parquet, ["a.parquet", "b.PARQUET", "t.parquet/part-0.parquet"]),
            (.csv, ["a.csv", "b.tsv"]), (.jsonl, ["a.json", "a.jsonl", "a.ndjson"]),
            (.text, ["a.log", "a.md", "a.txt", "x.parquet.txt"]),
            (.images, ["a.jpg", "csv", "t.csv.jpeg"]),
            (
                .binary,
                [
                    "a.csv", "a.jpg", "a.json", "a.jsonl", "a.log", "a.md", "a.ndjson", "a.parquet", "a.txt",
                    "b.PARQUET", "b.tsv", "csv", "t.csv.jpeg", "t.parquet/part-0.parquet", "x.parquet.txt",
                ]
            ),
        ]
    )
    func endings(kind: FileKind, expected: [String]) throws {
        let names = [
            "a.csv", "a.jpg", "a.json", "a.jsonl", "a.log", "a.md", "a.ndjson", "a.parquet", "a.txt", "b.PARQUET",
            "b.tsv", "csv", "t.csv.jpeg", "t.parquet/part-0.parquet", "x.parquet.txt", ".parquet", "_a.parquet",
            "_penstock/quarantine/part-00000.parquet",
        ]
        for name in names { try folder.file(name) }
        #expect(try listed(kind, rows: 99).flatMap(\.self) == expected)
    }

    @Test(
        "Files that were listed before come again as often as is wanted, as they were, those among them that are gone since"
    )
    func listedBefore() throws {
        for name in ["a.jpg", "b[1].jpg", "c.jpg"] { try folder.file(name) }
        let source = ListFilesSource([folder.path], kind: .images, listing: Listing(limit: 2), blockRows: 4)
        let listed = try source.allBlocks()
        try FileManager.default.removeItem(atPath: folder("a.jpg"))
        let again = try ListFilesSource(source, repeating: listed, count: 9).allBlocks()
        #expect(again.map(\.rowCount) == [4, 4, 1])
        let paths = try again.flatMap { try $0.strings("path").texts }
        #expect(paths == (0..<9).map { folder($0 % 2 == 0 ? "a.jpg" : "b[1].jpg") })
    }

    @Test("What is named is taken whatever it is called, and a named .txt is a list for images only")
    func namedFiles() throws {
        let table = try folder.file("table.dat")
        let list = try folder.file("list.txt", text: table)
        for kind in [FileKind.parquet, .csv, .jsonl, .text, .binary] {
            let blocks = try ListFilesSource([table, list], kind: kind, blockRows: 9).allBlocks()
            #expect(try blocks.first?.strings("path").texts == [table, list], "\(kind)")
        }
        let images = try ListFilesSource([table, list], kind: .images, blockRows: 9).allBlocks()
        #expect(try images.first?.strings("path").texts == [table, table])
        let named = try ListFilesSource(["@" + list], kind: .parquet, blockRows: 9).allBlocks()
        #expect(try named.first?.strings("path").texts == [table])
    }

    @Test("A folder without files of the kind says what it looked for")
    func nothingOfTheKind() throws {
        try folder.file("a.csv")
        let error = try stageError { _ = try listed(.parquet) }
        #expect(error.code == .notFound)
        #expect(
            error.message
                == "there are no Parquet files (.parquet) in \"\(folder.path)\" (1 file of other kinds). Name a folder that holds Parquet files, files, or a list of paths."
        )
        for listing in [Listing(shuffleSeed: 1), Listing(blockCount: 2)] {
            #expect(try stageError { _ = try listed(.parquet, listing) }.code == .notFound)
        }
    }

    @Test(
        "A number of blocks divides the files evenly, in order",
        arguments: [
            (10, 3, [3, 3, 4]), (10, 1, [10]), (10, 10, Array(repeating: 1, count: 10)), (3, 5, [1, 1, 1]),
            (7, 4, [1, 2, 2, 2]), (4, 0, [4]),
        ]
    )
    func blockCounts(files: Int, count: Int, sizes: [Int]) throws {
        let names = try numbered(files)
        let blocks = try listed(.parquet, Listing(blockCount: count, blockRows: 2))
        #expect(blocks.map(\.count) == sizes)
        #expect(blocks.flatMap(\.self) == names)
    }

    @Test(
        "The first blocks are small, and never larger than asked for",
        arguments: [(8, 2, [2, 2, 4, 8, 5]), (3, 4, [3, 3, 3, 3, 3, 3, 3])]
    )
    func firstBlocks(rows: Int, first: Int, sizes: [Int]) throws {
        let names = try numbered(21)
        let source = ListFilesSource([folder.path], kind: .parquet, blockRows: rows, firstRows: first)
        #expect(try source.allBlocks().map(\.rowCount) == sizes)
        let chosen = Listing(blockRows: 7)
        let listed = ListFilesSource([folder.path], kind: .parquet, listing: chosen, blockRows: rows, firstRows: first)
        #expect(try listed.allBlocks().map(\.rowCount) == [7, 7, 7])
        #expect(try source.allBlocks().reduce(0) { $0 + $1.rowCount } == names.count)
    }

    @Test(
        "The last blocks get smaller: half of what is left for each worker, in whole batches, and no file is lost",
        arguments: [
            (1, 8, 1, [8, 8, 8, 4, 2, 1]), (2, 8, 2, [8, 6, 6, 4, 2, 2, 2, 1]), (1, 4, 4, [4, 4, 4, 4, 4, 4, 4, 3]),
            (40, 8, 8, [8, 8, 8, 7]),
        ]
    )
    func lastBlocks(workers: Int, rows: Int, last: Int, sizes: [Int]) throws {
        let names = try numbered(31)
        func blocks(_ listing: Listing) throws -> [[String]] {
            let end = ListFilesSource.LastBlocks(workers: workers, rows: last)
            return try ListFilesSource(
                [folder.path],
                kind: .parquet,
                listing: listing,
                blockRows: rows,
                lastBlocks: end
            ).allBlocks().map { block in
                try block.strings("path").texts.map { String($0.dropFirst(folder.path.count + 1)) }
            }
        }
        #expect(try blocks(Listing()).map(\.count) == sizes)
        #expect(try blocks(Listing()).flatMap(\.self) == names)
        #expect(try blocks(Listing(limit: 10)).flatMap(\.self) == Array(names.prefix(10)))
        #expect(try blocks(Listing(blockRows: 9)).map(\.count) == [9, 9, 9, 4])
    }

    @Test("A shuffle keeps every file, is the same for the same seed, and differs between seeds")
    func shuffles() throws {
        let names = try numbered(40)
        let one = try listed(.parquet, Listing(shuffleSeed: 7)).flatMap(\.self)
        #expect(one != names)
        #expect(one.sorted() == names)
        #expect(try listed(.parquet, Listing(shuffleSeed: 7)).flatMap(\.self) == one)
        #expect(try listed(.parquet, Listing(shuffleSeed: 8)).flatMap(\.self) != one)
        // Written down, so that no version changes the order of a seed.
        #expect(one.prefix(4) == ["17.parquet", "11.parquet", "18.parquet", "37.parquet"])
    }

    @Test("A limit before the shuffle takes the first files; after it, the first of the shuffled")
    func limitsAndShuffles() throws {
        let names = try numbered(40)
        let first = try listed(.parquet, Listing(limit: 5, shuffleSeed: 3)).flatMap(\.self)
        #expect(first.sorted() == Array(names.prefix(5)))
        let all = try listed(.parquet, Listing(shuffleSeed: 3)).flatMap(\.self)
        let after = try listed(.parquet, Listing(limit: 5, shuffleSeed: 3, limitFirst: false))
        #expect(after.flatMap(\.self) == Array(all.prefix(5)))
        #expect(after.map(\.count) == [4, 1])
        #expect(try listed(.parquet, Listing(limit: 7, blockCount: 2)).map(\.count) == [3, 4])
        #expect(try listed(.parquet, Listing(limit: 0, shuffleSeed: 3)).isEmpty)
        #expect(try listed(.parquet, Listing(limit: 3, blockRows: 2)).map(\.count) == [2, 1])
    }

    @Test("Names are sorted by their bytes, however long what they share is")
    func order() throws {
        var random = SeededNumbers(seed: 1)
        var names: Set<String> = [
            "a", "ab", "abcdefgh", "abcdefghi", "abcdefghijklmnop", "abcdefghijklmnoq", "é", "日本",
        ]
        while names.count < 300 {
            let length = 1 + random.next(below: 20)
            names.insert(String((0..<length).map { _ in Character(["a", "b", "é", "Z", "0"][random.next(below: 5)]) }))
        }
        for prefix in ["", "photograph-"] {
            let home = try folder.folder("in-\(prefix)")
            for name in names { try folder.file("in-\(prefix)/\(prefix)\(name)") }
            let sorted = names.map { prefix + $0 }
                .sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            let entries = try FolderEntries(home)
            #expect((0..<entries.count).map { entries.path($0, in: "") } == sorted)
        }
    }

    @Test("A folder that cannot be read is an error that names it")
    func unreadable() throws {
        let file = try folder.file("a")
        let error = try stageError { _ = try FolderEntries(file) }
        #expect(error.code == .inputOutput)
        #expect(error.message.contains("cannot list \"\(file)\""))
    }
}
