import Dispatch
import Synchronization

/// A pause that cancellation ends at once, for every thread that is in one.
///
/// - Thread: any. It blocks, so it belongs on worker threads.
package final class InterruptibleWait: Sendable {
    private struct State {
        var isCancelled = false
        var waiting: [Int: DispatchSemaphore] = [:]
        var nextKey = 0
    }
    private let state = Mutex(State())

    /// Nobody waits yet.
    package init() {}

    /// Ends all pauses, also those to come.
    package func cancel() {
        let waiting = state.withLock { state in
            state.isCancelled = true
            return Array(state.waiting.values)
        }
        for semaphore in waiting { semaphore.signal() }
    }

    /// Waits; false when it was cancelled, before or meanwhile.
    package func callAsFunction(_ duration: Duration) -> Bool {
        let semaphore = DispatchSemaphore(value: 0)
        let key = state.withLock { state -> Int? in
            if state.isCancelled { return nil }
            state.nextKey += 1
            state.waiting[state.nextKey] = semaphore
            return state.nextKey
        }
        guard let key else { return false }
        let nanoseconds = duration / .nanoseconds(1)
        let result = semaphore.wait(timeout: .now() + .nanoseconds(Int(min(nanoseconds, 0x1p62))))
        state.withLock { _ = $0.waiting.removeValue(forKey: key) }
        return result == .timedOut
    }
}
