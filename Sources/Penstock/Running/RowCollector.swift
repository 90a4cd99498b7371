import PenstockCore
import Synchronization

/// Keeps the rows of a plan that ends in the caller's hands.
final class RowCollector: Sendable {
    private struct State {
        var blocks: [Block] = []
        var bytes = Bytes.zero
    }

    private let limit: Bytes?
    private let state = Mutex(State())

    /// - `limit`: the most that the rows may take; nil: no limit.
    init(limit: Bytes? = nil) { self.limit = limit }

    /// Keeps a block.
    ///
    /// - Throws: `.tooLarge` when the rows take more than they may.
    func add(_ block: Block) throws(StageError) {
        let bytes = state.withLock { state in
            state.blocks.append(block)
            state.bytes += block.byteCount
            return state.bytes
        }
        if let limit, bytes > limit {
            throw StageError(
                .tooLarge,
                "the rows take more than \(limit), the run's memory, and materialize keeps them all. Write them with writeParquet and read them back, use iterBatches, or raise the memory."
            )
        }
    }

    /// What was collected, in the order of arrival.
    var collected: [Block] { state.withLock { $0.blocks } }
}

/// Hands rows to a `RowCollector`.
struct CollectSink: BlockSink {
    let name = "collect"
    private let collector: RowCollector

    init(_ collector: RowCollector) { self.collector = collector }

    func open(_ context: StageContext) throws(StageError) -> SinkSummary { SinkSummary() }

    func write(_ block: Block?, failures: [RowFailure], to writer: inout SinkSummary) throws(StageError) {
        guard let block else { return }
        try collector.add(block)
        writer.rowCount += block.rowCount
    }

    func commit(_ writer: inout SinkSummary) throws(StageError) -> SinkSummary { writer }

    func abort(_ writer: inout SinkSummary) {}
}
