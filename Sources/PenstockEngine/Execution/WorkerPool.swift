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
        var onStopped: (@Sendable () -> Void)?
        var isStopping = false
    }

    private let name: String
    private let stage: EngineStage
    private let state: Mutex<State>

    init(name: String, count: Int, stage: EngineStage) {
        self.name = name
        self.stage = stage
        state = Mutex(State(threads: Array(repeating: nil, count: count)))
    }

    /// Starts the worker's thread, if it has none yet, and runs `job` on it.
    func start(worker: Int, context: StageContext, job: @escaping @Sendable (any StageRunner) -> Void) {
        let thread = state.withLock { state in
            if let thread = state.threads[worker] { return thread }
            let thread = WorkerThread(name: "\(name)-\(worker)") { [stage] in
                RunnerBox(stage.makeRunner(context))
            } onExit: { [self] in
                threadEnded()
            }
            state.threads[worker] = thread
            state.running += 1
            return thread
        }
        thread.enqueue { job($0.runner) }
    }

    /// Runs `job` on a worker that was started.
    func enqueue(worker: Int, job: @escaping @Sendable (any StageRunner) -> Void) {
        guard let thread = state.withLock({ $0.threads[worker] }) else {
            preconditionFailure("worker \(worker) of \(name) was never started")
        }
        thread.enqueue { job($0.runner) }
    }

    /// Ends all threads after their present jobs, then calls `onStopped` once.
    func stop(onStopped: @escaping @Sendable () -> Void) {
        let (threads, isDone) = state.withLock { state in
            state.isStopping = true
            state.onStopped = onStopped
            return (state.threads.compactMap { $0 }, state.running == 0)
        }
        for thread in threads { thread.stop() }
        if isDone { onStopped() }
    }

    private func threadEnded() {
        let onStopped = state.withLock { state -> (@Sendable () -> Void)? in
            state.running -= 1
            guard state.running == 0 else { return nil }
            defer { state.onStopped = nil }
            return state.onStopped
        }
        onStopped?()
    }
}

/// Holds a runner on its thread.
final class RunnerBox {
    let runner: any StageRunner

    init(_ runner: any StageRunner) { self.runner = runner }
}
