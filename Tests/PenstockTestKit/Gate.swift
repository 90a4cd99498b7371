import Dispatch
import Synchronization

/// Holds a stage's thread at a known place until the test lets it go on.
package final class Gate: Sendable {
    private struct State {
        var hasArrived = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let door = DispatchSemaphore(value: 0)

    /// A closed gate.
    package init() {}

    /// Called by the stage: says that it is here, then waits for `open`.
    package func arriveAndWait() {
        let waiter = state.withLock { state in
            state.hasArrived = true
            return state.waiter.take()
        }
        waiter?.resume()
        door.wait()
    }

    /// Returns once a stage has arrived.
    package func arrival() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if !state.hasArrived { state.waiter = continuation }
                return state.hasArrived
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets the stage go on.
    package func open() { door.signal() }
}
