/// Texts and binaries.
final class VariableBuilder: ColumnBuilder {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init(_ type: ColumnType, _ capacity: Int) {
        super.init(type)
        ends.reserveCapacity(capacity)
    }

    override var byteCount: Int { bytes.count + ends.count * 4 }

    func append(_ value: some Sequence<UInt8>) {
        bytes.append(contentsOf: value)
        ends.append(bytes.count)
        markValid()
    }

    override func appendNull() {
        markNull()
        ends.append(bytes.count)
    }

    override func truncate(to count: Int) {
        ends.removeLast(ends.count - count)
        bytes.removeLast(bytes.count - (ends.last ?? 0))
        markTruncated(to: count)
    }

    override func values() throws(StageError) -> Column.Values {
        guard bytes.count <= Int(Int32.max) else {
            throw StageError(
                .tooLarge,
                "\(ends.count) values of one column take \(Bytes(bytes.count)); a block holds at most 2 GiB per column. Use smaller batches."
            )
        }
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(ends.count + 1)
        for end in ends { offsets.append(Int32(end)) }
        let values = VariableBytes(offsets: Buffer(offsets), bytes: Buffer(bytes))
        return type == .string ? .string(values) : .binary(values)
    }
}

/// Lists of varying length.
final class ListBuilder: ColumnBuilder {
    let elements: ColumnBuilder
    private var ends: [Int] = []

    init(_ type: ColumnType, elements: ColumnBuilder) {
        self.elements = elements
        super.init(type)
    }

    override var byteCount: Int { elements.byteCount + ends.count * 4 }

    /// What was added to `elements` since the last list is one list.
    func endList() {
        unsafe ends.append(elements.count)
        markValid()
    }

    override func appendNull() {
        markNull()
        unsafe ends.append(elements.count)
    }

    override func truncate(to count: Int) {
        ends.removeLast(ends.count - count)
        elements.truncate(to: ends.last ?? 0)
        markTruncated(to: count)
    }

    override func values() throws(StageError) -> Column.Values {
        guard unsafe elements.count <= Int(Int32.max) else {
            throw StageError(
                .tooLarge,
                unsafe "\(elements.count) list elements in one block; the limit is 2^31. Use smaller batches."
            )
        }
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(ends.count + 1)
        for end in ends { offsets.append(Int32(end)) }
        return .list(offsets: Buffer(offsets), elements: try elements.finish())
    }
}

/// Arrays of one shape.
final class TensorBuilder<Element: BitwiseCopyable & Sendable>: ColumnBuilder {
    private var elements: [Element] = []
    /// The shape of one row.
    let shape: [Int]
    private let wrap: (Tensor<Element>) -> Column.Values
    private let stride: Int

    init(_ type: ColumnType, _ shape: [Int], wrap: @escaping (Tensor<Element>) -> Column.Values) {
        self.shape = shape
        stride = shape.reduce(1, *)
        self.wrap = wrap
        super.init(type)
    }

    override var byteCount: Int { elements.count * MemoryLayout<Element>.stride }

    /// Adds one row of exactly as many elements as the shape has; false when there are more or fewer.
    func append(row: [Element]) -> Bool {
        guard row.count == stride else { return false }
        elements += row
        markValid()
        return true
    }

    override func appendNull() {
        markNull()
        elements += Array(repeating: zeroBits(), count: stride)
    }

    override func truncate(to count: Int) {
        elements.removeLast(elements.count - count * stride)
        markTruncated(to: count)
    }

    override func values() throws(StageError) -> Column.Values {
        unsafe wrap(Tensor(shape: [count] + shape, elements: Buffer(elements)))
    }
}
