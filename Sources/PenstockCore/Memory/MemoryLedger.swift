import Synchronization

/// Who holds how much memory.
///
/// A number nobody can forget to give back: bytes are held by `Reservation` values.
public final class MemoryLedger: Sendable {
    /// The most that may be asked for at once.
    public let limit: Bytes
    private let heldCount = Atomic<Int>(0)
    private let peakCount = Atomic<Int>(0)

    /// A ledger over `limit` bytes.
    public init(limit: Bytes) { self.limit = limit }

    /// Takes bytes; they return when the reservation's life ends.
    ///
    /// The scheduler decides *when* to ask, so this never waits.
    /// - Throws: `.tooLarge` when `bytes` alone exceed the limit: no waiting could help. The message says what `purpose` needs.
    public func reserve(_ bytes: Bytes, for purpose: String = "one task") throws(StageError) -> Reservation {
        guard bytes <= limit else {
            throw StageError(
                .tooLarge,
                "\(purpose) needs \(bytes), more than the memory limit of \(limit). Raise --memory or lower --batch-size."
            )
        }
        take(bytes)
        return Reservation(bytes: bytes, ledger: self)
    }

    /// Bytes held now.
    public var held: Bytes { Bytes(heldCount.load(ordering: .acquiring)) }
    /// The most that was held at any time.
    public var peak: Bytes { Bytes(peakCount.load(ordering: .acquiring)) }

    fileprivate func take(_ bytes: Bytes) {
        let held = heldCount.add(bytes.count, ordering: .acquiringAndReleasing).newValue
        peakCount.max(held, ordering: .acquiringAndReleasing)
    }

    fileprivate func release(_ bytes: Bytes) {
        heldCount.subtract(bytes.count, ordering: .acquiringAndReleasing)
    }
}

/// Bytes held by whoever owns this value; they go back to the ledger when its life ends.
public struct Reservation: ~Copyable, Sendable {
    /// How many are held.
    public private(set) var bytes: Bytes
    private let ledger: MemoryLedger

    fileprivate init(bytes: Bytes, ledger: MemoryLedger) {
        self.bytes = bytes
        self.ledger = ledger
    }

    /// Holds more or fewer bytes, once the true size is known.
    public mutating func resize(to bytes: Bytes) {
        if bytes > self.bytes { ledger.take(bytes - self.bytes) } else { ledger.release(self.bytes - bytes) }
        self.bytes = bytes
    }

    deinit { ledger.release(bytes) }
}
