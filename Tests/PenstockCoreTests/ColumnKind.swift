import PenstockCore

/// Every type of column, with a way to make one from numbers (nil: missing) and to read a row back as text.
enum ColumnKind: CaseIterable, Sendable {
    case bool, uint8, int32, int64, float32, float64, string, binary
    case listOfInt32, listOfString, tensorUInt8, tensorFloat32

    /// A column of these values; what stands in a missing row is a value like any other.
    func column(_ numbers: [Int?]) -> Column {
        let filled = numbers.map { $0 ?? 99 }
        let validity = numbers.contains(nil) ? Bitmap(numbers.map { $0 != nil }) : nil
        return Column(values(filled), validity: validity)
    }

    private func values(_ numbers: [Int]) -> Column.Values {
        switch self {
        case .bool: .bool(Bitmap(numbers.map { $0 % 3 == 0 }))
        case .uint8: .uint8(Buffer(numbers.map { UInt8($0) }))
        case .int32: .int32(Buffer(numbers.map { Int32(-$0) }))
        case .int64: .int64(Buffer(numbers.map { Int64($0) << 40 }))
        case .float32: .float32(Buffer(numbers.map { Float($0) + 0.5 }))
        case .float64: .float64(Buffer(numbers.map { Double($0) + 0.25 }))
        case .string: .string(VariableBytes(numbers.map(word)))
        case .binary: .binary(VariableBytes(numbers.map(word)))
        case .listOfInt32: list(Column(int32: repeated(numbers).map { Int32($0) }), numbers)
        case .listOfString: list(Column(strings: repeated(numbers).map(word)), numbers)
        case .tensorUInt8:
            .tensorUInt8(Tensor(shape: [numbers.count, 2, 3], elements: Buffer(numbers.flatMap(image))))
        case .tensorFloat32:
            .tensorFloat32(
                Tensor(shape: [numbers.count, 6], elements: Buffer(numbers.flatMap(image).map { Float($0) }))
            )
        }
    }

    /// What `text(_:_:)` gives for that value.
    func text(_ number: Int?) -> String {
        guard let number else { return "missing" }
        return switch self {
        case .bool: "\(number % 3 == 0)"
        case .uint8: "\(number)"
        case .int32: "\(-number)"
        case .int64: "\(number << 40)"
        case .float32: "\(Float(number) + 0.5)"
        case .float64: "\(Double(number) + 0.25)"
        case .string, .binary: word(number)
        case .listOfInt32: "\(Array(repeating: "\(number)", count: number % 4))"
        case .listOfString: "\(Array(repeating: word(number), count: number % 4))"
        case .tensorUInt8: "\(image(number))"
        case .tensorFloat32: "\(image(number).map(Float.init))"
        }
    }

    /// One row of any column as text.
    static func text(_ column: Column, _ row: Int) -> String {
        guard column.isValid(row) else { return "missing" }
        return switch column.values {
        case .bool(let bits): "\(bits[row])"
        case .uint8(let buffer): "\(buffer[row])"
        case .int32(let buffer): "\(buffer[row])"
        case .int64(let buffer): "\(buffer[row])"
        case .float32(let buffer): "\(buffer[row])"
        case .float64(let buffer): "\(buffer[row])"
        case .string(let values): values.string(row)
        case .binary(let values): String(decoding: values.value(row).array, as: UTF8.self)
        case .list(let offsets, let elements):
            "\((Int(offsets[row])..<Int(offsets[row + 1])).map { text(elements, $0) })"
        case .tensorUInt8(let tensor): "\(tensor.slice(row..<row + 1).elements.array)"
        case .tensorFloat32(let tensor): "\(tensor.slice(row..<row + 1).elements.array)"
        }
    }

    /// All rows as texts.
    static func texts(_ column: Column) -> [String] { (0..<column.count).map { text(column, $0) } }

    /// Words of varying length, one of them empty, one beyond ASCII.
    private func word(_ number: Int) -> String {
        number % 5 == 0 ? "" : "wört\(String(repeating: "x", count: number % 7))\(number)"
    }

    private func image(_ number: Int) -> [UInt8] { (0..<6).map { UInt8(number + $0) } }

    /// Each number as often as its list is long.
    private func repeated(_ numbers: [Int]) -> [Int] { numbers.flatMap { Array(repeating: $0, count: $0 % 4) } }

    private func list(_ elements: Column, _ numbers: [Int]) -> Column.Values {
        Column(listOf: elements, lengths: numbers.map { $0 % 4 }).values
    }
}
