/// Collects the values of one column, row by row.
///
/// A class per layout rather than an enum: appending in place costs no copy and no switch over payloads.
/// - Thread: one at a time.
public class ColumnBuilder {
    /// The column's type.
    package let type: ColumnType
    /// The type again, cheap to compare; nil for types of varying size.
    private let fixed: FixedType?
    /// Which rows have a value; empty while all have.
    var validity: [Bool] = []

    init(_ type: ColumnType) {
        self.type = type
        fixed = FixedType(type)
    }

    /// Rows so far.
    package var count: Int { preconditionFailure("abstract") }
    /// Adds a row without a value.
    package func appendNull() { preconditionFailure("abstract") }
    /// The rows as values.
    func values() throws(StageError) -> Column.Values { preconditionFailure("abstract") }
    /// Forgets rows from `count` on.
    package func truncate(to count: Int) { preconditionFailure("abstract") }

    /// Bytes so far, roughly.
    package var byteCount: Int { preconditionFailure("abstract") }

    /// The rows as a column.
    ///
    /// - Throws: `.tooLarge` when texts, binaries or lists pass 2 GiB.
    package func finish() throws(StageError) -> Column {
        Column(try values(), validity: validity.isEmpty ? nil : Bitmap(validity))
    }

    func markNull() {
        if validity.isEmpty { validity = Array(repeating: true, count: count) }
        validity.append(false)
    }

    final func markValid() {
        if !validity.isEmpty { validity.append(true) }
    }

    /// Adds a value of fixed size; false when the column holds another type.
    final func append<Element: BitwiseCopyable & Sendable>(_ value: Element, _ type: FixedType) -> Bool {
        guard fixed == type else { return false }
        // `type` says which class this is: `make` is the only place that creates builders.
        unsafe unsafeDowncast(self, to: FixedBuilder<Element>.self).append(value)
        return true
    }

    /// An empty column of a type.
    package static func make(_ type: ColumnType, capacity: Int = 0) -> ColumnBuilder {
        switch type {
        case .bool: FixedBuilder<Bool>(type, capacity) { .bool(Bitmap($0)) }
        case .uint8: FixedBuilder<UInt8>(type, capacity) { .uint8(Buffer($0)) }
        case .int32: FixedBuilder<Int32>(type, capacity) { .int32(Buffer($0)) }
        case .int64: FixedBuilder<Int64>(type, capacity) { .int64(Buffer($0)) }
        case .float32: FixedBuilder<Float>(type, capacity) { .float32(Buffer($0)) }
        case .float64: FixedBuilder<Double>(type, capacity) { .float64(Buffer($0)) }
        case .string, .binary: VariableBuilder(type, capacity)
        case .list(let element): ListBuilder(type, elements: make(element))
        case .tensorUInt8(let shape): TensorBuilder<UInt8>(type, shape) { .tensorUInt8($0) }
        case .tensorFloat32(let shape): TensorBuilder<Float>(type, shape) { .tensorFloat32($0) }
        }
    }
}

/// Column types whose values have a fixed size.
enum FixedType: UInt8 {
    case bool, uint8, int32, int64, float32, float64

    init?(_ type: ColumnType) {
        switch type {
        case .bool: self = .bool
        case .uint8: self = .uint8
        case .int32: self = .int32
        case .int64: self = .int64
        case .float32: self = .float32
        case .float64: self = .float64
        case .string, .binary, .list, .tensorUInt8, .tensorFloat32: return nil
        }
    }
}

/// Values of a fixed size.
final class FixedBuilder<Element: BitwiseCopyable & Sendable>: ColumnBuilder {
    private var elements: [Element] = []
    private let wrap: ([Element]) -> Column.Values

    init(_ type: ColumnType, _ capacity: Int, wrap: @escaping ([Element]) -> Column.Values) {
        self.wrap = wrap
        super.init(type)
        elements.reserveCapacity(capacity)
    }

    override var count: Int { elements.count }
    override var byteCount: Int { elements.count * MemoryLayout<Element>.stride }

    func append(_ value: Element) {
        elements.append(value)
        markValid()
    }

    override func appendNull() {
        markNull()
        elements.append(zeroBits())
    }

    override func truncate(to count: Int) {
        elements.removeLast(elements.count - count)
        if !validity.isEmpty { validity.removeLast(validity.count - count) }
    }

    override func values() throws(StageError) -> Column.Values { wrap(elements) }
}

/// All bits zero: every type that columns hold has such a value.
func zeroBits<Element: BitwiseCopyable>() -> Element {
    unsafe withUnsafeTemporaryAllocation(of: Element.self, capacity: 1) { buffer in
        unsafe UnsafeMutableRawBufferPointer(buffer).initializeMemory(as: UInt8.self, repeating: 0)
        return unsafe buffer[0]
    }
}
