internal import CPenstockArrow
import PenstockCore

/// Turns Arrow C Data into blocks without copying values; the arrays are released with the last column.
enum ArrowImport {
    /// - `array`: +1, owned by the block from here on.
    static func block(_ array: ArrowArray, schema: UnsafePointer<ArrowSchema>) throws(StageError) -> Block {
        let owner = unsafe ImportedArray(array)
        var columns: [(name: String, column: Column)] = []
        for index in unsafe 0..<Int(array.n_children) {
            guard let field = unsafe schema.pointee.children?[index], let child = unsafe array.children?[index] else {
                continue
            }
            let name = unsafe String(cString: field.pointee.name)
            columns.append((name, try unsafe column(child.pointee, field.pointee, owner)))
        }
        return Block(named: columns)
    }

    private static func column(
        _ array: ArrowArray,
        _ field: ArrowSchema,
        _ owner: ImportedArray
    ) throws(StageError) -> Column {
        let format = unsafe String(cString: field.format)
        let values = try unsafe values(array, field, format, owner)
        guard unsafe array.null_count != 0, let mask = unsafe array.buffers?[0] else { return Column(values) }
        let end = unsafe Int(array.offset + array.length)
        let bytes = unsafe Buffer<UInt8>(borrowing: mask, count: (end + 7) / 8, owner: owner)
        return unsafe Column(
            values,
            validity: Bitmap(bytes: bytes, bitOffset: Int(array.offset), count: Int(array.length))
        )
    }

    private static func values(
        _ array: ArrowArray,
        _ field: ArrowSchema,
        _ format: String,
        _ owner: ImportedArray
    ) throws(StageError) -> Column.Values {
        switch format {
        case "b":
            let end = unsafe Int(array.offset + array.length)
            let bytes = unsafe buffer(array, 1, UInt8.self, count: (end + 7) / 8, offset: 0, owner)
            return unsafe .bool(Bitmap(bytes: bytes, bitOffset: Int(array.offset), count: Int(array.length)))
        case "C": return .uint8(unsafe fixed(array, owner))
        case "i": return .int32(unsafe fixed(array, owner))
        case "l": return .int64(unsafe fixed(array, owner))
        case "f": return .float32(unsafe fixed(array, owner))
        case "g": return .float64(unsafe fixed(array, owner))
        case "u": return .string(unsafe variable(array, owner))
        case "z": return .binary(unsafe variable(array, owner))
        case "+l":
            guard let child = unsafe array.children?[0], let element = unsafe field.children?[0] else { break }
            let offsets = unsafe buffer(
                array,
                1,
                Int32.self,
                count: Int(array.length) + 1,
                offset: Int(array.offset),
                owner
            )
            return .list(offsets: offsets, elements: try unsafe column(child.pointee, element.pointee, owner))
        default: break
        }
        let name = unsafe String(cString: field.name)
        throw StageError(
            .unsupportedFormat,
            "column \"\(name)\" has the Arrow type \"\(format)\", which Penstock does not read."
        )
    }

    private static func fixed<Element>(_ array: ArrowArray, _ owner: ImportedArray) -> Buffer<Element> {
        unsafe buffer(array, 1, Element.self, count: Int(array.length), offset: Int(array.offset), owner)
    }

    private static func variable(_ array: ArrowArray, _ owner: ImportedArray) -> VariableBytes {
        let offsets = unsafe buffer(
            array,
            1,
            Int32.self,
            count: Int(array.length) + 1,
            offset: Int(array.offset),
            owner
        )
        let end = Int(offsets[offsets.count - 1])
        return VariableBytes(offsets: offsets, bytes: unsafe buffer(array, 2, UInt8.self, count: end, offset: 0, owner))
    }

    /// Memory of one of the array's buffers.
    ///
    /// Arrow leaves out the buffers of empty arrays.
    private static func buffer<Element>(
        _ array: ArrowArray,
        _ index: Int,
        _ type: Element.Type,
        count: Int,
        offset: Int,
        _ owner: ImportedArray
    ) -> Buffer<Element> {
        guard let base = unsafe array.buffers?[index] else {
            var zeros = MutableBuffer<Element>(count: count)
            _ = unsafe zeros.withUnsafeMutablePointer {
                unsafe UnsafeMutableRawPointer($0).initializeMemory(
                    as: UInt8.self,
                    repeating: 0,
                    count: count * MemoryLayout<Element>.stride
                )
            }
            return zeros.freeze()
        }
        return unsafe Buffer(borrowing: base + offset * MemoryLayout<Element>.stride, count: count, owner: owner)
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
