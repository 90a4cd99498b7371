import PenstockCore
import PenstockEngine
import PenstockStages

/// Runs one stage alone over blocks that are in memory, through the engine that runs whole jobs.
struct Probe {
    /// How long the stage is measured, in seconds; loading and warming up come before.
    let seconds: Double
    let cores: Int
    let memory: Bytes

    /// A transform on all its workers; the blocks are repeated, as one task each, until the time is over.
    ///
    /// - Throws: `StageError` of the stage.
    func measure(
        _ transform: some BatchTransform,
        over blocks: [Block],
        workers: Int
    ) async throws(StageError) -> CeilingSample {
        let meter = ProbeMeter(seconds: seconds, workers: workers)
        // A few blocks for each worker: what lies in a queue when the time is over must still be worked off.
        let ahead = (blocks.map(\.byteCount).max() ?? .zero) * (4 * workers)
        let source = BoundOperator(
            OperatorSpec(name: "source", kind: .source, cpusPerTask: 0, outputBudget: ahead),
            EngineStage(source: RepeatingSource(blocks: blocks, meter: meter))
        )
        let measured = BoundOperator(
            OperatorSpec(name: transform.name, kind: .transform, workers: workers, outputBudget: .mebibytes(256)),
            EngineStage(transform: MeteredTransform(transform, meter))
        )
        let discard = BoundOperator(
            OperatorSpec(name: "discard", kind: .sink, cpusPerTask: 0),
            EngineStage(sink: DiscardSink())
        )
        return try await run([source, measured, discard], meter)
    }

    /// A source, started anew whenever it has ended.
    func measure(_ inner: some BlockSource) async throws(StageError) -> CeilingSample {
        let meter = ProbeMeter(seconds: seconds, workers: 1)
        let source = BoundOperator(
            OperatorSpec(name: inner.name, kind: .source, cpusPerTask: 0),
            EngineStage(source: MeteredSource(inner: inner, meter: meter))
        )
        let discard = BoundOperator(
            OperatorSpec(name: "discard", kind: .sink, cpusPerTask: 0),
            EngineStage(sink: DiscardSink())
        )
        return try await run([source, discard], meter)
    }

    /// A sink; its commit counts as well.
    func measure(_ inner: some BlockSink, over blocks: [Block]) async throws(StageError) -> CeilingSample {
        let meter = ProbeMeter(seconds: seconds, workers: 1)
        let source = BoundOperator(
            OperatorSpec(name: "source", kind: .source, cpusPerTask: 0, outputBudget: .mebibytes(1)),
            EngineStage(source: RepeatingSource(blocks: blocks, meter: meter))
        )
        let sink = BoundOperator(
            OperatorSpec(name: inner.name, kind: .sink, cpusPerTask: 0),
            EngineStage(sink: MeteredSink(inner: inner, meter: meter))
        )
        return try await run([source, sink], meter)
    }

    private func run(_ operators: [BoundOperator], _ meter: ProbeMeter) async throws(StageError) -> CeilingSample {
        let workers = operators.map(\.spec.maxWorkers).max() ?? 1
        let limits = RunLimits(cpus: Double(max(cores, workers)), memory: memory, badRows: .share(1))
        let outcome = await StreamingExecutor(operators, limits: limits).run()
        try outcome.checkMeasured()
        return meter.result
    }
}

extension RunOutcome {
    /// What was measured counts, bad rows or not.
    ///
    /// - Throws: `StageError` of the stage that failed; `.cancelled` when the run was.
    func checkMeasured() throws(StageError) {
        switch end {
        case .failed(let error): throw error
        case .cancelled: throw StageError(.cancelled, "measuring was interrupted.")
        case .done, .tooManyBadRows: break
        }
    }
}

/// The same blocks again and again, until the meter says that it is enough.
private struct RepeatingSource: BlockSource {
    let name = "source"
    let blocks: [Block]
    let meter: ProbeMeter

    func start(_ context: StageContext) throws(StageError) -> Int { 0 }

    func next(_ cursor: inout Int) throws(StageError) -> Block? {
        if blocks.isEmpty || meter.isOver { return nil }
        defer { cursor += 1 }
        return blocks[cursor % blocks.count]
    }
}

/// Counts what a transform does.
private struct MeteredTransform<Inner: BatchTransform>: BatchTransform {
    private let inner: Inner
    private let meter: ProbeMeter
    var name: String { inner.name }

    init(_ inner: Inner, _ meter: ProbeMeter) {
        self.inner = inner
        self.meter = meter
    }

    func load(_ context: StageContext) throws(StageError) -> Inner.Shared { try inner.load(context) }

    func makeState(_ shared: Inner.Shared, _ context: StageContext) throws(StageError) -> Inner.State {
        try inner.makeState(shared, context)
    }

    func apply(_ batch: Batch, _ state: inout Inner.State) throws(StageError) -> TransformOutput {
        let start = meter.begin()
        let output = try inner.apply(batch, &state)
        // An image that fails costs something and is none of those that count.
        meter.end(start, rows: batch.rowCount - output.failures.count)
        return output
    }

    func proceed(_ state: inout Inner.State) throws(StageError) -> TransformOutput {
        let start = meter.begin()
        let output = try inner.proceed(&state)
        meter.end(start, rows: -output.failures.count)
        return output
    }

    func outputBytes(for block: Block) -> Bytes { inner.outputBytes(for: block) }
}

/// Counts what a source does, and begins again at its end.
private struct MeteredSource<Inner: BlockSource>: BlockSource {
    let inner: Inner
    let meter: ProbeMeter
    var name: String { inner.name }

    struct Cursor {
        var inner: Inner.Cursor
        let context: StageContext
    }

    func start(_ context: StageContext) throws(StageError) -> Cursor {
        Cursor(inner: try inner.start(context), context: context)
    }

    func next(_ cursor: inout Cursor) throws(StageError) -> Block? {
        if meter.isOver { return nil }
        let start = meter.begin()
        var block = try inner.next(&cursor.inner)
        if block == nil {
            cursor.inner = try inner.start(cursor.context)
            block = try inner.next(&cursor.inner)
        }
        meter.end(start, rows: block?.rowCount ?? 0)
        return block
    }
}

/// Counts what a sink does.
private struct MeteredSink<Inner: BlockSink>: BlockSink {
    let inner: Inner
    let meter: ProbeMeter
    var name: String { inner.name }

    func open(_ context: StageContext) throws(StageError) -> Inner.Writer { try inner.open(context) }

    func write(_ block: Block?, failures: [RowFailure], to writer: inout Inner.Writer) throws(StageError) {
        let start = meter.begin()
        try inner.write(block, failures: failures, to: &writer)
        meter.end(start, rows: block?.rowCount ?? 0)
    }

    func commit(_ writer: inout Inner.Writer) throws(StageError) -> SinkSummary {
        let start = meter.begin()
        let summary = try inner.commit(&writer)
        meter.end(start, rows: 0, isLast: true)
        return summary
    }

    func abort(_ writer: inout Inner.Writer) { inner.abort(&writer) }
}

/// Takes rows and forgets them.
struct DiscardSink: BlockSink {
    let name = "discard"

    func open(_ context: StageContext) throws(StageError) -> SinkSummary { SinkSummary() }

    func write(_ block: Block?, failures: [RowFailure], to writer: inout SinkSummary) throws(StageError) {
        writer.rowCount += block?.rowCount ?? 0
    }

    func commit(_ writer: inout SinkSummary) throws(StageError) -> SinkSummary { writer }

    func abort(_ writer: inout SinkSummary) {}
}
