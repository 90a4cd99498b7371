import PenstockCore
import Synchronization

/// The threads of one operator.
///
/// A pool of stateless workers (Ray's *task pool*) and one of workers that keep a model
/// (Ray's *actor pool*) differ only in what their stage's state is, so there is one implementation.
final class WorkerPool: Sendable {
    private struct State {
        var threads: [WorkerThread<RunnerBox>?]
        var running = 0
        /// Of threads that have ended.
        var coreWaitSeconds = 0.0
        /// What follows the end of a single worker.
        var onEnded: [Int: @Sendable () -> Void] = [:]
        var onStopped: (@Sendable () -> Void)?
    }

    private let name: String
    private let stage: EngineStage
    private let state: Mutex<State>

    init(name: String, count: Int, stage: EngineStage) {
        self.name = name
        self.stage = stage
        state = Mutex(State(threads: Array(repeating: nil, count: count)))
    }

    /// Starts the worker's thread, if it has none, and runs `job` on it.
    func start(worker: Int, context: StageContext, job: @escaping @Sendable (RunnerBox) -> Void) {
        let thread = state.withLock { state in
            if let thread = state.threads[worker] { return thread }
            let thread = WorkerThread(name: "\(name)-\(worker)") { [stage] in
                RunnerBox(stage.makeRunner(context))
            } onExit: { [self] coreWaitSeconds in
                threadEnded(worker, coreWaitSeconds)
            }
            state.threads[worker] = thread
            state.running += 1
            return thread
        }
        thread.enqueue(job)
    }

    /// How long its threads were ready to run and had no core, so far.
    var coreWaitSeconds: Double {
        let (ended, threads) = state.withLock { ($0.coreWaitSeconds, $0.threads) }
        return threads.reduce(ended) { $0 + ($1?.coreWaitSeconds ?? 0) }
    }

    /// Runs `job` on a worker that was started.
    func enqueue(worker: Int, job: @escaping @Sendable (RunnerBox) -> Void) {
        guard let thread = state.withLock({ $0.threads[worker] }) else {
            preconditionFailure("worker \(worker) of \(name) was never started")
        }
        thread.enqueue(job)
    }

    /// Runs `job` on a worker, unless the pool was stopped meanwhile and its thread is gone.
    func enqueueIfThere(worker: Int, job: @escaping @Sendable (RunnerBox) -> Void) {
        state.withLock { $0.threads[worker] }?.enqueue(job)
    }

    /// Ends one worker's thread after its present jobs, then calls `onEnded`; until then the worker must not be started.
    ///
    /// Does nothing when the pool was stopped meanwhile and the thread is gone.
    func stop(worker: Int, onEnded: @escaping @Sendable () -> Void) {
        let thread = state.withLock { state in
            guard let thread = state.threads[worker].take() else { return nil as WorkerThread<RunnerBox>? }
            state.onEnded[worker] = onEnded
            return thread
        }
        thread?.stop()
    }

    /// Ends all threads after their present jobs, then calls `onStopped` once.
    func stop(onStopped: @escaping @Sendable () -> Void) {
        let (threads, isDone) = state.withLock { state in
            state.onStopped = state.running == 0 ? nil : onStopped
            return (state.threads.compactMap { $0 }, state.running == 0)
        }
        for thread in threads { thread.stop() }
        if isDone { onStopped() }
    }

    /// The end of a worker is told before that of its pool.
    ///
    /// The thread is let go of: it knows the pool and, by its context, the executor, which would otherwise never end.
    private func threadEnded(_ worker: Int, _ coreWaitSeconds: Double) {
        let (onEnded, thread) = state.withLock { state in
            state.coreWaitSeconds += coreWaitSeconds
            return (state.onEnded.removeValue(forKey: worker), state.threads[worker].take())
        }
        _ = thread
        onEnded?()
        let onStopped = state.withLock { state -> (@Sendable () -> Void)? in
            state.running -= 1
            return state.running == 0 ? state.onStopped.take() : nil
        }
        onStopped?()
    }
}

/// What a worker keeps on its thread.
final class RunnerBox {
    let runner: any StageRunner
    /// The batch that gave a part of its output; charged until the last part.
    var openInput: TaskInput?
    /// What the worker is charged for itself.
    private var memory: Reservation?

    /// What was written before the first task, and who is told what was written from then on.
    private var writes: (start: ThreadWrites, tell: (ThreadWrites) -> Void)?

    init(_ runner: any StageRunner) { self.runner = runner }

    /// Ends on the worker's thread, as everything that it keeps.
    deinit {
        guard let writes, let end = ThreadWrites.ofThread else { return }
        writes.tell(end.since(writes.start))
    }

    /// Tells, when the worker ends, what its thread has written after this call.
    func watchWrites(_ tell: @escaping (ThreadWrites) -> Void) {
        writes = ThreadWrites.ofThread.map { ($0, tell) }
    }

    /// Charges the worker once, until its thread ends.
    func charge(_ bytes: Bytes, to ledger: MemoryLedger, for name: String) throws(StageError) {
        if bytes == .zero || memory != nil { return }
        memory = .some(try ledger.reserve(bytes, for: "one worker of \(name)"))
    }
}
