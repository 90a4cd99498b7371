/// An immutable array of numbers with a shape; row-major, the first dimension counts rows.
public struct Tensor<Element: BitwiseCopyable & Sendable>: Sendable {
    /// All dimensions, rows first.
    public let shape: [Int]
    /// The numbers, row-major.
    public let elements: Buffer<Element>

    /// Gives a shape to a buffer that holds exactly as many elements.
    public init(shape: [Int], elements: Buffer<Element>) {
        precondition(shape.reduce(1, *) == elements.count, "shape \(shape) does not hold \(elements.count) elements")
        self.shape = shape
        self.elements = elements
    }

    /// Number of rows.
    public var rowCount: Int { shape[0] }
    /// Elements in one row.
    public var rowStride: Int { shape.dropFirst().reduce(1, *) }
    /// The shape of one row.
    public var rowShape: [Int] { Array(shape.dropFirst()) }

    /// Some rows, sharing memory.
    public func slice(_ rows: Range<Int>) -> Tensor {
        let stride = rowStride
        var shape = shape
        shape[0] = rows.count
        return Tensor(
            shape: shape,
            elements: elements.slice(rows.lowerBound * stride..<rows.upperBound * stride)
        )
    }
}

/// A tensor being written, row by row, by one owner; `freeze` ends the writing without a copy.
public struct TensorBuffer<Element: BitwiseCopyable & Sendable>: ~Copyable {
    private var buffer: MutableBuffer<Element>
    /// Shape of one row.
    public let rowShape: [Int]
    /// Elements of one row.
    public let rowStride: Int
    /// Rows that fit.
    public let rowCapacity: Int

    /// Uninitialised memory for `rowCapacity` rows of `rowShape`.
    public init(rowCapacity: Int, rowShape: [Int]) {
        self.rowShape = rowShape
        rowStride = rowShape.reduce(1, *)
        self.rowCapacity = rowCapacity
        buffer = MutableBuffer(count: rowCapacity * rowStride)
    }

    /// Calls `body` with the memory of one row, as C sees it: `rowStride` elements.
    @unsafe
    package mutating func withUnsafeRow<R, E: Error>(
        _ row: Int,
        _ body: (UnsafeMutablePointer<Element>) throws(E) -> R
    ) throws(E) -> R {
        precondition(row >= 0 && row < rowCapacity, "row \(row) of \(rowCapacity)")
        let start = row * rowStride
        return try unsafe buffer.withUnsafeMutablePointer { (base: UnsafeMutablePointer<Element>) throws(E) -> R in
            try unsafe body(base + start)
        }
    }

    /// The first `rowCount` rows, immutable from here on.
    public consuming func freeze(rowCount: Int) -> Tensor<Element> {
        let shape = [rowCount] + rowShape
        return Tensor(shape: shape, elements: buffer.freeze(count: rowCount * rowStride))
    }
}
