import Dispatch
import Synchronization

/// Holds a run's thread at a known place until the test lets it, and whoever comes later, go on.
final class Door: Sendable {
    private struct State {
        var hasArrived = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let opened = DispatchSemaphore(value: 0)

    /// Called by the stage: says that it is here, then waits for `open`.
    func arriveAndWait() {
        let waiter = state.withLock { state in
            state.hasArrived = true
            return state.waiter.take()
        }
        waiter?.resume()
        opened.wait()
        // The next one may pass, too.
        opened.signal()
    }

    /// Returns once a stage has arrived.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if !state.hasArrived { state.waiter = continuation }
                return state.hasArrived
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets everybody go on.
    func open() { opened.signal() }
}
