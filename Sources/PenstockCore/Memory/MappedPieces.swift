import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Large pieces of memory from the system, the last ones of which are kept for who asks next.
///
/// A page that is used for the first time costs an interrupt and is filled with zeros: for blocks of decoded images that come
/// and go, a tenth of the time of a small model (docs/performance/NOTES.md). So pieces are used again. No more is kept than is
/// in use, so that a process whose runs have ended holds nothing; and at most `mostKept`.
final class MappedPieces: Sendable {
    /// What all buffers share; keeps what three blocks of decoded images take, or on many processors 16 MiB for each.
    static let shared = MappedPieces(mostKept: min(max(32, 16 * Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), 256) << 20)

    private struct Piece: Sendable {
        let address: UInt
        let byteCount: Int
    }

    private struct State: Sendable {
        var usedBytes = 0
        var keptBytes = 0
        /// The oldest first.
        var kept: [Piece] = []
    }

    private let mostKept: Int
    private let state = Mutex(State())

    /// - `mostKept`: bytes.
    init(mostKept: Int) { self.mostKept = mostKept }

    /// Bytes that callers have, and bytes that wait for one.
    var bytes: (used: Int, kept: Int) { state.withLock { ($0.usedBytes, $0.keptBytes) } }

    /// Memory for `byteCount` bytes, which is what it was left as: write all that you read.
    ///
    /// - Cost: none for a piece that was kept; else an interrupt for each page that is written to.
    func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let size = Self.size(holding: byteCount)
        let kept = state.withLock { state -> UInt? in
            state.usedBytes += size
            // The last one given back may still be in a processor's cache.
            guard let index = state.kept.lastIndex(where: { $0.byteCount == size }) else { return nil }
            state.keptBytes -= size
            return state.kept.remove(at: index).address
        }
        if let kept, let piece = unsafe UnsafeMutableRawPointer(bitPattern: kept) { return unsafe piece }
        return unsafe Self.map(size)
    }

    /// Takes back what `take` gave for as many bytes.
    func giveBack(_ piece: UnsafeMutableRawPointer, _ byteCount: Int) {
        let size = Self.size(holding: byteCount)
        let address = UInt(bitPattern: piece)
        let unwanted = state.withLock { state -> [Piece] in
            state.usedBytes -= size
            state.keptBytes += size
            state.kept.append(Piece(address: address, byteCount: size))
            var unwanted: [Piece] = []
            while state.keptBytes > min(mostKept, state.usedBytes) {
                let oldest = state.kept.removeFirst()
                state.keptBytes -= oldest.byteCount
                unwanted.append(oldest)
            }
            return unwanted
        }
        // Outside of the lock: the system takes a while for many pages.
        for piece in unwanted { unsafe munmap(UnsafeMutableRawPointer(bitPattern: piece.address), piece.byteCount) }
    }

    /// The size of the piece that `byteCount` bytes get: up to an eighth more, so that blocks of about one size share pieces.
    static func size(holding byteCount: Int) -> Int {
        let step = max(1 << max(Int.bitWidth - 1 - byteCount.leadingZeroBitCount - 3, 0), Int(getpagesize()))
        let (sum, overflow) = byteCount.addingReportingOverflow(step - 1)
        return overflow ? byteCount : sum / step * step
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
