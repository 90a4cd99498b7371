import Testing

@testable import PenstockCore

/// What code of the user's reads rows with.
@Suite struct RowsReadingTests {
    private static let block: Block = {
        Block([
            "id": Column(int64: [10, 11, 12]), "small": Column(int32: [1, 2, 3]),
            "name": Column(optionalStrings: ["a", nil, "c"]), "score": Column(float32: [0.5, 1, 1.5]),
            "list": Column(
                listOf: Column(.int64(Buffer([1, 0, 3])), validity: Bitmap([true, false, true])),
                lengths: [1, 1, 1]
            ),
        ])
    }()

    private func message(_ body: () throws -> Void) throws -> String {
        try #require(#expect(throws: StageError.self) { try body() }).message
    }

    @Test func smallerNumbersAreWidened() throws {
        let row = Self.block.rows[1]
        #expect(try row.int("small") == 2)
        #expect(try row.int64("small") == 2)
        #expect(try row.double("score") == 1)
        #expect(row.index == 1)
        #expect(row.description == "{id: 11, small: 2, name: null, score: 1.0, list: [null]}")
    }

    @Test func missingValuesAreNilOnlyWhereAskedFor() throws {
        let row = Self.block.rows[1]
        #expect(try row.optional("name", as: String.self) == nil)
        #expect(try row.isNull("name"))
        #expect(try !row.isNull("id"))
        #expect(try row.value("name") == .null)
        #expect(
            try message { _ = try row.string("name") }
                == "the column \"name\" has no value in row 1 of the batch. Read it with optional(\"name\", as:), or filter such rows out."
        )
    }

    @Test func unknownColumnsNameTheNearest() throws {
        let row = Self.block.rows[0]
        let wanted =
            "there is no column \"nam\"; there are \"id\", \"small\", \"name\", \"score\", \"list\". Did you mean \"name\"?"
        #expect(try message { _ = try row.string("nam") } == wanted)
        #expect(try message { _ = try row.optional("nam", as: Int.self) } == wanted)
        #expect(try message { _ = try row.isNull("nam") } == wanted)
        #expect(try message { _ = try Self.block.strings("nam") } == wanted)
        #expect(try message { _ = try Self.block.selecting(["nam"]) } == wanted)
        #expect(try message { _ = try Self.block.dropping(["nam"]) } == wanted)
        #expect(try message { _ = try Self.block.renaming(["nam": "x"]) } == wanted)
    }

    @Test func otherTypesAreNamed() throws {
        let row = Self.block.rows[0]
        #expect(
            try message { _ = try row.string("id") }
                == "the column \"id\" holds int64, and string was asked for. Read it as int64, or convert it."
        )
        #expect(try message { _ = try row.int32("id") }.contains("holds int64, and int32 was asked for"))
        #expect(try message { _ = try row.bytes("name") }.contains("holds string, and binary was asked for"))
        #expect(try message { _ = try Self.block.int64s("name") }.contains("holds string, and int64 was asked for"))
    }

    @Test func listsWithMissingElementsAreNoSwiftArrays() throws {
        #expect(try Self.block.rows[0].value("list", as: [Int].self) == [1])
        #expect(
            try message { _ = try Self.block.rows[1].value("list", as: [Int].self) }
                == "the column \"list\" holds list<int64> with missing elements, which Swift arrays cannot have. Read it with value(\"list\")."
        )
        let floats = Column(listOf: Column(.float32(Buffer([1])), validity: Bitmap([false])), lengths: [1])
        let row = Block(["f": floats]).rows[0]
        #expect(throws: StageError.self) { _ = try row.value("f", as: [Float].self) }
    }

    @Test func rowsOfSeveralBlocksAreOneCollection() throws {
        let rows = Rows([Self.block, Self.block.slice(0..<0), Self.block.slice(1..<3)])
        #expect(rows.count == 5)
        #expect(try rows.map { try $0.int("id") } == [10, 11, 12, 11, 12])
        #expect(try rows.reversed().map { try $0.int("id") } == [12, 11, 12, 11, 10])
        #expect(rows.blocks.count == 2, "blocks without rows are left out")
        #expect(try rows.block()?.rowCount == 5)
        #expect(Rows([]).isEmpty && Rows([]).schema == nil)
    }

    @Test func literalsAreValues() {
        let values: [Value] = [nil, true, 3, 2.5, "a", [1, "b"]]
        #expect(values == [.null, .bool(true), .int(3), .double(2.5), .string("a"), .list([.int(1), .string("b")])])
        #expect("\(Value.list(Array(repeating: 1, count: 9)))" == "[1, 1, 1, 1, 1, 1, 1, 1, … 9 in all]")
        #expect("\(Value.bytes([1, 2]))" == "<2 B>")
    }
}

