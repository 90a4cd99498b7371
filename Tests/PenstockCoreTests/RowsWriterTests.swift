import Testing

@testable import PenstockCore

/// What `map` and `flatMap` write their rows with.
@Suite struct RowsWriterTests {
    /// Writes rows, one closure each, and joins them to a block.
    private func written(_ schema: [Field]? = nil, _ rows: [(inout RowWriter) throws -> Void]) throws -> Block? {
        var writer = RowWriter(capacity: rows.count, schema: schema)
        for row in rows {
            try row(&writer)
            try writer.endRow()
        }
        return try writer.finish()
    }

    private func message(_ schema: [Field]? = nil, _ rows: [(inout RowWriter) throws -> Void]) throws -> String {
        try #require(#expect(throws: StageError.self) { try written(schema, rows) }).message
    }

    @Test func everyTypeComesBack() throws {
        let schema = [Field("image", .tensorUInt8([1, 2])), Field("vector", .tensorFloat32([2]))]
        let block = try #require(
            try written(
                schema,
                [
                    { out in
                        out.set("bool", true)
                        out.set("uint8", UInt8(7))
                        out.set("int32", Int32(-3))
                        out.set("int", 5)
                        out.set("float", Float(0.5))
                        out.set("double", 0.25)
                        out.set("string", "žluťoučký")
                        out.set("binary", [UInt8(1), 0, 255])
                        out.set("list", [1, 2, 3])
                        out.set("lists", [["a"], []])
                        out.set("image", [UInt8(8), 9])
                        out.set("vector", [Float(1), 2])
                    }
                ]
            )
        )
        #expect(
            "\(block.schema)" == "image: tensor<uint8, [1, 2]>, vector: tensor<float, [2]>, bool: bool, uint8: uint8, "
                + "int32: int32, int: int64, float: float, double: double, string: string, binary: binary, "
                + "list: list<int64>, lists: list<list<string>>"
        )
        try checkEveryType(block.rows[0])
    }

    private func checkEveryType(_ row: Row) throws {
        #expect(try row.bool("bool"))
        #expect(try row.value("uint8", as: UInt8.self) == 7)
        #expect(try row.int32("int32") == -3)
        #expect(try row.int("int") == 5)
        #expect(try row.float("float") == 0.5)
        #expect(try row.double("double") == 0.25)
        #expect(try row.string("string") == "žluťoučký")
        #expect(try row.bytes("binary").array == [1, 0, 255])
        #expect(try row.value("list", as: [Int].self) == [1, 2, 3])
        #expect(try row.value("lists", as: [[String]].self) == [["a"], []])
        #expect(try row.value("image", as: [UInt8].self) == [8, 9])
        #expect(try row.value("vector", as: [Float].self) == [1, 2])
    }

    @Test func columnsThatComeLateHaveNoValueBefore() throws {
        let block = try #require(
            try written(
                nil,
                [
                    { $0.set("a", 1) }, { $0.set("b", "x") },
                    {
                        $0.set("b", "y"); $0.set("a", 3)
                    },
                ]
            )
        )
        #expect(block.schema.fields.map(\.name) == ["a", "b"])
        #expect(block.rows.map { $0.values.map(\.value) } == [[1, nil], [nil, "x"], [3, "y"]])
    }

    @Test func nullsBeforeTheTypeIsKnown() throws {
        let block = try #require(
            try written(nil, [{ $0.setNull("a") }, { $0.set("a", Int?.none) }, { $0.set("a", 2.5) }])
        )
        #expect(block.rows.map { $0.values.map(\.value) } == [[nil], [nil], [2.5]])
        #expect(block.schema.fields == [Field("a", .float64, isNullable: true)])
        let texts = try #require(try written(nil, [{ $0.setNull("a") }]))
        #expect(texts.schema.fields == [Field("a", .string, isNullable: true)], "without any value it holds texts")
    }

    @Test func settingAColumnTwiceIsAnErrorHoweverItIsDone() throws {
        let message = "the column \"a\" was set twice in one row."
        let ways: [(inout RowWriter) -> Void] = [
            { $0.set("a", 1) }, { $0.setNull("a") }, { $0.set("a", Int?.none) }, { $0.set("a", value: 4) },
            { $0.set("a", value: nil) },
        ]
        for way in ways {
            #expect(
                try self.message(
                    nil,
                    [
                        {
                            $0.set("a", 1); way(&$0)
                        }
                    ]
                ) == message
            )
        }
    }

    @Test func anotherTypeIsAnErrorAndTheRowIsUndone() throws {
        var writer = RowWriter(capacity: 4)
        writer.set("a", 1)
        try writer.endRow()
        writer.set("a", "one")
        let error = try #require(#expect(throws: StageError.self) { try writer.endRow() })
        #expect(
            error.message
                == "the column \"a\" was set to string; it holds int64. Give every row's value the same type."
        )
        writer.set("a", 2)
        try writer.endRow()
        #expect(try writer.finish()?.rows.map { try $0.int("a") } == [1, 2])
    }

    @Test func anUndoneRowLeavesNeitherColumnsNorTypes() throws {
        var writer = RowWriter(capacity: 4)
        writer.set("a", "text")
        writer.set("list", [1, 2])
        writer.undoRow()
        writer.set("b", 1)
        try writer.endRow()
        writer.set("a", 5)
        try writer.endRow()
        let block = try #require(try writer.finish())
        #expect("\(block.schema)" == "b: int64?, a: int64?")
        #expect(block.rows.map { $0.values.map(\.value) } == [[1, nil], [nil, 5]])
    }

    @Test func undoingGoesBackOverSeveralRowsAndEveryType() throws {
        var writer = RowWriter(capacity: 4)
        func fill(_ number: Int, _ writer: inout RowWriter) throws {
            writer.set("int", number)
            writer.set("text", "\(number)")
            writer.set("list", Array(0..<number))
            writer.set("flag", number % 2 == 0 ? nil : true)
            try writer.endRow()
        }
        for number in 0..<5 { try fill(number, &writer) }
        writer.undo(to: 2)
        try fill(9, &writer)
        let block = try #require(try writer.finish())
        #expect(try block.rows.map { try $0.int("int") } == [0, 1, 9])
        #expect(try block.rows.map { try $0.string("text") } == ["0", "1", "9"])
        #expect(try block.rows.map { try $0.value("list", as: [Int].self).count } == [0, 1, 9])
        #expect(try block.rows.map { try $0.optional("flag", as: Bool.self) } == [nil, true, true])
    }

    @Test func copyingKeepsEveryTypeAndMissingValues() throws {
        let source = try Block(columns: [
            "id": Column(int64: [1, 2, 3]), "small": Column(.uint8(Buffer([7, 8, 9]))),
            "name": Column(optionalStrings: ["a", nil, "c"]), "half": Column(float32: [0.5, 1.5, 2.5]),
            "list": Column(listOf: Column(int32: [1, 2, 3]), lengths: [2, 0, 1]),
            "image": Column(.tensorUInt8(Tensor(shape: [3, 2], elements: Buffer([1, 2, 3, 4, 5, 6])))),
            "vector": Column(.tensorFloat32(Tensor(shape: [3, 1], elements: Buffer([1, 2, 3])))),
        ]).slice(1..<3)
        var writer = RowWriter(capacity: 2)
        for row in source.rows {
            try writer.copy(row)
            try writer.endRow()
        }
        let copy = try #require(try writer.finish())
        #expect(copy.schema.fields.map(\.type) == source.schema.fields.map(\.type))
        #expect(copy.rows.map { $0.values.map(\.value) } == source.rows.map { $0.values.map(\.value) })
        #expect(try copy.rows[1].value("image", as: [UInt8].self) == [5, 6])
    }

    @Test func copyingAnUnknownColumnNamesTheNearest() throws {
        let row = try Block(columns: ["name": Column(strings: ["a"])]).rows[0]
        let message = try message(nil, [{ try $0.copy(row, ["nme"]) }])
        #expect(message == "there is no column \"nme\"; there are \"name\". Did you mean \"name\"?")
    }

    @Test func copyingTensorsOfAnotherShapeIsAnError() throws {
        let row = try Block(columns: ["v": Column(.tensorFloat32(Tensor(shape: [1, 2], elements: Buffer([1, 2]))))])
            .rows[0]
        let message = try message([Field("v", .tensorFloat32([3]))], [{ try $0.copy(row) }])
        #expect(message.hasPrefix("the column \"v\" was set to tensor<float, [2]>; it holds tensor<float, [3]>."))
    }

    @Test func emptyListsStayListsOnceTheTypeIsKnown() throws {
        let block = try #require(
            try written(
                nil,
                [{ $0.set("a", value: [1, 2]) }, { $0.set("a", value: []) }, { $0.set("a", value: [nil, 3]) }]
            )
        )
        #expect(block.rows.map { $0.values[0].value } == [[1, 2], [], [nil, 3]])
    }

    @Test func rowsWithoutAnyColumnAreAnError() throws {
        #expect(
            try message(nil, [{ _ in }, { _ in }])
                == "the transform set no column in 2 rows. Set at least one with out.set(\"name\", value), or use filter to leave rows out."
        )
        var writer = RowWriter(capacity: 0)
        #expect(try writer.finish() == nil)
    }

    @Test func aRowThatFailedInsideOfFlatMapIsForgottenEvenIfTheCallerGoesOn() throws {
        struct Odd: Error {}
        var writer = RowsWriter(capacity: 1)
        try writer.append { $0.set("a", 1) }
        #expect(throws: Odd.self) {
            try writer.append { row in
                row.set("a", 2)
                throw Odd()
            }
        }
        try writer.append { $0.set("a", 3) }
        #expect(try writer.rows.finish()?.rows.map { try $0.int("a") } == [1, 3])
    }

    @Test(arguments: [
        ColumnType.bool, .uint8, .int32, .int64, .float32, .float64, .string, .binary, .list(.list(.int32)),
        .tensorUInt8([2, 2]), .tensorFloat32([3]),
    ])
    func everyBuilderTakesNullsAndForgetsRows(type: ColumnType) throws {
        let builder = ColumnBuilder.make(type)
        for _ in 0..<3 { builder.appendNull() }
        builder.truncate(to: 2)
        #expect(builder.count == 2)
        let column = try builder.finish()
        #expect(column.type == type)
        #expect(column.count == 2)
        #expect((0..<2).allSatisfy { !column.isValid($0) })
        #expect((0..<2).map { column.value($0) } == [.null, .null])
        #expect(try ColumnBuilder.make(type).finish().count == 0)
    }

    @Test func rowsOfTheWrongLengthDoNotFitTensors() throws {
        let message = try message([Field("v", .tensorFloat32([3]))], [{ $0.set("v", [Float(1), 2]) }])
        #expect(
            message
                == "the column \"v\" was set to list<float>; it holds tensor<float, [3]>. Give every row's value the same type."
        )
    }
}
