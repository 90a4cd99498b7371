internal import CPenstockArrow
import PenstockCore

/// Presents blocks to C as Arrow C Data, without copying values.
///
/// Each exported structure keeps its column alive through `private_data` (+1) until its `release` is called.
enum ArrowExport {
    /// The schema of blocks with these fields.
    ///
    /// +1: the receiver releases it.
    static func schema(_ fields: [Field]) throws(StageError) -> ArrowSchema {
        var children: [ArrowSchema] = unsafe []
        for field in fields { unsafe children.append(try schema(field)) }
        return unsafe schema(name: "", format: "+s", isNullable: false, children: children)
    }

    /// The rows of a block as a struct array.
    ///
    /// +1: the receiver releases it.
    static func array(_ block: Block) throws(StageError) -> ArrowArray {
        if let plain = unsafe plainArray(block) { return unsafe plain }
        var children: [ArrowArray] = unsafe []
        for column in block.columns { unsafe children.append(try array(column)) }
        return unsafe array(length: block.rowCount, nulls: 0, buffers: [nil], children: children, owner: [])
    }

    // MARK: Schema

    private static func schema(_ field: Field) throws(StageError) -> ArrowSchema {
        let format: String
        var children: [ArrowSchema] = unsafe []
        switch field.type {
        case .bool: format = "b"
        case .uint8: format = "C"
        case .int32: format = "i"
        case .int64: format = "l"
        case .float32: format = "f"
        case .float64: format = "g"
        case .string: format = "u"
        case .binary: format = "z"
        case .list(let element):
            format = "+l"
            unsafe children = unsafe [try schema(Field("item", element, isNullable: true))]
        case .tensorFloat32(let shape):
            format = "+w:\(shape.reduce(1, *))"
            unsafe children = unsafe [try schema(Field("item", .float32))]
        case .tensorUInt8(let shape):
            format = "+w:\(shape.reduce(1, *))"
            unsafe children = unsafe [try schema(Field("item", .uint8))]
        }
        return unsafe schema(name: field.name, format: format, isNullable: field.isNullable, children: children)
    }

    private static func schema(name: String, format: String, isNullable: Bool, children: [ArrowSchema]) -> ArrowSchema {
        let holder = unsafe SchemaHolder(name: name, format: format, children: children)
        return unsafe ArrowSchema(
            format: holder.format,
            name: holder.name,
            metadata: nil,
            flags: isNullable ? Int64(ARROW_FLAG_NULLABLE) : 0,
            n_children: Int64(children.count),
            children: holder.children,
            dictionary: nil,
            release: releaseSchema,
            private_data: Unmanaged.passRetained(holder).toOpaque()
        )
    }

    // MARK: Arrays

    private static func array(_ column: Column) throws(StageError) -> ArrowArray {
        let validity = column.validity.map(aligned)
        let nulls = validity.map { $0.count - $0.setCount } ?? 0
        let mask = unsafe validity.map { unsafe address($0.bytes) } ?? nil
        let parts = try unsafe parts(of: column)
        var owner = unsafe parts.owner
        owner.append(column)
        if let validity { owner.append(validity) }
        let buffers = unsafe [mask] + parts.buffers
        return unsafe array(
            length: column.count,
            nulls: nulls,
            buffers: buffers,
            children: parts.children,
            owner: owner
        )
    }

    /// What a column's array consists of, behind its validity.
    @unsafe
    private struct Parts {
        var buffers: [UnsafeRawPointer?] = unsafe []
        var children: [ArrowArray] = unsafe []
        /// Memory that exists only for the export.
        var owner: [any Sendable] = []
    }

    private static func parts(of column: Column) throws(StageError) -> Parts {
        switch column.values {
        case .bool(let bits):
            let packed = aligned(bits)
            return unsafe Parts(buffers: [address(packed.bytes)], owner: [packed])
        case .uint8(let buffer): return unsafe Parts(buffers: [address(buffer)])
        case .int32(let buffer): return unsafe Parts(buffers: [address(buffer)])
        case .int64(let buffer): return unsafe Parts(buffers: [address(buffer)])
        case .float32(let buffer): return unsafe Parts(buffers: [address(buffer)])
        case .float64(let buffer): return unsafe Parts(buffers: [address(buffer)])
        case .string(let values), .binary(let values):
            return unsafe Parts(buffers: [address(values.offsets), address(values.bytes)])
        case .list(let offsets, let elements):
            return unsafe Parts(buffers: [address(offsets)], children: [try array(elements)])
        case .tensorUInt8(let tensor): return unsafe Parts(children: [try array(Column(.uint8(tensor.elements)))])
        case .tensorFloat32(let tensor): return unsafe Parts(children: [try array(Column(.float32(tensor.elements)))])
        }
    }

