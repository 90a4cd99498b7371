import PenstockEngine
import Synchronization

/// A timer that fires when a test says so.
package final class ManualTimer: RunTimer {
    private struct State {
        var seconds: Double?
        var action: (@Sendable () -> Void)?
        var isCancelled = false
        var waiter: CheckedContinuation<Double, Never>?
    }

    private let state = Mutex(State())

    /// A timer that nobody asked for anything yet.
    package init() {}

    package func schedule(after seconds: Double, _ action: @escaping @Sendable () -> Void) {
        let waiter = state.withLock { state in
            state.seconds = seconds
            state.action = action
            return state.waiter.take()
        }
        waiter?.resume(returning: seconds)
    }

    package func cancel() {
        state.withLock {
            $0.action = nil
            $0.isCancelled = true
        }
    }

    /// Whether the run has let go of it.
    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Returns once something is asked for, with the seconds.
    package func request() async -> Double {
        await withCheckedContinuation { continuation in
            let seconds = state.withLock { state in
                if state.action == nil { state.waiter = continuation }
                return state.action == nil ? nil : state.seconds
            }
            if let seconds { continuation.resume(returning: seconds) }
        }
    }

    /// The time has come.
    package func fire() {
        let action = state.withLock { $0.action.take() }
        action?()
    }
}
