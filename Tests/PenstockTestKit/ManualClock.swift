package import PenstockCore
import Synchronization

/// A clock that stands still until a test moves it.
package final class ManualClock: RunClock {
    private let time = Atomic<Int64>(0)

    /// A clock at 0.
    package init() {}

    /// The time that the test set.
    package func now() -> RunInstant { RunInstant(nanoseconds: time.load(ordering: .acquiring)) }

    /// Moves time forward.
    package func advance(seconds: Double) { time.wrappingAdd(Int64(seconds * 1e9), ordering: .acquiringAndReleasing) }
}
