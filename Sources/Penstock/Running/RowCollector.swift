import PenstockCore
import Synchronization

/// Keeps the rows of a plan that ends in the caller's hands.
final class RowCollector: Sendable {
    private let blocks = Mutex<[Block]>([])

    func add(_ block: Block) { blocks.withLock { $0.append(block) } }

    /// What was collected, in the order of arrival.
    var collected: [Block] { blocks.withLock { $0 } }
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
