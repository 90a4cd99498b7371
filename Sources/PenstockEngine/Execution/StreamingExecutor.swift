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
    package let stages: [StageReport]
    package let latencies: [LatencyReport]
    package let unfinishedRows: Int
    /// Seconds from start to the first rows of the source, and to the end.
    package let startupSeconds: Double
    /// Seconds from start until the sink had made its rows final; threads and the model end after that.
    package let commitSeconds: Double
    package let wallSeconds: Double
    package let bytesHeldAtEnd: Bytes
    package let peakBytesHeld: Bytes
}

/// Feeds events to the `Scheduler` and performs its actions on worker threads.
///
/// There is no loop and no polling: whichever thread has news delivers it, asks the scheduler under the lock, and performs
/// the answer outside of it.
package final class StreamingExecutor: Sendable {
    private struct State {
        var scheduler: Scheduler
        var blocks: [Int: HeldBlock] = [:]
        var failures: [RowFailure] = []
        var nextBlock = 0
        var start: RunInstant?
        var firstRead: RunInstant?
        var lastCommit: RunInstant?
        var continuation: CheckedContinuation<RunEnd, Never>?
    }

    private let operators: [BoundOperator]
    private let ledger: MemoryLedger
    private let clock: any RunClock
    private let state: Mutex<State>
    private let pools: [WorkerPool]
    private let cancelled = Atomic<Bool>(false)
    /// What stages see: the run was cancelled, or failed elsewhere.
    private let stopping = Atomic<Bool>(false)

    package init(_ operators: [BoundOperator], limits: RunLimits, clock: any RunClock = MonotonicClock()) {
        self.operators = operators
        self.clock = clock
        ledger = MemoryLedger(limit: limits.memory)
        state = Mutex(State(scheduler: Scheduler(operators.map(\.spec), limits: limits)))
        pools = operators.map { WorkerPool(name: $0.spec.name, count: $0.spec.workers, stage: $0.stage) }
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
        let now = clock.now()
        return state.withLock { $0.scheduler.snapshot(now: now, start: $0.start ?? now) }
    }

    /// Stops the run as cancelling its task does: tasks under way are finished, finished rows committed.
    package func cancel() {
        cancelled.store(true, ordering: .releasing)
        guard state.withLock({ $0.start != nil }) else { return }
        deliver(.cancel)
    }

    private func outcome(_ end: RunEnd) -> RunOutcome {
        let now = clock.now()
        return state.withLock { state in
            let start = state.start ?? now
            return RunOutcome(
                end: end,
                counts: state.scheduler.counts,
                summary: state.scheduler.summary ?? SinkSummary(),
                stages: state.scheduler.stageReports,
                latencies: operators.indices.map { state.scheduler.latency(of: $0) },
                unfinishedRows: state.scheduler.unfinishedRows,
                startupSeconds: (state.firstRead ?? now).seconds(since: start),
                commitSeconds: (state.lastCommit ?? now).seconds(since: start),
                wallSeconds: now.seconds(since: start),
                bytesHeldAtEnd: ledger.held,
                peakBytesHeld: ledger.peak
            )
        }
    }

    // MARK: Events in, actions out

    /// What an action needs, gathered under the lock and used outside of it.
    private enum Work {
        case action(Action)
        case launch(Launch, TaskInput)
        case closeSink(discard: Bool, failures: [RowFailure])
        case finish(CheckedContinuation<RunEnd, Never>, RunEnd)
        /// Blocks whose last reference may go, outside of the lock.
        case release([HeldBlock])
    }

    /// Starts the run; one that was cancelled before is cancelled in the same critical section, so that nothing runs first.
    private func begin(_ continuation: CheckedContinuation<RunEnd, Never>) {
        let now = clock.now()
        let work = state.withLock { state in
            state.continuation = continuation
            state.start = now
            let work = handle(.start, now, &state)
            return cancelled.load(ordering: .acquiring) ? work + handle(.cancel, now, &state) : work
        }
        for item in work { perform(item) }
    }

    private func deliver(_ event: Event) {
        let now = clock.now()
        let work = state.withLock { handle(event, now, &$0) }
        for item in work { perform(item) }
    }

    private func handle(_ event: Event, _ now: RunInstant, _ state: inout State) -> [Work] {
        let actions = state.scheduler.handle(event, now: now)
        if state.scheduler.isStopping { stopping.store(true, ordering: .relaxed) }
        return actions.map { prepare($0, &state) }
    }

    private func prepare(_ action: Action, _ state: inout State) -> Work {
        switch action {
        case .load, .startWorker, .stopWorkers: return .action(action)
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
            guard let held = state.blocks[slice.block.id] else {
                preconditionFailure("block \(slice.block.id) is gone")
            }
            if slice.range.upperBound == slice.block.rows { state.blocks[slice.block.id] = nil }
            input.slices.append((held, slice.range))
        }
        if operators[launch.op].spec.kind == .sink {
            input.failures = state.failures
            state.failures = []
        }
        return input
    }

    private func perform(_ work: Work) {
        switch work {
        case .action(.load(let op)): load(op)
        case .action(.startWorker(let op, let worker)): startWorker(op, worker)
        case .action(.stopWorkers(let op)): stopWorkers(op)
        case .action: break
        case .launch(let launch, let input): run(launch, input)
        case .closeSink(let discard, let failures): closeSink(discard: discard, failures: failures)
        case .finish(let continuation, let end): continuation.resume(returning: end)
        case .release: break
        }
    }

    // MARK: Actions

    private func load(_ op: Int) {
        pools[op].start(worker: 0, context: context(worker: 0)) { [self] runner in
            do throws(StageError) {
                try runner.load()
                deliver(.loaded(op: op))
            } catch {
                deliver(.startFailed(op: op, worker: 0, located(error, op)))
            }
        }
    }

    private func startWorker(_ op: Int, _ worker: Int) {
        pools[op].start(worker: worker, context: context(worker: worker)) { [self] runner in
            do throws(StageError) {
                try runner.start()
                deliver(.workerReady(op: op, worker: worker))
            } catch {
                deliver(.startFailed(op: op, worker: worker, located(error, op)))
            }
        }
    }

    private func context(worker: Int) -> StageContext {
        StageContext(worker: worker, clock: clock) { [self] in stopping.load(ordering: .relaxed) }
    }

    /// What workers shared goes with the last of them: a model's memory is back while the sink still writes.
    private func stopWorkers(_ op: Int) {
        pools[op].stop { [self] in
            operators[op].stage.unload()
            deliver(.workersStopped(op: op))
        }
    }

    private func run(_ launch: Launch, _ input: TaskInput) {
        pools[launch.op].enqueue(worker: launch.worker) { [self] runner in
            let cpuStart = Platform.threadCPUSeconds
            do throws(StageError) {
                let reservation = try ledger.reserve(launch.reserve)
                let result = try runner.run(input)
                let cpuSeconds = Platform.threadCPUSeconds - cpuStart
                let blocks = try charged(result.blocks, launch.op)
                _ = consume reservation
                taskEnded(launch, result, blocks, cpuSeconds)
            } catch {
                deliver(.taskFailed(launch.task, located(error, launch.op, launch.task, input)))
            }
        }
    }

    /// A block that is charged for its true size, with what the next operator will make of it.
    private typealias ChargedBlock = (block: HeldBlock, outputBytes: Bytes)

    private func charged(_ blocks: [Block], _ op: Int) throws(StageError) -> [ChargedBlock] {
        let nextStage = operators.indices.contains(op + 1) ? operators[op + 1].stage : nil
        var held: [ChargedBlock] = []
        for block in blocks {
            let memory = try ledger.reserve(block.byteCount)
            held.append((HeldBlock(block, reservation: memory), nextStage?.outputBytes(block) ?? .zero))
        }
        return held
    }

    private func taskEnded(_ launch: Launch, _ result: TaskResult, _ blocks: [ChargedBlock], _ cpuSeconds: Double) {
        var outcome = TaskOutcome(
            failedRows: result.failures.count,
            skippedRows: result.skippedRows,
            isEnd: result.isEnd,
            cpuSeconds: cpuSeconds
        )
        let now = clock.now()
        state.withLock { state in
            for (block, outputBytes) in blocks {
                outcome.outputs.append(register(block, outputBytes, &state))
            }
            if state.firstRead == nil, !blocks.isEmpty { state.firstRead = now }
            state.failures += result.failures
        }
        deliver(.taskFinished(launch.task, outcome))
    }

    private func register(_ held: HeldBlock, _ outputBytes: Bytes, _ state: inout State) -> BlockInfo {
        let info = BlockInfo(
            id: state.nextBlock,
            rows: held.block.rowCount,
            bytes: held.block.byteCount,
            outputBytes: outputBytes
        )
        state.nextBlock += 1
        state.blocks[info.id] = held
        return info
    }

    private func closeSink(discard: Bool, failures: [RowFailure]) {
        let sink = operators.count - 1
        pools[sink].enqueue(worker: 0) { [self] runner in
            do throws(StageError) {
                let summary = try runner.close(failures: failures, discard: discard)
                let now = clock.now()
                state.withLock { $0.lastCommit = now }
                deliver(.sinkClosed(.success(summary)))
            } catch {
                deliver(.sinkClosed(.failure(located(error, sink))))
            }
        }
    }

    private func located(
        _ error: StageError,
        _ op: Int,
        _ task: TaskID? = nil,
        _ input: TaskInput = TaskInput()
    ) -> StageError {
        var path: String?
        if let first = input.slices.first, case .string(let paths)? = first.held.block["path"]?.values {
            path = paths.string(first.range.lowerBound)
        }
        let rows = input.slices.reduce(0) { $0 + $1.range.count }
        return error.located(.init(operatorName: operators[op].spec.name, task: task, firstPath: path, rowCount: rows))
    }
}
