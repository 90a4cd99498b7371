import PenstockCore
import Testing

/// Columns of every type against plain arrays.
@Suite struct ColumnTests {
    static let full: [Int?] = (0..<13).map { $0 }
    static let sparse: [Int?] = (0..<13).map { $0 % 4 == 1 ? nil : $0 }

    @Test(arguments: ColumnKind.allCases, [full, sparse])
    func aColumnHoldsWhatWasPutIn(kind: ColumnKind, numbers: [Int?]) {
        let column = kind.column(numbers)
        #expect(column.count == numbers.count)
        #expect(ColumnKind.texts(column) == numbers.map(kind.text))
    }

    @Test(arguments: ColumnKind.allCases, [full, sparse])
    func everySliceHoldsItsRows(kind: ColumnKind, numbers: [Int?]) {
        let column = kind.column(numbers)
        for range in ranges(in: numbers.count) {
            #expect(ColumnKind.texts(column.slice(range)) == numbers[range].map(kind.text), "\(range)")
        }
    }

    @Test(arguments: ColumnKind.allCases, [full, sparse])
    func aSliceOfASliceHoldsItsRows(kind: ColumnKind, numbers: [Int?]) {
        let outer = kind.column(numbers).slice(3..<12)
        for range in ranges(in: 9) {
            let expected = numbers[3 + range.lowerBound..<3 + range.upperBound]
            #expect(ColumnKind.texts(outer.slice(range)) == expected.map(kind.text), "\(range)")
        }
    }

    @Test(arguments: ColumnKind.allCases)
    func joinedSlicesHoldTheirRowsInOrder(kind: ColumnKind) throws {
        let numbers = Self.full + Self.sparse
        let column = kind.column(numbers)
        let cuts = [0..<3, 3..<3, 5..<11, 13..<26, 0..<26, 12..<15]
        let joined = try Column.concatenate(cuts.map(column.slice))
        #expect(ColumnKind.texts(joined) == cuts.flatMap { numbers[$0] }.map(kind.text))
        #expect(joined.type == column.type)
    }

    @Test(arguments: ColumnKind.allCases)
    func missingRowsSurviveJoiningWithFullColumns(kind: ColumnKind) throws {
        let joined = try Column.concatenate([kind.column([1, 2]), kind.column([nil, 3]), kind.column([4])])
        #expect(ColumnKind.texts(joined) == [1, 2, nil, 3, 4].map(kind.text))
        #expect(joined.validity?.setCount == 4)
    }

    @Test(arguments: ColumnKind.allCases)
    func aJoinedColumnCanBeSlicedAndJoinedAgain(kind: ColumnKind) throws {
        let joined = try Column.concatenate([kind.column([1, nil]), kind.column([3, 4, 5])])
        let again = try Column.concatenate([joined.slice(1..<4), joined.slice(4..<5)])
        #expect(ColumnKind.texts(again) == [nil, 3, 4, 5].map(kind.text))
    }

    @Test(arguments: ColumnKind.allCases)
    func bytesCountOnlyTheRowsOfASlice(kind: ColumnKind) throws {
        let column = kind.column(Self.full)
        let copied = try Column.concatenate([column.slice(2..<5), column.slice(5..<9)])
        #expect(column.slice(2..<9).byteCount == copied.byteCount)
        #expect(column.slice(0..<0).byteCount == kind.column([]).byteCount)
    }

    @Test func columnsOfDifferentTypesAreNotJoined() {
        let error = #expect(throws: StageError.self) {
            try Column.concatenate([Column(int32: [1]), Column(strings: ["a"])])
        }
        #expect(error?.code == .invalidInput)
        #expect(
            error?.message
                == "columns of type int32 and string cannot be joined. Give every value of a column the same type; where code makes it, declare it with schema:."
        )
    }

    @Test func tensorsOfDifferentShapesAreNotJoined() {
        let wide = Column(.tensorUInt8(Tensor(shape: [1, 4], elements: Buffer([1, 2, 3, 4]))))
        let tall = Column(.tensorUInt8(Tensor(shape: [2, 2], elements: Buffer([1, 2, 3, 4]))))
        #expect(throws: StageError.self) { try Column.concatenate([wide, tall]) }
    }

    @Test func textsMayBeMissing() {
        let column = Column(optionalStrings: ["a", nil, "c"])
        #expect(ColumnKind.texts(column) == ["a", "missing", "c"])
        #expect(Column(optionalStrings: ["a"]).validity == nil)
    }

    private func ranges(in count: Int) -> [Range<Int>] {
        (0...count).flatMap { low in (low...count).map { low..<$0 } }
    }
}
