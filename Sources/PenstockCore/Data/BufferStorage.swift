#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Memory of a fixed size, freed with the last reference.
///
/// 64-byte aligned, as Arrow recommends. Large pieces are mapped by themselves and go back to the system at once: from the
/// heap, each thread that frees some would keep as much for itself, and memory would grow over the first thousands of images.
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
            unsafe base = Self.map(byteCount)
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
        if byteCount >= Self.mappedBytes { unsafe munmap(base, byteCount) } else { unsafe base.deallocate() }
    }

    /// Pages of zeros; ends the process when there are none left, as the heap does.
    private static func map(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let pages = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let pages = unsafe pages, unsafe pages != UnsafeMutableRawPointer(bitPattern: -1) else {
            fatalError("the system has no \(byteCount) bytes of memory left")
        }
        return unsafe pages
    }
}
