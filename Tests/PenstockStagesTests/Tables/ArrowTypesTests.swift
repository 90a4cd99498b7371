import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

/// The file of scripts/goldens/arrow_types.py.
private let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Goldens/arrow_types.parquet").path

/// What its rows 0, 2 and 3 become; row 1 is missing everywhere.
private let expected: [(name: String, type: ColumnType, cells: [String])] = [
    ("int8", .int32, ["1", "-128", "0"]), ("int16", .int32, ["1", "-32768", "0"]),
    ("uint16", .int32, ["1", "65535", "0"]), ("uint32", .int64, ["1", "4294967295", "0"]),
    ("uint64", .int64, ["1", "9223372036854775807", "0"]), ("float16", .float32, ["1.5", "-65504.0", "0.0"]),
    ("large_string", .string, ["'ä'", "'xxxxxxxxxxxxxxxxxxxx'", "''"]),
    ("large_binary", .binary, ["[97, 0]", "[255]", "[]"]),
    ("fixed_binary", .binary, ["[97, 98, 99]", "[0, 1, 255]", "[32, 32, 32]"]),
    ("dictionary", .string, ["'red'", "'blue'", "'red'"]), ("decimal32", .string, ["'12.50'", "'-0.01'", "'0.00'"]),
    ("decimal64", .string, ["'12.5000'", "'-99999999999999.9999'", "'0.0000'"]),
    ("decimal128", .string, ["'7'", "'-99999999999999999999999999999999999999'", "'0'"]),
    (
        "decimal256", .string,
        ["'1.5000000000'", "'-" + String(repeating: "9", count: 66) + ".9999999999'", "'0.0000000000'"]
    ),
    ("date32", .string, ["'2024-02-29'", "'0001-01-01'", "'1970-01-01'"]),
    ("date64", .string, ["'2024-02-29'", "'9999-12-31'", "'1970-01-01'"]),
    ("time32_s", .string, ["'09:30:00.000'", "'23:59:59.000'", "'00:00:00.000'"]),
    ("time32_ms", .string, ["'09:30:00.250'", "'23:59:59.999'", "'00:00:00.000'"]),
    ("time64_us", .string, ["'09:30:00.000250'", "'23:59:59.999999'", "'00:00:00.000000'"]),
    ("time64_ns", .string, ["'09:30:00.000000250'", "'23:59:59.999999999'", "'00:00:00.000000000'"]),
    ("timestamp_s", .string, ["'2024-02-29T12:30:00.000'", "'1969-12-31T23:59:59.000'", "'1970-01-01T00:00:00.000'"]),
    (
        "timestamp_ms", .string,
        ["'2024-02-29T12:30:00.250Z'", "'1969-12-31T23:59:59.999Z'", "'1970-01-01T00:00:00.000Z'"]
    ),
    (
        "timestamp_us", .string,
        ["'2024-02-29T12:30:00.000250Z'", "'0828-04-17T00:49:41.036032Z'", "'1970-01-01T00:00:00.000000Z'"]
    ),
    (
        "timestamp_ns", .string,
        ["'2024-02-29T12:30:00.000000250'", "'1677-09-21T00:12:43.145224192'", "'1970-01-01T00:00:00.000000000'"]
    ),
    ("duration_s", .string, ["'PT90S'", "'-PT1S'", "'PT0S'"]),
    ("duration_ns", .string, ["'PT1.500000000S'", "'-PT9223372036.854775808S'", "'PT0.000000000S'"]),
    ("null", .string, ["null", "null", "null"]), ("list", .list(.int32), ["[1, null, -2]", "[32767]", "[]"]),
    ("large_list", .list(.string), ["['a', null]", "['']", "[]"]),
    ("fixed_list", .list(.float32), ["[1.0, 2.0]", "[-1.0, 0.5]", "[0.0, 0.0]"]),
    ("nested", .list(.list(.string)), ["[['1970-01-02'], null, []]", "[[]]", "[]"]),
    ("place.name", .string, ["'a'", "null", "''"]), ("place.at.x", .int32, ["1", "null", "null"]),
    ("place.at.y", .float64, ["2.0", "null", "0.0"]),
]

