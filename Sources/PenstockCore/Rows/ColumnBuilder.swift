/// Collects the values of one column, row by row.
///
/// A class per layout rather than an enum: appending in place costs no copy and no switch over payloads.
/// - Thread: one at a time.
public class ColumnBuilder {
    /// The column's type.
    package let type: ColumnType
    /// The type again, cheap to compare; nil for types of varying size.
    private let fixed: FixedType?
    // A builder has one user at a time, so the check of that, which a value of eight bytes would pay for twice, is left out.
    /// Which rows have a value; empty while all have.
    @exclusivity(unchecked) final var validity: [Bool] = []
    /// Rows so far.
    @exclusivity(unchecked) package private(set) final var count = 0

    init(_ type: ColumnType) {
        self.type = type
        fixed = FixedType(type)
    }

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
        unsafe Column(try values(), validity: validity.isEmpty ? nil : Bitmap(validity))
    }

    /// Counts a row without a value.
    final func markNull() {
        if unsafe validity.isEmpty { unsafe validity = Array(repeating: true, count: count) }
        unsafe validity.append(false)
        unsafe count += 1
    }

    /// Counts a row with a value.
    final func markValid() {
        if unsafe !validity.isEmpty { unsafe validity.append(true) }
        unsafe count += 1
    }

    /// Forgets rows from `count` on, as far as they are counted here.
    final func markTruncated(to count: Int) {
        if unsafe !validity.isEmpty { unsafe validity.removeLast(self.count - count) }
        unsafe self.count = count
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
    @exclusivity(unchecked) private var elements: [Element] = []
    private let wrap: ([Element]) -> Column.Values

    init(_ type: ColumnType, _ capacity: Int, wrap: @escaping ([Element]) -> Column.Values) {
        self.wrap = wrap
        super.init(type)
        unsafe elements.reserveCapacity(capacity)
    }

    override var byteCount: Int { unsafe elements.count * MemoryLayout<Element>.stride }

    func append(_ value: Element) {
        unsafe elements.append(value)
        markValid()
    }

    override func appendNull() {
        markNull()
        unsafe elements.append(zeroBits())
    }

    override func truncate(to count: Int) {
        unsafe elements.removeLast(elements.count - count)
        markTruncated(to: count)
    }

    override func values() throws(StageError) -> Column.Values { unsafe wrap(elements) }
}

/// All bits zero: every type that columns hold has such a value.
func zeroBits<Element: BitwiseCopyable>() -> Element {
    unsafe withUnsafeTemporaryAllocation(of: Element.self, capacity: 1) { buffer in
        unsafe UnsafeMutableRawBufferPointer(buffer).initializeMemory(as: UInt8.self, repeating: 0)
        return unsafe buffer[0]
    }
}
