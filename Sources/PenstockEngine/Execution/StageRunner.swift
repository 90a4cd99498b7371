package import PenstockCore
import Synchronization

/// Rows of a task and failed rows for the sink.
struct TaskInput: Sendable {
    /// Rows of blocks; `number` is the block's among those that the operator before put out.
    var slices: [(held: HeldBlock, number: Int, range: Range<Int>)] = []
    var failures: [RowFailure] = []

    /// The rows as one block; copied only when they lie in several.
    func block() throws(StageError) -> Block? {
        if slices.isEmpty { return nil }
        var parts: [Block] = []
        for slice in slices { parts.append(slice.held.block.slice(slice.range)) }
        return try Block.concatenate(parts)
    }
}

/// What a task made.
struct TaskResult: Sendable {
    var blocks: [Block] = []
    var failures: [RowFailure] = []
    var skippedRows = 0
    var isEnd = false
    /// There is more of the same input.
    var hasMore = false
    /// No rows after these are wanted.
    var isLast = false
    var retries = 0

    init(blocks: [Block] = [], isEnd: Bool = false) {
        self.blocks = blocks
        self.isEnd = isEnd
    }

    init(_ output: TransformOutput) {
        blocks = output.blocks
        failures = output.failures
        skippedRows = output.skippedRowCount
        hasMore = output.hasMore && !output.isLast
        isLast = output.isLast
        retries = output.retryCount
    }
}

/// A stage bound to one worker thread.
///
/// It never leaves that thread.
protocol StageRunner: AnyObject {
    /// Loads what the pool shares; called on the first worker only.
    func load() throws(StageError)
    /// Makes this worker's state.
    func start() throws(StageError)
    func run(_ input: TaskInput) throws(StageError) -> TaskResult
    /// Transforms only: goes on with the input whose result said that there is more.
    func proceed() throws(StageError) -> TaskResult
    /// Sinks only: makes rows final, or removes what is not.
    func close(failures: [RowFailure], discard: Bool) throws(StageError) -> SinkSummary
}

extension StageRunner {
    func proceed() throws(StageError) -> TaskResult { preconditionFailure("only transforms give output in pieces") }
}

/// A stage of any kind, as the executor holds it.
package struct EngineStage: Sendable {
    let makeRunner: @Sendable (StageContext) -> any StageRunner
    /// Upper bound of the output for a block, for reservations.
    let outputBytes: @Sendable (Block) -> Bytes
    /// Lets go of what workers shared; called when the last of them ends.
    let unload: @Sendable () -> Void

    /// Wraps a source.
    package init(source: some BlockSource) {
        makeRunner = { context in SourceRunner(source, context) }
        outputBytes = { _ in .zero }
        unload = {}
    }

    /// Wraps a transform.
    package init<T: BatchTransform>(transform: T) {
        let shared = SharedState<T.Shared>()
        makeRunner = { context in TransformRunner(transform, shared, context) }
        outputBytes = { transform.outputBytes(for: $0) }
        unload = { shared.clear() }
    }

    /// Wraps a sink.
    package init(sink: some BlockSink) {
        makeRunner = { context in SinkRunner(sink, context) }
        outputBytes = { _ in .zero }
        unload = {}
    }
}

private final class SourceRunner<Source: BlockSource>: StageRunner {
    private let source: Source
    private let context: StageContext
    private var cursor: Source.Cursor?

    init(_ source: Source, _ context: StageContext) {
        self.source = source
        self.context = context
    }

    func load() throws(StageError) {}

    func start() throws(StageError) { cursor = try source.start(context) }

    func run(_ input: TaskInput) throws(StageError) -> TaskResult {
        // Taken out, not copied: a cursor that holds an array stays its only owner.
        guard var cursor = cursor.take() else {
            preconditionFailure("source \(source.name) runs before it was started")
        }
        defer { self.cursor = cursor }
        guard let block = try source.next(&cursor) else { return TaskResult(isEnd: true) }
        return TaskResult(blocks: [block])
    }

    func close(failures: [RowFailure], discard: Bool) throws(StageError) -> SinkSummary { SinkSummary() }
}

/// What the workers of a pool share: written once by the first worker, read by all afterwards.
private final class SharedState<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func set(_ new: Value) { value.withLock { $0 = new } }

    /// The value's own end comes after the lock's.
    func clear() { _ = value.withLock { $0.take() } }

    func get() -> Value? { value.withLock { $0 } }
}

private final class TransformRunner<Transform: BatchTransform>: StageRunner {
    private let transform: Transform
    private let shared: SharedState<Transform.Shared>
    private let context: StageContext
    private var state: Transform.State?

    init(_ transform: Transform, _ shared: SharedState<Transform.Shared>, _ context: StageContext) {
        self.transform = transform
        self.shared = shared
        self.context = context
    }

    func load() throws(StageError) { shared.set(try transform.load(context)) }

    func start() throws(StageError) {
        guard let shared = shared.get() else { preconditionFailure("\(transform.name) starts before it was loaded") }
        state = try transform.makeState(shared, context)
    }

    func run(_ input: TaskInput) throws(StageError) -> TaskResult {
        guard let block = try input.block() else { return TaskResult() }
        guard state != nil else { preconditionFailure("\(transform.name) runs before it was started") }
        return TaskResult(try apply(Batch(block)))
    }

    private func apply(_ batch: Batch) throws(StageError) -> TransformOutput {
        guard var current = state.take() else { preconditionFailure("\(transform.name) has no state") }
        defer { state = current }
        return try transform.apply(batch, &current)
    }

    func proceed() throws(StageError) -> TaskResult {
        guard var current = state.take() else { preconditionFailure("\(transform.name) has no state") }
        defer { state = current }
        return TaskResult(try transform.proceed(&current))
    }

    func close(failures: [RowFailure], discard: Bool) throws(StageError) -> SinkSummary { SinkSummary() }
}

private final class SinkRunner<Sink: BlockSink>: StageRunner {
    private let sink: Sink
    private let context: StageContext
    private var writer: Sink.Writer?

    init(_ sink: Sink, _ context: StageContext) {
        self.sink = sink
        self.context = context
    }

    func load() throws(StageError) {}

    func start() throws(StageError) { writer = try sink.open(context) }

    func run(_ input: TaskInput) throws(StageError) -> TaskResult {
        guard var writer = writer.take() else { preconditionFailure("sink \(sink.name) runs before it was opened") }
        defer { self.writer = writer }
        try sink.write(try input.block(), failures: input.failures, to: &writer)
        return TaskResult()
    }

    func close(failures: [RowFailure], discard: Bool) throws(StageError) -> SinkSummary {
        guard var writer = writer.take() else { return SinkSummary() }
        if discard {
            sink.abort(&writer)
            return SinkSummary()
        }
        do throws(StageError) {
            if !failures.isEmpty { try sink.write(nil, failures: failures, to: &writer) }
            return try sink.commit(&writer)
        } catch {
            sink.abort(&writer)
            throw error
        }
    }
}
