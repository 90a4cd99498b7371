import PenstockCore

/// The rows of a column as numbers: one, or many, a row.
struct NumberRows: Sendable {
    /// The numbers of all rows, one row after the other.
    enum Elements: Sendable {
        case bool(Bitmap)
        case uint8(Buffer<UInt8>)
        case int32(Buffer<Int32>)
        case int64(Buffer<Int64>)
        case float32(Buffer<Float>)
        case float64(Buffer<Double>)
    }

    /// Where rows begin.
    private enum Layout {
        /// So many numbers in each row.
        case even(Int)
        case offsets(Buffer<Int32>)
    }

    let elements: Elements
    private let layout: Layout
    /// Which rows have a value; nil: all.
    private let validity: Bitmap?
    /// Which numbers are there; nil: all.
    private let elementValidity: Bitmap?

    /// Nil for columns that are not made of numbers.
    init?(_ column: Column) {
        validity = column.validity
        switch column.values {
        case .list(let offsets, let inner):
            guard let numbers = Self.plain(inner) else { return nil }
            elements = numbers
            elementValidity = inner.validity
            layout = .offsets(offsets)
        case .binary(let values):
            elements = .uint8(values.bytes)
            elementValidity = nil
            layout = .offsets(values.offsets)
        case .tensorUInt8(let tensor):
            elements = .uint8(tensor.elements)
            elementValidity = nil
            layout = .even(tensor.rowStride)
        case .tensorFloat32(let tensor):
            elements = .float32(tensor.elements)
            elementValidity = nil
            layout = .even(tensor.rowStride)
        case .bool, .uint8, .int32, .int64, .float32, .float64, .string:
            guard let numbers = Self.plain(column) else { return nil }
            elements = numbers
            elementValidity = nil
            layout = .even(1)
        }
    }

    private static func plain(_ column: Column) -> Elements? {
        switch column.values {
        case .bool(let bits): .bool(bits)
        case .uint8(let buffer): .uint8(buffer)
        case .int32(let buffer): .int32(buffer)
        case .int64(let buffer): .int64(buffer)
        case .float32(let buffer): .float32(buffer)
        case .float64(let buffer): .float64(buffer)
        case .string, .binary, .list, .tensorUInt8, .tensorFloat32: nil
        }
    }

    /// What rows of a column type are, without a column: the type of a number, and the shape of a row; nil: of any length.
    ///
    /// Nil for types that are not made of numbers.
    static func kind(of type: ColumnType) -> (element: ElementType, rowShape: [Int]?)? {
        switch type {
        case .bool: (.bool, [])
        case .uint8: (.u8, [])
        case .int32: (.i32, [])
        case .int64: (.i64, [])
        case .float32: (.f32, [])
        case .float64: (.f64, [])
        case .binary: (.u8, nil)
        case .tensorUInt8(let shape): (.u8, shape)
        case .tensorFloat32(let shape): (.f32, shape)
        case .list(let inner): kind(of: inner).flatMap { $0.rowShape == [] ? ($0.element, nil) : nil }
        case .string: nil
        }
    }

    /// Whether every row is there, and all have one length.
    var isRegular: Bool {
        if case .even = layout { return validity == nil }
        return false
    }

    /// Where the numbers of some rows lie.
    func elementRange(_ rows: Range<Int>) -> Range<Int> {
        switch layout {
        case .even(let count): rows.lowerBound * count..<rows.upperBound * count
        case .offsets(let offsets): Int(offsets[rows.lowerBound])..<Int(offsets[rows.upperBound])
        }
    }

    /// Numbers in a row.
    func count(_ row: Int) -> Int { elementRange(row..<row + 1).count }

    /// Whether a row has a value.
    func isPresent(_ row: Int) -> Bool { validity?[row] ?? true }

    /// Position within its row of the first number that is missing.
    func firstMissing(_ row: Int) -> Int? {
        guard let elementValidity else { return nil }
        let range = elementRange(row..<row + 1)
        return range.first { !elementValidity[$0] }.map { $0 - range.lowerBound }
    }
}
