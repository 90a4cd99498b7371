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

/// The machine's monotonic clock, which stands still while another process stops this one to take turns (`StoppedTime`).
public struct MonotonicClock: RunClock {
    private let start: ContinuousClock.Instant
    private let stopped: StoppedTime?
    private let stoppedBefore: Int64

    /// A clock that starts now.
    public init() { self.init(stopped: StoppedTime.ofProcess) }

    init(stopped: StoppedTime?) {
        self.stopped = stopped
        (start, stoppedBefore) = Self.read(stopped)
    }

    /// Now, as the system's continuous clock says.
    public func now() -> RunInstant {
        let (moment, nanoseconds) = Self.read(stopped)
        let elapsed = (moment - start).components
        let total = elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
        return RunInstant(nanoseconds: total - (nanoseconds - stoppedBefore))
    }

    private static func read(_ stopped: StoppedTime?) -> (moment: ContinuousClock.Instant, nanoseconds: Int64) {
        stopped?.at { ContinuousClock.now } ?? (ContinuousClock.now, 0)
    }
}
