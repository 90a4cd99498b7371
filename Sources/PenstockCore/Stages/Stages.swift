/// What a stage may know about the run it works in.
public struct StageContext: Sendable {
    /// Number of the worker within its pool, from 0.
    public let worker: Int
    /// Time, as the run sees it.
    public let clock: any RunClock
    /// True once the run is being stopped; long calls look at it now and then and return early.
    public let isCancelled: @Sendable () -> Bool

    /// A context, as the engine makes one for each worker.
    public init(worker: Int, clock: any RunClock, isCancelled: @escaping @Sendable () -> Bool) {
        self.worker = worker
        self.clock = clock
        self.isCancelled = isCancelled
    }

    /// For a stage that is asked something on the caller's thread, outside of a run: nobody cancels it.
    package static var outsideOfRuns: StageContext {
        StageContext(worker: 0, clock: MonotonicClock(), isCancelled: { false })
    }
}

/// Produces the rows of a pipeline, in a stable order.
///
/// - Thread: every call for one run comes from the same worker thread; blocking is fine.
public protocol BlockSource: Sendable {
    /// Where the source stands; never leaves its thread.
    associatedtype Cursor
    /// Name in plans, reports and messages.
    var name: String { get }
    /// Opens the source.
    func start(_ context: StageContext) throws(StageError) -> Cursor
    /// The next rows, or nil at the end.
    func next(_ cursor: inout Cursor) throws(StageError) -> Block?
}

/// What a transform made of a batch.
public struct TransformOutput: Sendable {
    /// Rows for the next stage; may be none.
    public var blocks: [Block]
    /// Rows that could not be processed.
    ///
    /// They are quarantined; the run goes on.
    public var failures: [RowFailure]
    /// Rows left out on purpose, for example because an earlier run wrote them.
    public var skippedRowCount: Int
    /// The batch gives more than this: the engine calls `proceed` for it, once there is room, before the worker gets
    /// another batch.
    ///
    /// So a file of any size is read in blocks.
    public var hasMore = false
    /// No rows after these are wanted: the stages before this one stop, and what lies in their queues is dropped.
    public var isLast = false
    /// Tries that failed for a passing reason and were repeated.
    public var retryCount = 0

    /// A result; input rows = output rows + failures + skipped, unless the transform filters or multiplies.
    public init(_ blocks: [Block], failures: [RowFailure] = [], skippedRowCount: Int = 0) {
        self.blocks = blocks
        self.failures = failures
        self.skippedRowCount = skippedRowCount
    }
}

/// Turns batches into blocks.
///
/// What workers can share (a compiled model, labels) is loaded once per pool; what they can't (an inference request, a
/// decoder) is made once per worker, on the worker's thread, and stays there.
public protocol BatchTransform: Sendable {
    /// Loaded once, read by all workers.
    associatedtype Shared: Sendable
    /// One per worker; never leaves its thread.
    associatedtype State
    /// Name in plans, reports and messages.
    var name: String { get }
    /// Loads what workers share. Called once, on a worker thread, while other operators already run.
    func load(_ context: StageContext) throws(StageError) -> Shared
    /// Makes what one worker keeps.
    func makeState(_ shared: Shared, _ context: StageContext) throws(StageError) -> State
    /// Processes one batch. A row that cannot be processed is a failure in the output; an error ends the run.
    func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput
    /// Goes on with a batch whose output said `hasMore`.
    func proceed(_ state: inout State) throws(StageError) -> TransformOutput
    /// How many bytes the output for these rows takes at most, for the reservation made before they are processed; for a
    /// transform that gives its output in pieces, the bytes of one piece.
    func outputBytes(for block: Block) -> Bytes
}

extension BatchTransform {
    /// For transforms that give everything at once, as most do.
    public func proceed(_ state: inout State) throws(StageError) -> TransformOutput {
        preconditionFailure("\(name) says that it has more, and does not implement proceed(_:)")
    }
}

extension BatchTransform where Shared == Void {
    /// Nothing to share.
    public func load(_ context: StageContext) throws(StageError) {}
}

/// What a sink wrote.
public struct SinkSummary: Sendable, Equatable {
    /// Rows that are committed.
    public var rowCount: Int
    /// Bytes written for them.
    public var bytes: Bytes
    /// What was committed, for example file names.
    public var parts: [String]
    /// Rows that hold a mark of a failure in place of an answer, as far as the sink can tell.
    public var rowsWithoutAnswer = 0

    /// A summary.
    public init(rowCount: Int = 0, bytes: Bytes = .zero, parts: [String] = []) {
        self.rowCount = rowCount
        self.bytes = bytes
        self.parts = parts
    }
}

/// Takes the rows at the end of a pipeline.
///
/// - Thread: every call for one run comes from the same worker thread; blocking is fine.
public protocol BlockSink: Sendable {
    /// What is being written; never leaves its thread.
    associatedtype Writer
    /// Name in plans, reports and messages.
    var name: String { get }
    /// Prepares the destination.
    func open(_ context: StageContext) throws(StageError) -> Writer
    /// Takes rows and failed rows; either may be empty.
    func write(_ block: Block?, failures: [RowFailure], to writer: inout Writer) throws(StageError)
    /// Makes everything that was written final. Called however the run ended, so that no finished row is lost, unless the
    /// sink itself failed.
    func commit(_ writer: inout Writer) throws(StageError) -> SinkSummary
    /// Removes what is not final. Called when the sink itself failed, in `write` or `commit`; committed parts stay.
    func abort(_ writer: inout Writer)
}
