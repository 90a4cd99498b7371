import Penstock
import Testing

@Suite("Rows from values in memory")
struct ItemsTests {
    private struct Photo: Codable {
        var path: String
        var width: Int?
        var score: Double
        var tags: [String]
        var bytes: [UInt8]
        var isLarge: Bool
    }

    @Test("A struct's properties are columns; what is missing is null")
    func structs() async throws {
        let dataset = try Dataset.fromItems([
            Photo(path: "a.jpg", width: 3, score: 0.5, tags: ["x", "y"], bytes: [1, 2], isLarge: true),
            Photo(path: "b.jpg", width: nil, score: 1, tags: [], bytes: [], isLarge: false),
        ])
        let rows = try await dataset.takeAll()
        #expect(rows.schema?.fields.map(\.name) == ["path", "width", "score", "tags", "bytes", "isLarge"])
        #expect(
            rows.schema?.fields.map(\.type) == [.string, .int64, .float64, .list(.string), .binary, .bool]
        )
        #expect(try rows[0].value("tags") == ["x", "y"])
        #expect(try rows[1].isNull("width"))
        #expect(try rows[1].value("tags") == [])
        #expect(try Array(rows[0].bytes("bytes").array) == [1, 2])
        #expect(try await dataset.schema() == rows.schema)
        #expect(try await dataset.count() == 2)
    }

    @Test("Dictionaries are rows; columns are in the order of their names")
    func dictionaries() async throws {
        let rows = try await Dataset.fromItems([["b": 1, "a": "x"], ["a": nil, "b": 2]]).takeAll()
        #expect(rows.map(\.description) == ["{a: \"x\", b: 1}", "{a: null, b: 2}"])
    }

    @Test("Values that are no rows, and columns of two types, are refused with the item's number")
    func refusals() throws {
        struct Nested: Codable { var inner: Photo? }
        #expect(throws: StageError.self) { try Dataset.fromItems([1, 2]) }
        let mixed = #expect(throws: StageError.self) { try Dataset.fromItems([["a": 1], ["a": "x"]]) }
        #expect(mixed?.message.contains("item 1") == true)
        let photo = Photo(path: "", width: 1, score: 1, tags: [], bytes: [], isLarge: false)
        let nested = #expect(throws: StageError.self) { try Dataset.fromItems([Nested(inner: photo)]) }
        #expect(nested?.message.contains("Flatten it") == true)
    }
}
