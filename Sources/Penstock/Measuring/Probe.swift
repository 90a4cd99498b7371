import PenstockCore
import PenstockEngine
import PenstockStages
import Synchronization

/// Runs one stage alone over blocks that are in memory, through the engine that runs whole jobs.
struct Probe {
    /// How long the stage works, in seconds; loading does not count.
    let seconds: Double
    let cores: Int

    /// Rows per second of a transform on all cores.
    ///
    /// The blocks are repeated until the time is over. The rate is rows × workers ÷ busy time, so neither loading nor the
    /// wait for input counts.
    /// - Throws: `StageError` of the stage.
    func rate<Transform: BatchTransform>(
        _ transform: Transform,
        over blocks: [Block],
        workers: Int
    ) async throws(StageError) -> Double {
        let deadline = ProbeDeadline(seconds: seconds)
        // A few blocks for each worker: what lies in a queue when the time is over must still be worked off.
        let ahead = (blocks.map(\.byteCount).max() ?? .zero) * (4 * workers)
        let stages = [
            BoundOperator(
                OperatorSpec(name: "source", kind: .source, cpusPerTask: 0, outputBudget: ahead),
                EngineStage(source: RepeatingSource(blocks: blocks, deadline: deadline))
            ),
            BoundOperator(
                OperatorSpec(name: transform.name, kind: .transform, workers: workers, outputBudget: .mebibytes(256)),
                EngineStage(transform: ProbedTransform(transform, deadline))
            ),
            BoundOperator(OperatorSpec(name: "discard", kind: .sink, cpusPerTask: 0), EngineStage(sink: DiscardSink())),
        ]
        let limits = RunLimits(cpus: Double(max(cores, workers)), memory: .gibibytes(4), badRows: .share(1))
        let outcome = await StreamingExecutor(stages, limits: limits).run()
        if case .failed(let error) = outcome.end { throw error }
        let report = outcome.stages[1]
        return report.busySeconds > 0 ? Double(report.rows * workers) / report.busySeconds : 0
    }
}

/// When a probe is over: a time after the stage began to work.
private final class ProbeDeadline: Sendable {
    private let start = Atomic<Int64>(0)
    private let length: Int64
    private let clock = MonotonicClock()

    init(seconds: Double) { length = Int64(seconds * 1e9) }

    func begin() { _ = start.compareExchange(expected: 0, desired: clock.now().nanoseconds, ordering: .relaxed) }

    var isOver: Bool {
        let start = start.load(ordering: .relaxed)
        return start != 0 && clock.now().nanoseconds - start > length
    }
}

private struct RepeatingSource: BlockSource {
    let name = "source"
    let blocks: [Block]
    let deadline: ProbeDeadline

    func start(_ context: StageContext) throws(StageError) -> Int { 0 }

    func next(_ cursor: inout Int) throws(StageError) -> Block? {
        if blocks.isEmpty || deadline.isOver { return nil }
        defer { cursor += 1 }
        return blocks[cursor % blocks.count]
    }
}

private struct ProbedTransform<Inner: BatchTransform>: BatchTransform {
    private let inner: Inner
    private let deadline: ProbeDeadline
    var name: String { inner.name }

    init(_ inner: Inner, _ deadline: ProbeDeadline) {
        self.inner = inner
        self.deadline = deadline
    }

    func load(_ context: StageContext) throws(StageError) -> Inner.Shared { try inner.load(context) }

    func makeState(_ shared: Inner.Shared, _ context: StageContext) throws(StageError) -> Inner.State {
        try inner.makeState(shared, context)
    }

    func apply(_ batch: Batch, _ state: inout Inner.State) throws(StageError) -> TransformOutput {
        deadline.begin()
        return try inner.apply(batch, &state)
    }

    func proceed(_ state: inout Inner.State) throws(StageError) -> TransformOutput { try inner.proceed(&state) }

    func outputBytes(for block: Block) -> Bytes { inner.outputBytes(for: block) }
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