/// Columns of blocks: choosing, renaming, adding, gathering, joining.
@Suite struct RowsBlockTests {
    /// Three rows of every type, some missing, cut from the middle so that nothing begins at 0.
    private static let block: Block = {
        func nulls(_ values: Column.Values) -> Column {
            Column(values, validity: Bitmap([true, true, false, true, true]))
        }
        let lists = Column(listOf: Column(int32: [1, 2, 3, 4, 5, 6]), lengths: [1, 2, 0, 3, 0])
        return Block([
            "bool": nulls(.bool(Bitmap([true, false, true, true, false]))),
            "uint8": Column(.uint8(Buffer([1, 2, 3, 4, 5]))), "int32": Column(int32: [1, 2, 3, 4, 5]),
            "int64": nulls(.int64(Buffer([1, 2, 3, 4, 5]))), "float": Column(float32: [1, 2, 3, 4, 5]),
            "double": Column(float64: [1, 2, 3, 4, 5]),
            "string": nulls(.string(VariableBytes(["a", "", "c", "dd", "é"]))),
            "binary": Column(.binary(VariableBytes(["x", "yy", "", "z", "w"]))),
            "list": Column(lists.values, validity: Bitmap([true, true, false, true, true])),
            "image": Column(.tensorUInt8(Tensor(shape: [5, 2], elements: Buffer(Array(0..<10))))),
            "vector": Column(.tensorFloat32(Tensor(shape: [5, 1], elements: Buffer([1, 2, 3, 4, 5])))),
        ]).slice(1..<4)
    }()

    private func values(_ block: Block) -> [[Value]] { block.rows.map { $0.values.map(\.value) } }

    @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 1, 1, 0], [], [1, 2], [2]])
    func takingGivesTheRowsAskedFor(indices: [Int]) throws {
        let all = values(Self.block)
        let taken = try Self.block.taking(indices)
        #expect(values(taken) == indices.map { all[$0] })
        #expect(taken.rowCount == indices.count)
        #expect(taken.schema.fields.map(\.type) == Self.block.schema.fields.map(\.type))
    }

    @Test func selectingDroppingRenamingAndAddingLeaveTheValuesAlone() throws {
        let block = Self.block
        #expect(try block.selecting(["string", "bool"]).schema.fields.map(\.name) == ["string", "bool"])
        let dropped = try block.dropping(["bool", "image", "vector"])
        #expect(dropped.columns.count == 8 && dropped["bool"] == nil)
        let swapped = try block.renaming(["int32": "int64", "int64": "int32"])
        #expect(values(swapped) == values(block))
        #expect(try swapped.int64s("int32").array == [2, 3, 4])
        let added = try block.adding("int32", Column(strings: ["p", "q", "r"]))
        #expect(added.schema.index(of: "int32") == block.schema.index(of: "int32"), "a column keeps its place")
        #expect(try added.strings("int32").string(2) == "r")
    }

    @Test func columnsThatDoNotFitAreRefused() throws {
        let error = try #require(
            #expect(throws: StageError.self) { try Self.block.adding("n", Column(int64: [1, 2])) }
        )
        #expect(
            error.message
                == "the column \"n\" has 2 rows and \"bool\" has 3; all columns of a block have the same number."
        )
        let repeated = try #require(
            #expect(throws: StageError.self) { try Self.block.renaming(["bool": "list"]) }
        )
        #expect(repeated.message == "two columns are named \"list\"; rename or drop one of them.")
        #expect(throws: StageError.self) { try Block(columns: ["a": Column(int64: [1]), "a": Column(int64: [1])]) }
    }

    @Test func joiningSlicesGivesTheirRowsInOrder() throws {
        let block = Self.block
        let joined = try Block.concatenate([block.slice(2..<3), block, block.slice(0..<0), block.slice(0..<2)])
        let all = values(block)
        #expect(values(joined) == [all[2], all[0], all[1], all[2], all[0], all[1]])
    }

    @Test func rowsWithoutColumnsAreStillCounted() throws {
        let empty = try Self.block.selecting([])
        #expect(empty.rowCount == 3)
        #expect(try Block.concatenate([empty, empty.slice(0..<1)]).rowCount == 4)
    }

    @Test func replacingComputesAColumnInOneGo() throws {
        let batch = Batch(Self.block)
        let doubled = try batch.replacing("int64") { (values: Span<Int64>, out: inout MutableSpan<Double>) in
            for row in values.indices { out[row] = Double(values[row]) / 2 }
        }
        #expect(doubled["int64"]?.type == .float64)
        #expect((0..<3).map { doubled["int64"]?.value($0) } == [1.0, .null, 2.0])
        let untouched = try batch.replacing("int32") { (_: Span<Int32>, _: inout MutableSpan<Int32>) in }
        #expect(try untouched.int32s("int32").array == [0, 0, 0], "memory that was left out is zero")
        let error = try #require(
            #expect(throws: StageError.self) {
                try batch.replacing("int32") { (_: Span<Int64>, _: inout MutableSpan<Int64>) in }
            }
        )
        #expect(error.message == "the column \"int32\" holds int32, and elements of type Int64 were asked for.")
    }
}
