import PenstockCore
import Synchronization

/// Hands blocks to a closure, which runs on the sink's thread alone.
struct BlockReceiver: BlockSink {
    let name = "receive"
    let receive: @Sendable (Block) throws(StageError) -> Void

    func open(_ context: StageContext) throws(StageError) -> SinkSummary { SinkSummary() }

    func write(_ block: Block?, failures: [RowFailure], to writer: inout SinkSummary) throws(StageError) {
        guard let block else { return }
        try receive(block)
        writer.rowCount += block.rowCount
    }

    func commit(_ writer: inout SinkSummary) throws(StageError) -> SinkSummary { writer }

    func abort(_ writer: inout SinkSummary) {}
}

/// A value that a sink's thread changes, and the caller takes afterwards.
final class Received<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }

    func change(_ body: (inout Value) throws(StageError) -> Void) throws(StageError) {
        let result = state.withLock { value in Result { () throws(StageError) in try body(&value) } }
        try result.get()
    }
}
