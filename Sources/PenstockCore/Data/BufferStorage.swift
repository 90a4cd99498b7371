/// Heap memory of a fixed size, freed with the last reference.
///
/// 64-byte aligned, as Arrow recommends.
@safe
final class BufferStorage: @unchecked Sendable {
    // SAFETY: written only through a `MutableBuffer`, which owns it uniquely until `freeze()`; never written afterwards.
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    /// What really owns the memory, when it came from a library.
    private let owner: (any AnyObject & Sendable)?

    init(byteCount: Int) {
        precondition(byteCount >= 0, "a buffer of \(byteCount) bytes")
        unsafe base = .allocate(byteCount: max(byteCount, 1), alignment: 64)
        self.byteCount = byteCount
        owner = nil
    }

    init(borrowing base: UnsafeMutableRawPointer, byteCount: Int, owner: any AnyObject & Sendable) {
        unsafe self.base = base
        self.byteCount = byteCount
        self.owner = owner
    }

    deinit {
        if owner == nil { unsafe base.deallocate() }
    }
}
