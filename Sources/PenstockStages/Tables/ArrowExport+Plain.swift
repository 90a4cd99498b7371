internal import CPenstockArrow
import PenstockCore

/// Blocks of plain columns: a few allocations for all of them, where each column's array would take several of its own.
extension ArrowExport {
    /// The rows of a block whose columns have a value in each row and nothing nested; nil for other blocks.
    ///
    /// +1: the receiver releases it.
    static func plainArray(_ block: Block) -> ArrowArray? {
        guard block.columns.allSatisfy(PlainHolder.isPlain) else { return nil }
        return unsafe PlainHolder(block).array()
    }
}

/// Memory of an exported struct array and of its children, and the block that they show.
///
/// The struct and each child hold it (+1), so that a receiver may keep a child longer than the struct.
@safe
private final class PlainHolder {
    /// Validity, then values: at most offsets and bytes.
    private static let buffersPerColumn = 3

    private let block: Block
    private let children: UnsafeMutablePointer<ArrowArray>
    private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>
    /// One for the struct, then those of each column.
    private let buffers: UnsafeMutablePointer<UnsafeRawPointer?>

    static func isPlain(_ column: Column) -> Bool {
        if column.validity != nil { return false }
        return switch column.values {
        case .uint8, .int32, .int64, .float32, .float64, .string, .binary: true
        case .bool, .list, .tensorUInt8, .tensorFloat32: false
        }
    }

    init(_ block: Block) {
        self.block = block
        let count = block.columns.count
        unsafe children = .allocate(capacity: max(count, 1))
        unsafe pointers = .allocate(capacity: max(count, 1))
        unsafe buffers = .allocate(capacity: 1 + count * Self.buffersPerColumn)
        unsafe buffers.initialize(repeating: nil, count: 1 + count * Self.buffersPerColumn)
    }

    deinit {
        unsafe children.deallocate()
        unsafe pointers.deallocate()
        unsafe buffers.deallocate()
    }

    func array() -> ArrowArray {
        for index in block.columns.indices {
            unsafe (children + index).initialize(to: child(index))
            unsafe (pointers + index).initialize(to: children + index)
        }
        return unsafe made(length: block.rowCount, buffers: buffers, count: 1, children: block.columns.count)
    }

    private func child(_ index: Int) -> ArrowArray {
        let column = block.columns[index]
        let own = unsafe buffers + 1 + index * Self.buffersPerColumn
        var count = 2
        switch column.values {
        case .uint8(let buffer): unsafe own[1] = ArrowExport.address(buffer)
        case .int32(let buffer): unsafe own[1] = ArrowExport.address(buffer)
        case .int64(let buffer): unsafe own[1] = ArrowExport.address(buffer)
        case .float32(let buffer): unsafe own[1] = ArrowExport.address(buffer)
        case .float64(let buffer): unsafe own[1] = ArrowExport.address(buffer)
        case .string(let values), .binary(let values):
            unsafe own[1] = ArrowExport.address(values.offsets)
            unsafe own[2] = ArrowExport.address(values.bytes)
            count = 3
        case .bool, .list, .tensorUInt8, .tensorFloat32: preconditionFailure("\(column.type) is not plain")
        }
        return unsafe made(length: column.count, buffers: own, count: count, children: 0)
    }

    private func made(
        length: Int,
        buffers: UnsafeMutablePointer<UnsafeRawPointer?>,
        count: Int,
        children: Int
    ) -> ArrowArray {
        unsafe ArrowArray(
            length: Int64(length),
            null_count: 0,
            offset: 0,
            n_buffers: Int64(count),
            n_children: Int64(children),
            buffers: buffers,
            children: children == 0 ? nil : pointers,
            dictionary: nil,
            release: releasePlain,
            private_data: Unmanaged.passRetained(self).toOpaque()
        )
    }
}

/// Releases an array and the children that nobody has taken out of it.
private func releasePlain(_ array: UnsafeMutablePointer<ArrowArray>?) {
    guard let array = unsafe array, let data = unsafe array.pointee.private_data else { return }
    for index in 0..<Int(unsafe array.pointee.n_children) {
        if let child = unsafe array.pointee.children[index], let release = unsafe child.pointee.release {
            unsafe release(child)
        }
    }
    unsafe array.pointee.release = nil
    unsafe array.pointee.private_data = nil
    unsafe Unmanaged<PlainHolder>.fromOpaque(data).release()
}
