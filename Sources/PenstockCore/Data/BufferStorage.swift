/// Memory of a fixed size, freed with the last reference.
///
/// 64-byte aligned, as Arrow recommends. Large pieces come from `MappedPieces`: from the heap, each thread that frees some would
/// keep as much for itself, and memory would grow over the first thousands of images.
@safe
final class BufferStorage: @unchecked Sendable {
    // SAFETY: written only through a `MutableBuffer`, which owns it uniquely until `freeze()`; never written afterwards.
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    /// What really owns the memory, when it came from a library.
    private let owner: (any AnyObject & Sendable)?

    /// Pieces from this size on are mapped.
    private static let mappedBytes = 1 << 20

    init(byteCount: Int) {
        precondition(byteCount >= 0, "a buffer of \(byteCount) bytes")
        if byteCount >= Self.mappedBytes {
            unsafe base = MappedPieces.shared.take(byteCount)
        } else {
            unsafe base = .allocate(byteCount: max(byteCount, 1), alignment: 64)
        }
        self.byteCount = byteCount
        owner = nil
    }

    init(borrowing base: UnsafeMutableRawPointer, byteCount: Int, owner: any AnyObject & Sendable) {
        unsafe self.base = base
        self.byteCount = byteCount
        self.owner = owner
    }

    deinit {
        guard owner == nil else { return }
        if byteCount >= Self.mappedBytes {
            unsafe MappedPieces.shared.giveBack(base, byteCount)
        } else {
            unsafe base.deallocate()
        }
    }
}
