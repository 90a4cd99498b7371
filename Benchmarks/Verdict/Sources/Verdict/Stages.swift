import Dispatch
import Penstock

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a stage does with a row: computes, then waits.
struct Load: Sendable {
    /// CPU time of a row.
    var computeMs = 0.0
    /// Time that a row waits without a core.
    var waitMs = 0.0

    /// Does the work of so many rows.
    func work(rows: Int) {
        compute(seconds: computeMs / 1000 * Double(rows))
        if waitMs > 0 { wait(seconds: waitMs / 1000 * Double(rows)) }
    }

    /// Computes until the thread has used so much CPU time, whoever else wants the core.
    private func compute(seconds: Double) {
        let end = threadSeconds() + seconds
        var value = 1.0
        while threadSeconds() < end {
            for _ in 0..<200 { value = (value * 1.000_001).truncatingRemainder(dividingBy: 7) + 0.1 }
        }
        precondition(value > 0)
    }

    private func wait(seconds: Double) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + seconds)
    }

    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Lists numbers in blocks.
struct Listing: BlockSource {
    let name = "list"
    let rows: Int
    let rowsPerBlock: Int
    let load: Load

    func start(_ context: StageContext) throws(StageError) -> Int { 0 }

    func next(_ cursor: inout Int) throws(StageError) -> Block? {
        guard cursor < rows else { return nil }
        let end = min(cursor + rowsPerBlock, rows)
        defer { cursor = end }
        load.work(rows: end - cursor)
        return try Block(columns: ["id": Column(int64: (cursor..<end).map(Int64.init))])
    }
}

/// Passes rows on after its work.
struct Step: BatchTransform {
    let name: String
    let load: Load

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> Int { 0 }

    func apply(_ batch: Batch, _ state: inout Int) throws(StageError) -> TransformOutput {
        load.work(rows: batch.rowCount)
        state += batch.rowCount
        return TransformOutput([batch.block])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}

/// Counts rows after its work.
struct Counting: BlockSink {
    let name = "write"
    let load: Load

    func open(_ context: StageContext) throws(StageError) -> Int { 0 }

    func write(_ block: Block?, failures: [RowFailure], to rows: inout Int) throws(StageError) {
        guard let block else { return }
        load.work(rows: block.rowCount)
        rows += block.rowCount
    }

    func commit(_ rows: inout Int) throws(StageError) -> SinkSummary { SinkSummary(rowCount: rows) }

    func abort(_ rows: inout Int) {}
}
