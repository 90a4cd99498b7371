import Dispatch
import Penstock
import PenstockEngine
import Synchronization

@testable import PenstockPlan

/// Holds a run at a place that a test knows: lets rows pass up to a number, says so, and waits until it is opened.
final class Gate: Sendable {
    private struct State {
        var passed = 0
        var isOpen = false
    }

    private let limit: Int
    private let state = Mutex(State())
    private let opened = DispatchSemaphore(value: 0)
    /// Yields once when rows wait at the gate.
    let reached: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// Lets `limit` rows pass.
    init(limit: Int) {
        self.limit = limit
        (reached, signal) = AsyncStream<Void>.makeStream()
    }

    func open() {
        state.withLock { $0.isOpen = true }
        opened.signal()
    }

    /// Called on the gate's only worker thread.
    fileprivate func pass(_ rows: Int) {
        let isClosed = state.withLock { state in
            state.passed += rows
            return state.passed > limit && !state.isOpen
        }
        guard isClosed else { return }
        signal.yield()
        opened.wait()
    }
}

/// Passes rows on as they are, through a gate.
private struct GateTransform: BatchTransform {
    let name = "gate"
    let gate: Gate

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

    func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        gate.pass(batch.rowCount)
        return TransformOutput([batch.block])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}

extension Dataset {
    /// The dataset with a gate at its end.
    func passing(_ gate: Gate) -> Dataset {
        let transform = CustomTransform(name: "gate", position: stages.count, batch: .wholeBlock, compute: .actors(1))
        return appending(.transform(transform), stage: EngineStage(transform: GateTransform(gate: gate)))
    }
}
