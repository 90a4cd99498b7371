package import PenstockCore
import Synchronization

/// One operator of a physical plan with the stage that does its work.
package struct BoundOperator: Sendable {
    package let spec: OperatorSpec
    package let stage: EngineStage

    package init(_ spec: OperatorSpec, _ stage: EngineStage) {
        self.spec = spec
        self.stage = stage
    }
}

/// What a run gave, before the advisor looks at it.
package struct RunOutcome: Sendable {
    package let end: RunEnd
    package let counts: RunCounts
    package let summary: SinkSummary
    /// The run at its end.
    package let last: RunSnapshot
    /// The run when every worker was ready for the first time; nil if that never was.
    package let ready: RunSnapshot?
    package let latencies: [LatencyReport]
    package let unfinishedRows: Int
    /// Every change of a pool's size.
    package let scaling: [ScalingDecision]
    /// Seconds from start to the first rows of the source, and to the end.
    package let startupSeconds: Double
    /// Seconds from start until the sink had made its rows final; threads and the model end after that.
    package let commitSeconds: Double
    package let wallSeconds: Double
    package let bytesHeldAtEnd: Bytes
    package let peakBytesHeld: Bytes

    /// What each operator did.
    package var stages: [StageReport] { last.stages.map(\.report) }
}

/// Feeds events to the `Scheduler` and performs its actions on worker threads.
///
/// There is no loop and no polling: whichever thread has news delivers it, asks the scheduler under the lock, and performs
/// the answer outside of it. The one timer tells the scheduler that a time has come for which it asked.
package final class StreamingExecutor: Sendable {
    struct State {
        var scheduler: Scheduler
        var blocks: [Int: QueuedBlock] = [:]
        var failures: [RowFailure] = []
        var nextBlock = 0
        /// Blocks that each operator has put out.
        var blockCounts: [Int]
        var start: RunInstant?
        /// CPU time of the process when the run started.
        var cpuStart = 0.0
        var ready: RunSnapshot?
        var firstRead: RunInstant?
        var lastCommit: RunInstant?
        var continuation: CheckedContinuation<RunEnd, Never>?
    }

    let operators: [BoundOperator]
    let limits: RunLimits
    let ledger: MemoryLedger
    let clock: any RunClock
    let state: Mutex<State>
    private let inbox = Mutex(Inbox())
    let pools: [WorkerPool]
    /// What the workers of each operator wrote in tasks, told when they end.
    let written: Mutex<[ThreadWrites]>
    private let timer: any RunTimer
    private let cancelled = Atomic<Bool>(false)
    /// What stages see: the run was cancelled, or failed elsewhere.
    let stopping = Atomic<Bool>(false)
    /// Nothing more is wanted of the operators before this one; their stages see a stop too.
    let firstWanted = Atomic<Int>(0)

    package init(
        _ operators: [BoundOperator],
        limits: RunLimits,
        clock: any RunClock = MonotonicClock(),
        timer: any RunTimer = DispatchRunTimer()
    ) {
        self.operators = operators
        self.limits = limits
        self.clock = clock
        self.timer = timer
        ledger = MemoryLedger(limit: limits.memory)
        let scheduler = Scheduler(operators.map(\.spec), limits: limits)
        state = Mutex(State(scheduler: scheduler, blockCounts: operators.map { _ in 0 }))
        written = Mutex(operators.map { _ in ThreadWrites() })
        pools = operators.map { WorkerPool(name: $0.spec.name, count: $0.spec.maxWorkers, stage: $0.stage) }
    }

    /// Runs the pipeline to its end.
    ///
    /// Cancelling the calling task stops it: tasks under way are finished, finished rows committed.
    ///
    /// - Returns: what happened; errors of stages are in `RunOutcome.end`. Every thread has ended and all memory is back.
    package func run() async -> RunOutcome {
        let end = await withTaskCancellationHandler {
            await withCheckedContinuation { begin($0) }
        } onCancel: {
            cancel()
        }
        return outcome(end)
    }

    /// A look at the run while it goes on.
    package func snapshot() -> RunSnapshot {
        // Before the lock: the kernel is asked for each thread, and who looks often must not hold up the run.
        let threads = threadTimes
        let now = clock.now()
        return state.withLock { snapshot($0, now, threads) }
    }

    /// What the kernel says of each operator's threads: how long they were ready and had no core.
    private var threadTimes: [Double] { pools.map(\.coreWaitSeconds) }

    private func snapshot(_ state: borrowing State, _ now: RunInstant, _ threads: [Double]) -> RunSnapshot {
        let start = state.start ?? now
        var snapshot = state.scheduler.snapshot(now: now, start: start)
        snapshot.cpuSeconds = state.start == nil ? 0 : Platform.processCPUSeconds - state.cpuStart
        let written = written.withLock { $0 }
        for op in operators.indices {
            snapshot.stages[op].report.coreWaitSeconds = threads[op]
            snapshot.stages[op].report.work.bytesWritten = written[op].bytes
            snapshot.stages[op].report.work.writeCalls = written[op].calls
        }
        return snapshot
    }

    /// Stops the run as cancelling its task does: tasks under way are finished, finished rows committed.
    package func cancel() {
        cancelled.store(true, ordering: .releasing)
        guard state.withLock({ $0.start != nil }) else { return }
        deliver(.cancel)
    }

    private func outcome(_ end: RunEnd) -> RunOutcome {
        let threads = threadTimes
        let now = clock.now()
        return state.withLock { state in
            let start = state.start ?? now
            return RunOutcome(
                end: end,
                counts: state.scheduler.counts,
                summary: state.scheduler.summary ?? SinkSummary(),
                last: snapshot(state, now, threads),
                ready: state.ready,
                latencies: operators.indices.map { state.scheduler.latency(of: $0) },
                unfinishedRows: state.scheduler.unfinishedRows,
                scaling: state.scheduler.scaling,
                startupSeconds: (state.firstRead ?? now).seconds(since: start),
                commitSeconds: (state.lastCommit ?? now).seconds(since: start),
                wallSeconds: now.seconds(since: start),
                bytesHeldAtEnd: ledger.held,
                peakBytesHeld: ledger.peak
            )
        }
    }

    // MARK: Events in, actions out

    /// A block in a queue; `number` is its own among those that its operator put out.
    struct QueuedBlock {
        let held: HeldBlock
        let number: Int
    }

    /// What happened, as the threads of workers tell it.
    enum News {
        case event(Event)
        case taskEnded(EndedTask)
    }

    /// A block that is charged for its true size, with what the next operator will make of it.
    typealias ChargedBlock = (block: HeldBlock, outputBytes: Bytes)

    /// A task that ended well, its output not yet in a queue.
    struct EndedTask {
        let launch: Launch
        var outcome: TaskOutcome
        let blocks: [ChargedBlock]
        let failures: [RowFailure]
    }

    /// What an action needs, gathered under the lock and used outside of it.
    enum Work {
        case action(Action)
        case launch(Launch, TaskInput)
        case closeSink(discard: Bool, failures: [RowFailure])
        case finish(CheckedContinuation<RunEnd, Never>, RunEnd)
        /// Blocks whose last reference may go, outside of the lock.
        case release([QueuedBlock])
    }

    /// News that nobody has handled yet.
    private struct Inbox {
        var news: [News] = []
        /// Room for the next ones: what was handled gives its memory back to the inbox.
        var spare: [News] = []
        /// A thread is at it, and will look again before it leaves.
        var isHandled = false
        /// Threads that handle news or perform actions, and may hold blocks meanwhile.
        var visitors = 0
        /// Ends the run, once the last of them has left.
        var ending: (continuation: CheckedContinuation<RunEnd, Never>, end: RunEnd)?
    }

    /// Starts the run; one that was cancelled before is cancelled in the same step, so that nothing runs first.
    private func begin(_ continuation: CheckedContinuation<RunEnd, Never>) {
        let now = clock.now()
        state.withLock { state in
            state.continuation = continuation
            state.start = now
            state.cpuStart = Platform.processCPUSeconds
        }
        deliver(.event(.start), cancelled.load(ordering: .acquiring) ? .event(.cancel) : nil)
    }

    func deliver(_ event: Event) { deliver(.event(event)) }

    /// Leaves news, and handles all there is unless another thread is at it.
    ///
    /// Nobody waits for the scheduler: a thread that finds it in use goes back to its own work. (When everybody waited for
    /// the lock, a holder that the system had suspended made a queue that stayed.)
    func deliver(_ news: News, _ more: News? = nil) {
        let isMine = inbox.withLock { inbox in
            inbox.news.append(news)
            if let more { inbox.news.append(more) }
            defer { inbox.isHandled = true }
            inbox.visitors += inbox.isHandled ? 0 : 1
            return !inbox.isHandled
        }
        guard isMine else { return }
        handleNews()
        let ending = inbox.withLock { inbox in
            inbox.visitors -= 1
            return inbox.visitors == 0 ? inbox.ending.take() : nil
        }
        if let ending { ending.continuation.resume(returning: ending.end) }
    }

    private func handleNews() {
        var work: [Work] = []
        work.reserveCapacity(8)  // of one task's end; more is rare
        var news: [News] = []
        while takeNews(&news) {
            let now = clock.now()
            state.withLock { state in
                for item in news { handle(item, now, &state, &work) }
            }
        }
        for item in work { perform(item) }
    }

    /// Puts what nobody has handled yet in the place of what was handled; false when there is nothing.
    private func takeNews(_ news: inout [News]) -> Bool {
        news.removeAll(keepingCapacity: true)  // outside of the lock: blocks may end here
        return inbox.withLock { inbox in
            inbox.isHandled = !inbox.news.isEmpty
            if news.capacity == 0 { swap(&inbox.spare, &news) }
            if inbox.isHandled { swap(&inbox.news, &news) } else { swap(&inbox.spare, &news) }
            return inbox.isHandled
        }
    }

    private func handle(_ news: News, _ now: RunInstant, _ state: inout State, _ work: inout [Work]) {
        let event =
            switch news {
            case .event(let event): event
            case .taskEnded(let task): taken(task, now, &state)
            }
        for action in state.scheduler.handle(event, now: now) { work.append(prepare(action, &state)) }
        if state.ready == nil, state.scheduler.isReady { state.ready = snapshot(state, now, threadTimes) }
        if state.scheduler.isStopping { stopping.store(true, ordering: .relaxed) }
    }

    /// Queues what a task gave, as far as it is wanted, and says so to the scheduler.
    private func taken(_ task: EndedTask, _ now: RunInstant, _ state: inout State) -> Event {
        var outcome = task.outcome
        for (block, outputBytes) in task.blocks {
            outcome.outputs.append(register(block, outputBytes, of: task.launch.op, &state))
        }
        if state.firstRead == nil, !task.blocks.isEmpty { state.firstRead = now }
        if state.scheduler.wantsResult(of: task.launch.task) { state.failures += task.failures }
        return .taskFinished(task.launch.task, outcome)
    }

    private func register(_ held: HeldBlock, _ outputBytes: Bytes, of op: Int, _ state: inout State) -> BlockInfo {
        let info = BlockInfo(
            id: state.nextBlock,
            rows: held.block.rowCount,
            bytes: held.byteCount,
            outputBytes: outputBytes
        )
        state.nextBlock += 1
        state.blocks[info.id] = QueuedBlock(held: held, number: state.blockCounts[op])
        if info.rows > 0 { state.blockCounts[op] += 1 }
        return info
    }

    private func prepare(_ action: Action, _ state: inout State) -> Work {
        switch action {
        case .load, .startWorker, .abandon, .stopWorker, .stopWorkers, .endEarly, .wakeUp: return .action(action)
        case .launch(let launch): return .launch(launch, taskInput(launch, &state))
        case .drop(let blocks): return .release(blocks.compactMap { state.blocks.removeValue(forKey: $0.id) })
        case .closeSink(let discard):
            defer { state.failures = [] }
            return .closeSink(discard: discard, failures: state.failures)
        case .finish(let end):
            guard let continuation = state.continuation.take() else { preconditionFailure("a run ends once") }
            return .finish(continuation, end)
        }
    }

    private func taskInput(_ launch: Launch, _ state: inout State) -> TaskInput {
        var input = TaskInput()
        for slice in launch.input {
            let isUsedUp = slice.range.upperBound == slice.block.rows
            let id = slice.block.id
            guard let queued = isUsedUp ? state.blocks.removeValue(forKey: id) : state.blocks[id] else {
                preconditionFailure("block \(id) is gone")
            }
            input.slices.append((queued.held, queued.number, slice.range))
        }
        if operators[launch.op].spec.kind == .sink {
            input.failures = state.failures
            state.failures = []
        }
        return input
    }

    func perform(_ work: Work) {
        switch work {
        case .action(let action): perform(action)
        case .launch(let launch, let input): run(launch, input)
        case .closeSink(let discard, let failures): closeSink(discard: discard, failures: failures)
        case .finish(let continuation, let end):
            timer.cancel()
            inbox.withLock { $0.ending = (continuation, end) }
        case .release: break
        }
    }

    private func perform(_ action: Action) {
        switch action {
        case .load(let op): load(op)
        case .startWorker(let op, let worker): startWorker(op, worker)
        case .abandon(let op, let worker): pools[op].enqueueIfThere(worker: worker) { $0.openInput = nil }
        case .stopWorker(let op, let worker, let unload): stopWorker(op, worker, unload: unload)
        case .stopWorkers(let op): stopWorkers(op)
        case .endEarly(let op): firstWanted.max(op, ordering: .relaxed)
        case .wakeUp(let seconds): timer.schedule(after: seconds) { [weak self] in self?.deliver(.tick) }
        case .launch, .drop, .closeSink, .finish: preconditionFailure("\(action) needs what the lock protects")
        }
    }
}