    private static func array(
        length: Int,
        nulls: Int,
        buffers: [UnsafeRawPointer?],
        children: [ArrowArray],
        owner: [any Sendable]
    ) -> ArrowArray {
        let holder = unsafe ArrayHolder(buffers: buffers, children: children, owner: owner)
        return unsafe ArrowArray(
            length: Int64(length),
            null_count: Int64(nulls),
            offset: 0,
            n_buffers: Int64(buffers.count),
            n_children: Int64(children.count),
            buffers: holder.buffers,
            children: holder.children,
            dictionary: nil,
            release: releaseArray,
            private_data: Unmanaged.passRetained(holder).toOpaque()
        )
    }

    /// Bits that start at a byte's first bit: Arrow's arrays have one offset for all buffers, ours have none.
    private static func aligned(_ bits: Bitmap) -> Bitmap {
        if bits.bitOffset == 0 { return bits }
        return Bitmap((0..<bits.count).map { bits[$0] })
    }

    static func address<Element>(_ buffer: Buffer<Element>) -> UnsafeRawPointer? {
        unsafe buffer.withUnsafePointer { unsafe UnsafeRawPointer($0) }
    }
}

/// Memory of an exported schema; freed by `releaseSchema`.
@safe
private final class SchemaHolder {
    let name: UnsafeMutablePointer<CChar>
    let format: UnsafeMutablePointer<CChar>
    let children: UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>?
    private let count: Int

    init(name: String, format: String, children: [ArrowSchema]) {
        unsafe self.name = Self.copy(name)
        unsafe self.format = Self.copy(format)
        count = unsafe children.count
        unsafe self.children = children.isEmpty ? nil : .allocate(capacity: count)
        for unsafe(index, child) in unsafe children.enumerated() {
            let slot = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
            unsafe slot.initialize(to: child)
            unsafe self.children?[index] = slot
        }
    }

    private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = Array(text.utf8CString)
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for index in bytes.indices { unsafe copy[index] = bytes[index] }
        return unsafe copy
    }

    deinit {
        for index in 0..<count {
            guard let child = unsafe children?[index] else { continue }
            if let release = unsafe child.pointee.release { unsafe release(child) }
            unsafe child.deallocate()
        }
        unsafe children?.deallocate()
        unsafe name.deallocate()
        unsafe format.deallocate()
    }
}

/// Memory of an exported array, and the values that it shows; freed by `releaseArray`.
@safe
private final class ArrayHolder {
    let buffers: UnsafeMutablePointer<UnsafeRawPointer?>
    let children: UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>?
    private let count: Int
    private let owner: [any Sendable]

    init(buffers: [UnsafeRawPointer?], children: [ArrowArray], owner: [any Sendable]) {
        self.owner = owner
        unsafe self.buffers = .allocate(capacity: max(buffers.count, 1))
        for index in unsafe buffers.indices { unsafe self.buffers[index] = buffers[index] }
        count = unsafe children.count
        unsafe self.children = children.isEmpty ? nil : .allocate(capacity: count)
        for unsafe(index, child) in unsafe children.enumerated() {
            let slot = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
            unsafe slot.initialize(to: child)
            unsafe self.children?[index] = slot
        }
    }

    deinit {
        for index in 0..<count {
            guard let child = unsafe children?[index] else { continue }
            if let release = unsafe child.pointee.release { unsafe release(child) }
            unsafe child.deallocate()
        }
        unsafe children?.deallocate()
        unsafe buffers.deallocate()
    }
}

private func releaseSchema(_ schema: UnsafeMutablePointer<ArrowSchema>?) {
    guard let schema = unsafe schema, let data = unsafe schema.pointee.private_data else { return }
    unsafe schema.pointee.release = nil
    unsafe schema.pointee.private_data = nil
    unsafe Unmanaged<SchemaHolder>.fromOpaque(data).release()
}

private func releaseArray(_ array: UnsafeMutablePointer<ArrowArray>?) {
    guard let array = unsafe array, let data = unsafe array.pointee.private_data else { return }
    unsafe array.pointee.release = nil
    unsafe array.pointee.private_data = nil
    unsafe Unmanaged<ArrayHolder>.fromOpaque(data).release()
}
