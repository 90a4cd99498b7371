internal import CPenstockArrow
import PenstockCore

/// Turns Arrow C Data into blocks; the arrays are released with the last column.
///
/// Values whose layout is that of a block are shared, others are copied once: see `ArrowType`.
enum ArrowImport {
    /// The columns of a table; fields of structs are columns of their own.
    static func columns(_ schema: UnsafePointer<ArrowSchema>) -> [TableColumn] {
        var found: [TableColumn] = []
        for index in unsafe 0..<Int(schema.pointee.n_children) {
            guard let field = unsafe schema.pointee.children?[index] else { continue }
            unsafe describe(field.pointee, prefix: "", position: [index], isNullable: false, into: &found)
        }
        return found
    }

    /// - `array`: +1, owned by the block from here on. Its children are the columns of the file that `order` names.
    static func block(
        _ array: ArrowArray,
        schema: UnsafePointer<ArrowSchema>,
        columns: [TableColumn],
        order: [Int]
    ) throws(StageError) -> Block {
        let owner = unsafe ImportedArray(array)
        if let name = columns.repeatedName {
            throw StageError(
                .invalidInput,
                "it has two columns \"\(name)\". Name the columns to read, without this one, or rename one in the file."
            )
        }
        var imported: [(name: String, column: Column)] = []
        for wanted in columns {
            guard let first = wanted.position.first, let child = order.firstIndex(of: first),
                let field = unsafe schema.pointee.children?[first], let values = unsafe array.children?[child]
            else { continue }
            do throws(StageError) {
                let part = unsafe Part(values.pointee, field.pointee, owner)
                let column = try unsafe column(part, at: wanted.position.dropFirst())
                imported.append((wanted.name, column))
            } catch {
                throw StageError(error.code, "column \"\(wanted.name)\" \(error.message).")
            }
        }
        return Block(named: imported)
    }

    // MARK: Schema

    private static func describe(
        _ field: ArrowSchema,
        prefix: String,
        position: [Int],
        isNullable: Bool,
        into found: inout [TableColumn]
    ) {
        let name = prefix + (unsafe field.name == nil ? "" : String(cString: field.name))
        let isNullable = unsafe isNullable || field.flags & Int64(ARROW_FLAG_NULLABLE) != 0
        let type = unsafe self.type(field)
        if case .structure = type, unsafe field.n_children > 0 {
            for index in unsafe 0..<Int(field.n_children) {
                guard let child = unsafe field.children?[index] else { continue }
                let inner = position + [index]
                unsafe describe(
                    child.pointee,
                    prefix: name + ".",
                    position: inner,
                    isNullable: isNullable,
                    into: &found
                )
            }
            return
        }
        found.append(
            TableColumn(
                name: name,
                type: unsafe columnType(field),
                isNullable: isNullable || type == .null,
                isUntyped: type == .null,
                sourceType: unsafe sourceName(field, type),
                position: position
            )
        )
    }

    private static func type(_ field: ArrowSchema) -> ArrowType {
        if unsafe field.dictionary != nil { return .unreadable("dictionary") }
        return ArrowType(format: unsafe String(cString: field.format))
    }

    private static func columnType(_ field: ArrowSchema) -> ColumnType? {
        let element = unsafe field.n_children > 0 ? field.children?[0] : nil
        return unsafe type(field).columnType(element: element.flatMap { unsafe columnType($0.pointee) })
    }

    private static func sourceName(_ field: ArrowSchema, _ type: ArrowType) -> String {
        if case .unreadable(let name) = type { return name }
        if case .structure = type { return "struct" }
        guard unsafe field.n_children > 0, let child = unsafe field.children?[0] else { return "\(type)" }
        return unsafe "list of \(sourceName(child.pointee, self.type(child.pointee)))"
    }

    // MARK: Values

    /// Some rows of an array.
    @unsafe
    private struct Part {
        let array: ArrowArray
        let field: ArrowSchema
        let owner: ImportedArray
        /// The first row, counted from the beginning of the array's buffers.
        let start: Int
        let count: Int
        /// Which rows have a value.
        let validity: Bitmap?

        /// All rows of an array.
        init(_ array: ArrowArray, _ field: ArrowSchema, _ owner: ImportedArray) {
            unsafe self.init(array, field, owner, first: 0, count: Int(array.length))
        }

