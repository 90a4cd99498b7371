import PenstockCore
import Synchronization

/// Keeps the rows of a plan that ends in the caller's hands, up to a limit.
final class RowCollector: Sendable {
    private struct State {
        var blocks: [Block] = []
        var rowCount = 0
        var onFull: (@Sendable () -> Void)?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int = .max) { self.limit = limit }

    /// What is called once the limit is reached: the rest of the run is not needed.
    func whenFull(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.onFull = action } }

    /// Takes as many rows as there is room for.
    func add(_ block: Block) {
        let onFull = state.withLock { state -> (@Sendable () -> Void)? in
            let room = limit - state.rowCount
            if room > 0 { state.blocks.append(block.slice(0..<min(room, block.rowCount))) }
            state.rowCount += block.rowCount
            return state.rowCount >= limit ? state.onFull.take() : nil
        }
        onFull?()
    }

    /// What was collected, in the order of arrival.
    var collected: [Block] { state.withLock { $0.blocks } }
    /// No more rows are wanted.
    var isFull: Bool { state.withLock { $0.rowCount >= limit } }
}

/// Hands rows to a `RowCollector`.
struct CollectSink: BlockSink {
    let name = "collect"
    private let collector: RowCollector

    init(_ collector: RowCollector) { self.collector = collector }

    func open(_ context: StageContext) throws(StageError) -> SinkSummary { SinkSummary() }

    func write(_ block: Block?, failures: [RowFailure], to writer: inout SinkSummary) throws(StageError) {
        guard let block else { return }
        collector.add(block)
        writer.rowCount += block.rowCount
    }

    func commit(_ writer: inout SinkSummary) throws(StageError) -> SinkSummary { writer }

    func abort(_ writer: inout SinkSummary) {}
}
