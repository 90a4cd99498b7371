import Foundation
import Penstock

/// The tables that Penstock writes for other programs.
enum InterchangeTables {
    /// Rows of each table.
    private static let rowCount = 27

    /// By name: every type, and the same with missing values.
    static var all: [(name: String, blocks: [Block])] {
        let (full, gaps) = (everyType(missing: false), everyType(missing: true))
        return [
            ("all types", [full.slice(0..<10), full.slice(10..<27)]),
            ("missing values", [gaps.slice(0..<9), gaps.slice(9..<20), gaps.slice(20..<27)]),
        ]
    }

    /// The same columns without a row.
    static var noRows: Block { everyType(missing: true).slice(0..<0) }

    private static func everyType(missing: Bool) -> Block {
        let values = Block(named: numbers + texts + lists)
        let gaps = Bitmap((0..<rowCount).map { $0 % 4 != 1 })
        let columns = zip(values.schema.fields, values.columns).map { field, column in
            (field.name, missing ? Column(column.values, validity: gaps) : column)
        }
        return Block(named: [("row", Column(int64: Array(0..<Int64(rowCount))))] + columns)
    }

    private static func repeated<Element>(_ values: [Element]) -> [Element] {
        (0..<rowCount).map { values[$0 % values.count] }
    }

    private static var numbers: [(name: String, column: Column)] {
        let floats: [Float] = [0, -0.5, 1e-30, .greatestFiniteMagnitude, .infinity, .nan, 0.1, -0.0, 16_777_216]
        let doubles: [Double] = [0.5, 0, 1e-300, .greatestFiniteMagnitude, -.infinity, .nan, 0.1, -0.0, 1e22]
        return [
            ("bool", Column(.bool(Bitmap(repeated([true, false, true, true, false]))))),
            ("uint8", Column(.uint8(Buffer(repeated([0, 1, 2, 127, 128, 255]))))),
            ("int32", Column(int32: repeated([0, 1, -1, .max, .min]))),
            ("int64", Column(int64: repeated([0, -1, 1 << 40, 9_007_199_254_740_991]))),
            ("float", Column(float32: repeated(floats))),
            ("double", Column(float64: repeated(doubles))),
        ]
    }

    private static var texts: [(name: String, column: Column)] {
        let texts = [
            "", "a", "日本", "a,\"b\"\n2", " ", "é", "null", "[1]", "\u{1F4F7}", "e\u{301}", "\\n", "tab\t", "nan",
        ]
        return [
            ("string", Column(strings: repeated(texts))),
            ("empty", Column(strings: repeated([""]))),
            ("binary", Column(.binary(VariableBytes(repeated(["", "ab", "\u{0}", "c", "ü"]))))),
        ]
    }

    private static var lists: [(name: String, column: Column)] {
        let lengths = repeated([0, 3, 1, 0, 2])
        let total = lengths.reduce(0, +)
        let flat = Column(
            listOf: Column(
                .int32(Buffer((0..<Int32(total)).map { $0 - 5 })),
                validity: Bitmap((0..<total).map { $0 % 7 != 2 })
            ),
            lengths: lengths
        )
        let names = Column(listOf: Column(strings: (0..<total).map { ["x", "", "ü"][$0 % 3] }), lengths: lengths)
        let halves = repeated([2, 0, 1])
        let nested = Column(
            listOf: Column(listOf: Column(float64: (0..<total).map { Double($0) / 4 + 0.125 }), lengths: lengths),
            lengths: halves.map { $0 == 2 ? 2 : $0 }
        )
        let pixels = Buffer((0..<rowCount * 4).map { UInt8($0) })
        let vectors = Buffer((0..<rowCount * 3).map { Float($0) / 8 - 1.5 })
        return [
            ("list", flat), ("names", names), ("nested", nested),
            ("pixels", Column(.tensorUInt8(Tensor(shape: [rowCount, 2, 2], elements: pixels)))),
            ("vectors", Column(.tensorFloat32(Tensor(shape: [rowCount, 3], elements: vectors)))),
        ]
    }
}