        /// `count` rows from row `first` on.
        init(_ array: ArrowArray, _ field: ArrowSchema, _ owner: ImportedArray, first: Int, count: Int) {
            unsafe self.array = array
            unsafe self.field = field
            unsafe self.owner = owner
            unsafe start = Int(array.offset) + first
            unsafe self.count = count
            guard unsafe array.null_count != 0, unsafe array.n_buffers > 0, let mask = unsafe array.buffers?[0] else {
                unsafe validity = nil
                return
            }
            let bytes = unsafe Buffer<UInt8>(borrowing: mask, count: (start + count + 7) / 8, owner: owner)
            unsafe validity = Bitmap(bytes: bytes, bitOffset: start, count: count)
        }

        /// Rows of a child; a struct's children are not offset as it is.
        func child(_ index: Int, first: Int, count: Int) -> Part? {
            guard unsafe index < array.n_children, unsafe index < field.n_children,
                let values = unsafe array.children?[index], let type = unsafe field.children?[index]
            else { return nil }
            return unsafe Part(values.pointee, type.pointee, owner, first: first, count: count)
        }

        /// Memory of one of the array's buffers; Arrow leaves out those of empty arrays.
        func buffer<Element>(_ index: Int, _ type: Element.Type, first: Int, count: Int) -> Buffer<Element> {
            if unsafe index < array.n_buffers, let base = unsafe array.buffers?[index] {
                return unsafe Buffer(borrowing: base + first * MemoryLayout<Element>.stride, count: count, owner: owner)
            }
            var zeros = MutableBuffer<Element>(count: count)
            _ = unsafe zeros.withUnsafeMutablePointer {
                let size = count * MemoryLayout<Element>.stride
                return unsafe UnsafeMutableRawPointer($0).initializeMemory(as: UInt8.self, repeating: 0, count: size)
            }
            return zeros.freeze()
        }

        /// The rows' numbers.
        func numbers<Element>(_ type: Element.Type) -> Buffer<Element> {
            unsafe buffer(1, Element.self, first: start, count: count)
        }
    }

    /// The field at `position` within structs, missing where one of the structs is.
    private static func column(_ part: Part, at position: ArraySlice<Int>) throws(StageError) -> Column {
        guard let index = position.first else {
            return Column(try unsafe values(part), validity: unsafe validity(part))
        }
        guard let child = unsafe part.child(index, first: part.start, count: part.count) else {
            throw StageError(.damagedData, "is a struct without field \(index)")
        }
        let column = try unsafe column(child, at: position.dropFirst())
        guard let outer = unsafe part.validity else { return column }
        let both = (0..<outer.count).map { outer[$0] && column.isValid($0) }
        return Column(column.values, validity: Bitmap(both))
    }

    private static func validity(_ part: Part) -> Bitmap? {
        if case .null = unsafe type(part.field) { return unsafe Bitmap(Array(repeating: false, count: part.count)) }
        return unsafe part.validity
    }

    private static func values(_ part: Part) throws(StageError) -> Column.Values {
        let type = unsafe type(part.field)
        if let numbers = try unsafe numbers(part, type) { return numbers }
        switch type {
        case .null:
            return unsafe .string(VariableBytes(offsets: ArrowValues.steps(0, count: part.count), bytes: Buffer([])))
        case .text, .largeText, .textView, .decimal: return .string(try unsafe texts(part, type))
        case .binary, .largeBinary, .binaryView, .fixedBinary: return .binary(try unsafe texts(part, type))
        case .days, .time(.seconds), .time(.milliseconds):
            let values: Buffer<Int64> = unsafe ArrowValues.widened(part.numbers(Int32.self))
            return .string(try TemporalText.column(values, type) { unsafe part.validity?[$0] ?? true })
        case .dateMilliseconds, .time, .timestamp, .duration:
            let values = unsafe part.numbers(Int64.self)
            return .string(try TemporalText.column(values, type) { unsafe part.validity?[$0] ?? true })
        case .list, .largeList, .fixedList: return try unsafe list(part, type)
        default: throw StageError(.unsupportedFormat, "is a \(unsafe sourceName(part.field, type)), which is not read")
        }
    }

