package import PenstockCore

/// Keeps the numbers of the rows that reach it in the probe.
package struct RecordingSink: BlockSink {
    package let name = "record"
    private let probe: Probe

    /// A sink that tells `probe`.
    package init(probe: Probe) { self.probe = probe }

    package struct Writer {
        var rowCount = 0
        let state: TrackedState
        let context: StageContext
    }

    package func open(_ context: StageContext) throws(StageError) -> Writer {
        try probe.pass(.open)
        return Writer(state: TrackedState(probe), context: context)
    }

    package func write(_ block: Block?, failures: [RowFailure], to writer: inout Writer) throws(StageError) {
        try probe.pass(.write)
        let ids = try block?.int64s("id").array ?? []
        writer.rowCount += ids.count
        probe.written(ids, failures)
    }

    package func commit(_ writer: inout Writer) throws(StageError) -> SinkSummary {
        try probe.pass(.commit)
        probe.committed(isStopping: writer.context.isCancelled())
        return SinkSummary(rowCount: writer.rowCount)
    }

    package func abort(_ writer: inout Writer) { probe.aborted() }
}
