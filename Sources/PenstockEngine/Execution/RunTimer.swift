import Dispatch
import Synchronization

/// Calls back once, after a time.
package protocol RunTimer: Sendable {
    /// Calls `action` in so many seconds, in place of what was asked for before.
    func schedule(after seconds: Double, _ action: @escaping @Sendable () -> Void)
    /// Nothing is called any more, except what is being called just now.
    func cancel()
}

/// The machine's timer.
package final class DispatchRunTimer: RunTimer {
    private struct State {
        var request = 0
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    package func schedule(after seconds: Double, _ action: @escaping @Sendable () -> Void) {
        let request = state.withLock { state in
            state.request += 1
            state.action = action
            return state.request
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in self?.fire(request) }
    }

    package func cancel() { _ = state.withLock { $0.action.take() } }

    private func fire(_ request: Int) {
        let action = state.withLock { state in state.request == request ? state.action.take() : nil }
        action?()
    }
}