    private static func numbers(_ part: Part, _ type: ArrowType) throws(StageError) -> Column.Values? {
        switch type {
        case .bool:
            let end = unsafe part.start + part.count
            let bytes = unsafe part.buffer(1, UInt8.self, first: 0, count: (end + 7) / 8)
            return unsafe .bool(Bitmap(bytes: bytes, bitOffset: part.start, count: part.count))
        case .int8: return unsafe .int32(ArrowValues.widened(part.numbers(Int8.self)))
        case .uint8: return unsafe .uint8(part.numbers(UInt8.self))
        case .int16: return unsafe .int32(ArrowValues.widened(part.numbers(Int16.self)))
        case .uint16: return unsafe .int32(ArrowValues.widened(part.numbers(UInt16.self)))
        case .int32: return unsafe .int32(part.numbers(Int32.self))
        case .uint32: return unsafe .int64(ArrowValues.widened(part.numbers(UInt32.self)))
        case .int64: return unsafe .int64(part.numbers(Int64.self))
        case .uint64:
            let values = unsafe part.numbers(UInt64.self)
            return .int64(try ArrowValues.signed(values) { unsafe part.validity?[$0] ?? true })
        case .float16: return unsafe .float32(ArrowValues.halves(part.numbers(UInt16.self)))
        case .float32: return unsafe .float32(part.numbers(Float.self))
        case .float64: return unsafe .float64(part.numbers(Double.self))
        default: return nil
        }
    }

    // MARK: Values of varying length

    private static func texts(_ part: Part, _ type: ArrowType) throws(StageError) -> VariableBytes {
        let (start, count) = unsafe (part.start, part.count)
        let isValid = { (row: Int) in unsafe part.validity?[row] ?? true }
        switch type {
        case .text, .binary:
            let offsets = unsafe part.buffer(1, Int32.self, first: start, count: count + 1)
            let end = Int(offsets[count])
            return VariableBytes(offsets: offsets, bytes: unsafe part.buffer(2, UInt8.self, first: 0, count: end))
        case .largeText, .largeBinary:
            let offsets = unsafe part.buffer(1, Int64.self, first: start, count: count + 1)
            let narrow = try ArrowValues.narrowed(offsets)
            let bytes = unsafe part.buffer(2, UInt8.self, first: Int(offsets[0]), count: Int(narrow[count]))
            return VariableBytes(offsets: narrow, bytes: bytes)
        case .textView, .binaryView:
            let views = unsafe part.buffer(1, UInt8.self, first: start * 16, count: count * 16)
            // The last buffer has the sizes of those between.
            let last = unsafe Int(part.array.n_buffers) - 1
            let sizes = unsafe part.buffer(last, Int64.self, first: 0, count: max(last - 2, 0))
            let buffers = (0..<sizes.count).map { index in
                unsafe part.buffer(index + 2, UInt8.self, first: 0, count: Int(sizes[index]))
            }
            return try ArrowValues.views(views, buffers, count: count, isValid)
        case .fixedBinary(let width):
            let bytes = unsafe part.buffer(1, UInt8.self, first: start * width, count: count * width)
            return try ArrowValues.fixed(bytes, width: width, count: count)
        case .decimal(let scale, let width):
            let bytes = unsafe part.buffer(1, UInt8.self, first: start * width, count: count * width)
            return try ArrowValues.decimals(bytes, width: width, scale: scale, count: count, isValid)
        default: preconditionFailure("\(type) is no text")
        }
    }

    private static func list(_ part: Part, _ type: ArrowType) throws(StageError) -> Column.Values {
        let (start, count) = unsafe (part.start, part.count)
        var offsets: Buffer<Int32>
        var first = 0
        switch type {
        case .list: offsets = unsafe part.buffer(1, Int32.self, first: start, count: count + 1)
        case .largeList:
            let wide = unsafe part.buffer(1, Int64.self, first: start, count: count + 1)
            offsets = try ArrowValues.narrowed(wide)
            first = Int(wide[0])
        case .fixedList(let length):
            let (total, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow, total <= Int(Int32.max) else {
                throw StageError(.tooLarge, "has more than 2^31 elements in one batch. Read fewer rows at a time")
            }
            offsets = ArrowValues.steps(length, count: count)
            first = start * length
        default: preconditionFailure("\(type) is no list")
        }
        guard let elements = unsafe part.child(0, first: first, count: Int(offsets[count])) else {
            throw StageError(.damagedData, "is a list without elements")
        }
        return .list(offsets: offsets, elements: try unsafe column(elements, at: []))
    }
}

/// An array from C, released with the last reference.
@safe
private final class ImportedArray: @unchecked Sendable {
    // SAFETY: Arrow's arrays are immutable; `release` is called once, by deinit, and may be called from any thread.
    private var array: ArrowArray

    init(_ array: ArrowArray) { unsafe self.array = array }

    deinit {
        if let release = unsafe array.release { unsafe release(&array) }
    }
}
