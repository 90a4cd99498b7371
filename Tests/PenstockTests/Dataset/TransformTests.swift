import Penstock
import Testing

@Suite("Transforms of a dataset")
struct TransformTests {
    private let items: Dataset

    init() throws {
        items = try Dataset.fromItems([["name": "a", "size": 3], ["name": "b", "size": nil], ["size": 2.5]])
    }

    @Test("Items are columns in the order of their names, numbers are widened, what is left out is missing")
    func fromItems() async throws {
        let dataset = items
        #expect(
            try await dataset.takeAll().texts == [
                "{name: \"a\", size: 3.0}", "{name: \"b\", size: null}", "{name: null, size: 2.5}",
            ]
        )
        let lists = try Dataset.fromItems([["x": []], ["x": ["p"]]])
        #expect(try await lists.takeAll().texts == ["{x: []}", "{x: [\"p\"]}"])
        let error = try #require(
            #expect(throws: StageError.self) { try Dataset.fromItems([["a": 1], ["a": "x"]]) }
        )
        #expect(
            error.message
                == "item 1: the column \"a\" was set to string; it holds int64. Give every row's value the same type."
        )
        #expect(try await Dataset.fromItems([[String: Value]]()).takeAll().isEmpty)
    }

    @Test("Blocks of one dataset have the same columns")
    func fromBlocks() async throws {
        let numbers = try Block(columns: ["a": Column(int64: [1, 2])])
        let missing = try Block(columns: ["a": Column(.int64(Buffer([3])), validity: Bitmap([false]))])
        let dataset = try Dataset.fromBlocks([numbers.slice(0..<0), numbers, missing])
        #expect(try await dataset.takeAll().texts == ["{a: 1}", "{a: 2}", "{a: null}"])
        #expect(try await dataset.schema()?.fields == [Field("a", .int64, isNullable: true)])
        #expect(try await dataset.blockCount() == 2)
        let error = try #require(
            #expect(throws: StageError.self) {
                try Dataset.fromBlocks([numbers, try Block(columns: ["b": Column(int64: [1])])])
            }
        )
        #expect(
            error.message == "blocks of one dataset have the same columns; here are [a: int64] and [b: int64]."
        )
    }

    @Test("map, flatMap and filter see typed rows")
    func rows() async throws {
        let numbers = Dataset.range(6)
        let doubled = numbers.map { row, out in
            out.set("id", try row.int("id") * 2)
            out.set("text", "\(try row.int("id"))")
        }
        #expect(try await doubled.take(2).texts == ["{id: 0, text: \"0\"}", "{id: 2, text: \"1\"}"])
        let copies = numbers.flatMap { row, out in
            for copy in 0..<(try row.int("id") % 3) { try out.append { $0.set("copy", copy) } }
        }
        #expect(try await copies.takeAll().map { try $0.int("copy") } == [0, 0, 1, 0, 0, 1])
        let odd = numbers.filter { try $0.int("id") % 2 == 1 }
        #expect(try await odd.takeAll().map { try $0.int("id") } == [1, 3, 5])
        #expect(try await odd.count() == 3)
        #expect(try await numbers.filter { _ in false }.takeAll().isEmpty)
    }

    @Test("mapBatches and addColumn see columns")
    func batches() async throws {
        let dataset = Dataset.range(5).mapBatches(batchSize: 2) { batch in
            try batch.block.adding(
                "rows",
                Column(int64: Array(repeating: Int64(batch.rowCount), count: batch.rowCount))
            )
        }
        #expect(try await dataset.takeAll().map { try $0.int("rows") } == [2, 2, 2, 2, 1])
        let squares = Dataset.range(4).addColumn("square") { batch in
            Column(int64: try batch.block.int64s("id").array.map { $0 * $0 })
        }
        #expect(try await squares.takeAll().texts.last == "{id: 3, square: 9}")
        let none = Dataset.range(4).mapBatches { $0.block.slice(0..<0) }
        #expect(try await none.takeAll().isEmpty, "a batch may give no rows")
    }

    @Test("Declared columns come in their order, whatever the code's order is")
    func declaredOrder() async throws {
        let dataset = Dataset.range(4).mapBatches(batchSize: 1, schema: [Field("a", .int64), Field("b", .int64)]) {
            batch in
            let id = try batch.block.int64s("id")
            let column = Column(.int64(id))
            return id[0] % 2 == 0
                ? try Block(columns: ["a": column, "b": column]) : try Block(columns: ["b": column, "a": column])
        }
        #expect(try await dataset.repartition(rowsPerBlock: 4).takeAll().texts.last == "{a: 3, b: 3}")
        #expect(try await dataset.schema()?.description == "a: int64, b: int64")
    }

    @Test("Columns are chosen, left out and renamed without code")
    func columns() async throws {
        let dataset = items
        #expect(try await dataset.selectColumns(["size", "name"]).schema()?.fields.map(\.name) == ["size", "name"])
        #expect(try await dataset.dropColumns(["name"]).take(1).texts == ["{size: 3.0}"])
        let swapped = dataset.renameColumns(["name": "size", "size": "name"])
        #expect(try await swapped.take(1).texts == ["{size: \"a\", name: 3.0}"])
    }

    @Test("A union gives the rows of one source after the other, each with its own limit and order")
    func union() async throws {
        let few = try Dataset.fromItems([["id": 100], ["id": 101]])
        let union = Dataset.range(50).limit(2).union(few, Dataset.range(3).randomizeOrder(seed: 4)).union(few.limit(1))
        let ids = try await union.takeAll().map { try $0.int("id") }
        #expect(ids.prefix(4) == [0, 1, 100, 101])
        #expect(Set(ids[4..<7]) == [0, 1, 2])
        #expect(ids.dropFirst(7) == [100])
        #expect(try await union.count() == 8)
        #expect(try await union.map { row, out in out.set("n", try row.int("id")) }.limit(3).count() == 3)
        let renamed = Dataset.range(2).renameColumns(["id": "n"]).union(few.renameColumns(["id": "n"]))
        #expect(try await renamed.takeAll().map { try $0.int("n") } == [0, 1, 100, 101])
    }

    @Test("Sources of a union that differ are refused with both columns")
    func unionOfDifferentColumns() async throws {
        let other = try Dataset.fromItems([["name": "x"]])
        let error = try await runError { _ = try await Dataset.range(2).union(other).takeAll() }
        // Sources are read side by side; the columns of whichever comes first are named first.
        let orders = ["[id: int64] and [name: string]", "[name: string] and [id: int64]"].filter {
            error.description.hasSuffix(
                "the sources of a union have different columns: \($0). Make them equal with selectColumns and renameColumns before the union."
            )
        }
        #expect(orders.count == 1, "\(error.description)")
        #expect(error.report.bytesHeldAtEnd == 0)
    }

    @Test("A random order is the same for the same seed, and loses nothing")
    func randomizeOrder() async throws {
        let first = try await Dataset.range(1000).randomizeOrder(seed: 7).takeAll().map { try $0.int("id") }
        let again = try await Dataset.range(1000).randomizeOrder(seed: 7).takeAll().map { try $0.int("id") }
        let other = try await Dataset.range(1000).randomizeOrder(seed: 8).takeAll().map { try $0.int("id") }
        #expect(first == again)
        #expect(first != other)
        #expect(first.sorted() == Array(0..<1000) && other.sorted() == Array(0..<1000))
        #expect(
            try await Dataset.range(1000).randomizeOrder(seed: 7).take(5).map { try $0.int("id") } == Array(first[..<5])
        )
    }

    @Test(
        "Repartition gives exactly the number of blocks, of sizes that differ by one at most",
        arguments: [1, 3, 7, 20]
    )
    func repartition(blocks: Int) async throws {
        let made = try await Dataset.range(20, overrideBlockCount: 6).map { row, out in try out.copy(row) }
            .repartition(blocks).materialize()
        #expect(made.blockCount == blocks)
        let sizes = made.blocks.map(\.rowCount)
        #expect(sizes.max().map { $0 - (sizes.min() ?? 0) <= 1 } == true)
        #expect(try made.rows.map { try $0.int("id") } == Array(0..<20))
        let error = try await #require(
            #expect(throws: PlanError.self) {
                _ = try await Dataset.range(20).filter { _ in true }.repartition(blocks).takeAll()
            }
        )
        #expect(
            error.message
                == "repartition(\(blocks)) needs the number of rows, and Filter[filter] may change it. Use repartition(rowsPerBlock:), or materialize() first."
        )
    }

    @Test("Rows that are skipped do not count for a limit, and go to quarantine")
    func limitBehindSkippedRows() async throws {
        let dataset = Dataset.range(100).map(onError: .skip(max: nil)) { row, out in
            if try row.int("id") % 2 == 0 { throw Refused() }
            try out.copy(row)
        }
        #expect(try await dataset.take(3).map { try $0.int("id") } == [1, 3, 5])
        #expect(try await dataset.count() == 50)
        #expect(try await dataset.stats().rowsQuarantined == 50)
    }

    @Test("emitNull keeps rows without values")
    func emitNull() async throws {
        let dataset = Dataset.range(4)
            .addColumn("half", type: .int64, onError: .emitNull) { batch in
                if try batch.block.int64s("id").array.contains(3) { throw Refused() }
                return Column(.int64(try batch.block.int64s("id")))
            }
            .filter(onError: .emitNull) { row in
                if try row.int("id") == 2 { throw Refused() }
                return try row.int("id") > 0
            }
        #expect(
            try await dataset.takeAll().texts == ["{id: 1, half: null}", "{id: 2, half: null}", "{id: 3, half: null}"]
        )
        let alone = Dataset.range(2).map(onError: .emitNull) { _, _ in throw Refused() }
        let error = try await runError { _ = try await alone.takeAll() }
        #expect(
            error.description.hasSuffix(
                "its code threw for all 2 rows of the batch, so emitNull does not know the columns. Declare them: schema: [Field(\"name\", .float32)]."
            )
        )
    }
}
