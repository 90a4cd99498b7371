import Foundation
import PenstockCore
import PenstockPlan
import Synchronization
import Testing

@testable import PenstockStages

@Suite("Files in a store", .tags(.native), .enabled(if: StoreServer.isPresent, StoreServer.reason))
struct ArrowFileStoreTests {
    private func store(_ path: String, keys: String = "key:secret@") throws -> ArrowFileStore {
        try ArrowFileStore(Location(StoreServer.location(path, keys: keys)))
    }

    @Test("A listing of 20,000 objects comes in pieces, each object once, with its size")
    func listingStreams() throws {
        let store = try store("many/many")
        #expect(store.path == "many/many")
        let listing = try store.listing(of: store.path, recursive: true)
        var sizes: [String: Int] = [:]
        var pieces = 0
        while let entries = try listing.next() {
            pieces += 1
            #expect(entries.count < 20_000 && !entries.isEmpty)
            for entry in entries where entry.kind == .file {
                #expect(sizes.updateValue(try #require(entry.size), forKey: entry.path) == nil)
            }
        }
        #expect(pieces >= 10)
        #expect(sizes.count == 20_000)
        #expect(sizes["many/many/folder 7/00137.bin"] == 37)
        #expect(try listing.next() == nil)
    }

    @Test("A listing may be dropped before its end")
    func listingIsDropped() throws {
        let store = try store("many/many")
        let first = try store.listing(of: store.path, recursive: true).next()
        #expect(try #require(first).isEmpty == false)
        let folders = try #require(try store.listing(of: store.path, recursive: false).next())
        #expect(folders.map(\.path).sorted() == (0..<10).map { "many/many/folder \($0)" })
        #expect(folders.allSatisfy { $0.kind == .folder && $0.size == nil })
    }

    @Test("Anybody reads an open bucket; a private one is denied, and what is missing is told apart")
    func accessIsToldApart() throws {
        let open = try store("open/photos", keys: "anonymous@")
        #expect(try open.contents(of: "open/photos/a.jpg", atMost: .kibibytes(1)) == [UInt8](repeating: 97, count: 50))
        #expect(try open.info("open/photos") == FileEntry(path: "open/photos", kind: .folder, size: nil))
        #expect(try open.info("open/none") == nil)
        let denied = #expect(throws: FileError.self) { try open.info("private/locked.bin") }
        #expect(denied?.kind == .denied)
        let missing = #expect(throws: FileError.self) {
            try store("none").listing(of: "none/x", recursive: true).next()
        }
        #expect(missing?.kind == .notFound)
        let key = #expect(throws: FileError.self) {
            try store("open").contents(of: "open/none", known: 10, atMost: .kibibytes(1))
        }
        #expect(key?.kind == .notFound)
    }

    @Test("What is written is read again, in one request or in parts", arguments: [0, 5, 12_000_000])
    func roundTrip(size: Int) throws {
        let store = try store("private")
        let path = "private/out \(size)/ä+b=c&d%41.bin"
        let bytes = StoreServer.bytes(size)
        #expect(try !store.exists(path))
        try store.write(bytes, to: path)
        #expect(try store.info(path) == FileEntry(path: path, kind: .file, size: size))
        #expect(try Data(store.contents(of: path, atMost: .mebibytes(32))) == Data(bytes))
        try store.remove(path)
        #expect(try !store.exists(path))
        try store.remove(path)
    }

    @Test("A size is checked before memory is taken, and a range is exactly that")
    func rangesAndLimits() throws {
        let store = try store("private")
        try store.write(Array(0..<200), to: "private/ranges")
        let large = #expect(throws: FileError.self) { try store.contents(of: "private/ranges", atMost: Bytes(199)) }
        #expect(large?.kind == .tooLarge)
        var part = [UInt8](repeating: 0, count: 3)
        try part.withUnsafeMutableBytes { try store.read("private/ranges", size: 200, offset: 100, into: $0) }
        #expect(part == [100, 101, 102])
    }

    @Test("An unknown option is refused, without the keys in the message")
    func optionsAreChecked() throws {
        let location = try Location("s3://key:topsecret@bucket/a?colour=blue")
        let error = #expect(throws: FileError.self) { try ArrowFileStore(location) }
        #expect(error?.kind == .unsupported)
        #expect(error?.message.contains("colour") == true)
        #expect(error?.message.contains("topsecret") == false)
    }

    @Test("A process whose first location was refused ends without a crash")
    func endsAfterRefusal() async {
        await #expect(processExitsWith: .success) {
            let options = "endpoint_override=127.0.0.1:1&scheme=http&region=us-east-1"
            #expect(throws: FileError.self) { try ArrowFileStore(Location("s3://a:b@bucket?colour=blue")) }
            for bucket in 0..<8 { _ = try ArrowFileStore(Location("s3://a:b@bucket-\(bucket)?\(options)")) }
        }
    }

    @Test("A table is written to a store and read from there; one that is not finished never appears")
    func tables() throws {
        let block = Block(["n": Column(int64: Array(0..<5000))])
        let location = try StoreServer.location("private/tables/a.parquet")
        let store = try store("private")
        var writer: TableFileWriter? = try TableFileWriter(location, format: .parquet, schema: block.schema)
        try writer?.write(block)
        #expect(try !store.exists("private/tables/a.parquet"))
        writer = nil
        #expect(try !store.exists("private/tables/a.parquet"))
        let second = try TableFileWriter(location, format: .parquet, schema: block.schema)
        try second.write(block)
        try second.finish()
        let reader = try TableFileReader(location, format: .parquet)
        #expect(reader.rowCount == 5000)
        #expect(try reader.next()?.rowCount == 5000)
    }
}
