package import PenstockCore
import Synchronization

/// What fake stages did and had done to them; shared by the stages of one pipeline.
package final class Probe: Sendable {
    /// What happens at the n-th call of a moment.
    package enum Interference: Sendable {
        case fail(StageError)
        /// Holds the thread at the gate; the call goes on afterwards.
        case hold(Gate)
    }

    private struct State {
        var calls: [Moment: Int] = [:]
        var livingStates = 0
        var livingShared = 0
        var loads = 0
        var writtenIDs: [Int64] = []
        var quarantined: [String] = []
        var aborts = 0
        var committedWhileStopping: Bool?
        var sharedWaiter: CheckedContinuation<Void, Never>?
    }

    private let interferences: [Moment: (call: Int, what: Interference)]
    private let state = Mutex(State())

    /// A probe that interferes at the given calls, counted from 0.
    package init(_ interferences: [Moment: (call: Int, what: Interference)] = [:]) {
        self.interferences = interferences
    }

    /// Called by a stage at the beginning of a call.
    func pass(_ moment: Moment) throws(StageError) {
        let call = state.withLock { state in
            defer { state.calls[moment, default: 0] += 1 }
            return state.calls[moment, default: 0]
        }
        guard let interference = interferences[moment], interference.call == call else { return }
        switch interference.what {
        case .fail(let error): throw error
        case .hold(let gate): gate.arriveAndWait()
        }
    }

    /// How often a moment came.
    package func calls(_ moment: Moment) -> Int { state.withLock { $0.calls[moment, default: 0] } }
    /// States of workers, cursors and writers that were made and not yet released.
    package var livingStates: Int { state.withLock { $0.livingStates } }
    /// What pools loaded and not yet released.
    package var livingShared: Int { state.withLock { $0.livingShared } }
    /// Row numbers that reached the sink, in order.
    package var writtenIDs: [Int64] { state.withLock { $0.writtenIDs } }
    /// Paths of failed rows that reached the sink, in order.
    package var quarantined: [String] { state.withLock { $0.quarantined } }
    /// How often the sink was asked to remove its work.
    package var aborts: Int { state.withLock { $0.aborts } }
    /// What the sink's context said of the run when it committed; nil when it did not.
    package var committedWhileStopping: Bool? { state.withLock { $0.committedWhileStopping } }

    func stateMade() { state.withLock { $0.livingStates += 1 } }
    func stateReleased() { state.withLock { $0.livingStates -= 1 } }
    func sharedMade() { state.withLock { $0.livingShared += 1 } }

    func sharedReleased() {
        let waiter = state.withLock { state in
            state.livingShared -= 1
            return state.livingShared == 0 ? state.sharedWaiter.take() : nil
        }
        waiter?.resume()
    }

    /// Returns once nothing that a pool loaded is there any more.
    package func sharedRelease() async {
        await withCheckedContinuation { continuation in
            let isGone = state.withLock { state in
                if state.livingShared > 0 { state.sharedWaiter = continuation }
                return state.livingShared == 0
            }
            if isGone { continuation.resume() }
        }
    }
    func aborted() { state.withLock { $0.aborts += 1 } }
    func committed(isStopping: Bool) { state.withLock { $0.committedWhileStopping = isStopping } }

    func written(_ ids: [Int64], _ failures: [RowFailure]) {
        state.withLock {
            $0.writtenIDs += ids
            $0.quarantined += failures.map(\.path)
        }
    }
}

/// A worker's state that tells the probe of its life.
///
/// A class, so that its end is seen.
package final class TrackedState {
    private let probe: Probe

    init(_ probe: Probe) {
        self.probe = probe
        probe.stateMade()
    }

    deinit { probe.stateReleased() }
}

/// What a pool shares, telling the probe of its life.
package final class TrackedShared: Sendable {
    private let probe: Probe

    init(_ probe: Probe) {
        self.probe = probe
        probe.sharedMade()
    }

    deinit { probe.sharedReleased() }
}
