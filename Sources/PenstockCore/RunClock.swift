/// A moment of a run: nanoseconds since an arbitrary start.
public struct RunInstant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's start.
    public let nanoseconds: Int64

    /// A moment by its nanoseconds.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Whether `left` is earlier.
    public static func < (left: RunInstant, right: RunInstant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Seconds from `start` to here.
    public func seconds(since start: RunInstant) -> Double { Double(nanoseconds - start.nanoseconds) / 1e9 }
}

/// Where the engine gets its time from, so that tests can hold it still.
public protocol RunClock: Sendable {
    /// Now.
    func now() -> RunInstant
}

/// The machine's monotonic clock.
public struct MonotonicClock: RunClock {
    private let start = ContinuousClock.now

    /// A clock that starts now.
    public init() {}

    /// Now, as the system's continuous clock says.
    public func now() -> RunInstant {
        let elapsed = (ContinuousClock.now - start).components
        return RunInstant(nanoseconds: elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000)
    }
}