@Suite("Arrow's types")
struct ArrowTypesTests {
    private func read(_ columns: [String]?) throws -> Block {
        let transform = ReadTablesTransform(ReadTable(paths: [golden], format: .parquet, columns: columns))
        let runs = try #require(
            try SplitTablesTransform(runBytes: Bytes(1)).applied(to: Block(["path": Column(strings: [golden])])).blocks
                .first
        )
        #expect(runs.rowCount == 2)
        return try #require(try transform.pieces(of: runs).joined())
    }

    @Test("Every type of other writers becomes what is promised, missing values stay missing")
    func allTypes() throws {
        let block = try read(expected.map(\.name))
        #expect(block.schema.fields.map(\.name) == expected.map(\.name))
        for (name, type, cells) in expected {
            #expect(block[name]?.type == type, "\(name)")
            #expect(block.cells[name] == [cells[0], "null", cells[1], cells[2]], "\(name)")
        }
    }

    @Test("What was read is written and read again alike")
    func roundTrips() throws {
        let folder = try TemporaryFolder()
        let block = try read(expected.map(\.name))
        let again = try #require(try roundTrip([block], folder("a.parquet")))
        #expect(again.cells == block.cells)
    }

    @Test("A struct's name stands for its fields, and a field can be read alone")
    func structs() throws {
        #expect(try read(["place"]).schema.fields.map(\.name) == ["place.name", "place.at.x", "place.at.y"])
        #expect(try read(["place.at", "int8"]).schema.fields.map(\.name) == ["place.at.x", "place.at.y", "int8"])
        let one = try read(["place.at.y", "place.name"])
        #expect(
            one.cells == ["place.at.y": ["2.0", "null", "null", "0.0"], "place.name": ["'a'", "null", "null", "''"]]
        )
    }

    @Test(
        "Types that blocks cannot hold are refused before anything is read, with the columns that can be",
        arguments: [("map", "map"), ("structs", "list of struct")]
    )
    func unreadable(name: String, type: String) throws {
        let error = try stageError { _ = try read([name]) }
        #expect(error.code == .unsupportedFormat)
        #expect(error.message.hasPrefix("column \"\(name)\" of \"\(golden)\" is a \(type), which is not read."))
        #expect(error.message.contains("without this one: \"int8\", \"int16\""))
        #expect(try stageError { _ = try read(nil) }.message.contains("column \"map\""))
    }

    @Test("A number above 2^63 - 1 is an error that names the column and the number; a missing one is none")
    func unsignedNumbers() throws {
        let large = Buffer<UInt64>([1, .max])
        #expect(try ArrowValues.signed(large) { $0 == 0 }.count == 2)
        let error = try stageError { _ = try ArrowValues.signed(large) { _ in true } }
        #expect(error.code == .tooLarge)
        #expect(error.message.contains("18446744073709551615"))
    }

    @Test("Halves of every kind are exact")
    func halves() {
        let bits: [UInt16] = [0, 0x8000, 1, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x3555]
        let values: [Float] = [
            0, -0.0, 0x1p-24, 0x1.ff8p-15, 0x1p-14, 1, -2, 65504, .infinity, -.infinity, 0x1.554p-2,
        ]
        #expect(ArrowValues.halves(Buffer(bits)).array == values)
        #expect(ArrowValues.halves(Buffer([0x7e00]))[0].isNaN)
        #expect(ArrowValues.halves(Buffer([0x8000]))[0].sign == .minus)
    }

    @Test("Views hold short values themselves and point to long ones; one that points past its buffer is damage")
    func views() throws {
        let text = Array("a text of more than twelve bytes".utf8)
        func view(_ length: Int32, _ rest: [UInt8]) -> [UInt8] {
            withUnsafeBytes(of: length.littleEndian) { Array($0) } + rest
        }
        let inside: [UInt8] = view(3, Array("abc".utf8) + Array(repeating: 0, count: 9))
        let outside: [UInt8] = view(30, Array(text[2..<6]) + [0, 0, 0, 0] + [2, 0, 0, 0])
        let bytes = Buffer(inside + outside + view(0, Array(repeating: 0, count: 12)))
        let values = try ArrowValues.views(bytes, [Buffer(text)], count: 3) { _ in true }
        #expect(values.texts == ["abc", "text of more than twelve bytes", ""])
        for (length, source, start) in [(31, 0, 2), (30, 1, 0), (-1, 0, 0), (20, 0, -1), (13, -1, 0)]
            as [(Int32, Int32, Int32)]
        {
            let words = [length, 0, source, start].flatMap { word -> [UInt8] in withUnsafeBytes(of: word) { Array($0) }
            }
            let error = try stageError {
                _ = try ArrowValues.views(Buffer(words), [Buffer(text)], count: 1) { _ in true }
            }
            #expect(error.code == .damagedData, "\(length) \(source) \(start)")
        }
    }

    @Test("Large offsets become small ones that begin with 0; beyond 2 GiB and descending ones are refused")
    func largeOffsets() throws {
        #expect(try ArrowValues.narrowed(Buffer([5, 5, 9])).array == [0, 0, 4])
        let far = Int64(Int32.max) + 7
        #expect(try ArrowValues.narrowed(Buffer([far, far + 1])).array == [0, 1])
        #expect(try stageError { _ = try ArrowValues.narrowed(Buffer([5, 6 + far])) }.code == .tooLarge)
        #expect(try stageError { _ = try ArrowValues.narrowed(Buffer([9, 5])) }.code == .damagedData)
        #expect(try stageError { _ = try ArrowValues.narrowed(Buffer([-9, 5])) }.code == .damagedData)
    }

    @Test("Days before the year 0 and after 9999 have a sign")
    func farDates() throws {
        let days = Buffer<Int64>([-719_529, 2_932_897, -719_162, Int64(Int32.max), Int64(Int32.min)])
        let texts = try TemporalText.column(days, .days) { _ in true }.texts
        #expect(texts == ["-0001-12-31", "+10000-01-01", "0001-01-01", "+5881580-07-11", "-5877641-06-23"])
    }
}
