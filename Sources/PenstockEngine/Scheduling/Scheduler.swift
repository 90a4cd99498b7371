package import PenstockCore

/// Decides what runs when.
///
/// A pure value: events go in, actions come out, nothing else happens.
///
/// Each operator has workers; a task needs an idle worker, a batch, a logical CPU while it runs, room for its output and
/// memory. Operators nearest to the sink go first, so that work that was begun is finished and queues stay short. An
/// operator that has input but may not run is *held*, and the reason is a value (`Hold`).
///
/// Actors hold their CPU only while they run a task. (Ray's hold it for life, which is how model workers can leave none
/// for the reader and a pipeline waits for ever.)
///
/// - Cost: an event takes time in proportion to the number of operators, not to what is queued or runs.
package struct Scheduler: Sendable {
    enum Phase: Sendable, Equatable {
        case idle, running
        /// No new work except what the sink has to finish.
        case stopping(RunEnd)
        case closing(RunEnd)
        /// The sink is closed; threads are ending.
        case ending(RunEnd)
        case finished
    }

    struct RunningTask: Sendable {
        let op: Int
        let batch: OpenBatch
        let start: RunInstant
    }

    let limits: RunLimits
    var operators: [OperatorState]
    var phase = Phase.idle
    var tasks: [TaskID: RunningTask] = [:]
    var nextTask = 0
    var start = RunInstant(nanoseconds: 0)
    /// When the event came that is being handled.
    var now = RunInstant(nanoseconds: 0)
    /// What is to be done about that event.
    var actions: [Action] = []
    package internal(set) var counts = RunCounts()
    /// Failed rows that the sink has not taken yet.
    var waitingFailures = 0
    var sinkFailed = false
    /// Rows that were dropped unread, or lay in a task that failed.
    var lostRows = 0
    var summary: SinkSummary?
    /// Every change of a pool's size.
    package internal(set) var scaling: [ScalingDecision] = []
    /// When `tick` was asked for.
    var wakeUp: RunInstant?

    package init(_ specs: [OperatorSpec], limits: RunLimits) {
        precondition(
            specs.first?.kind == .source && specs.last?.kind == .sink,
            "a plan starts with a source and ends with a sink"
        )
        precondition(
            specs.dropFirst().dropLast().allSatisfy { $0.kind == .transform },
            "only transforms between source and sink"
        )
        precondition(
            specs.first?.workers == 1...1 && specs.last?.workers == 1...1,
            "source and sink keep one cursor and one writer, so each has one worker"
        )
        precondition(
            specs.allSatisfy { $0.workers.lowerBound >= 0 && $0.workers.upperBound > 0 },
            "every operator may have a worker"
        )
        self.limits = limits
        operators = specs.map(OperatorState.init)
    }

    /// Takes in what happened at `now` and returns what is to be done.
    package mutating func handle(_ event: Event, now: RunInstant) -> [Action] {
        advanceClocks(to: now)
        apply(event)
        finishOperators()
        launchTasks()
        scalePools()
        closeSinkWhenDone()
        defer { actions = [] }
        return actions
    }

    private mutating func advanceClocks(to now: RunInstant) {
        if phase != .idle, phase != .finished {
            let seconds = now.seconds(since: self.now)
            if seconds != 0 { for op in operators.indices { operators[op].elapse(seconds) } }
        }
        self.now = now
    }

    /// The run was cancelled or failed; what still runs is best ended soon.
    var isStopping: Bool {
        switch phase {
        case .idle, .running: false
        case .stopping(let end), .closing(let end), .ending(let end): end != .done
        case .finished: true
        }
    }

    // MARK: Events

    private mutating func apply(_ event: Event) {
        switch event {
        case .start: begin()
        case .loaded(let op): loaded(op)
        case .workerReady(let op, let worker): operators[op].set(worker, .idle, at: now)
        case .startFailed(let op, let worker, let error): startFailed(op, worker, error)
        case .taskFinished(let task, let outcome): taskFinished(task, outcome)
        case .taskFailed(let task, let error): taskFailed(task, error)
        case .sinkClosed(let result): sinkClosed(result)
        case .workerEnded(let op, let worker): workerEnded(op, worker)
        case .workersStopped(let op): workersStopped(of: op)
        case .tick: wakeUp = nil
        case .cancel: stop(.cancelled)
        }
    }

    private mutating func begin() {
        precondition(phase == .idle, "a run is started once")
        phase = .running
        start = now
        for op in operators.indices where operators[op].spec.minWorkers > 0 { load(op) }
    }

    /// Loads an operator on the thread of its first worker.
    mutating func load(_ op: Int) {
        operators[op].loading = .loading
        operators[op].set(0, .starting, at: now)
        actions.append(.load(op: op))
    }

    private mutating func loaded(_ op: Int) {
        operators[op].loading = .loaded
        // The sink is opened in any case: rows that were finished meanwhile, and failed ones, still go to it.
        guard phase == .running || operators[op].spec.kind == .sink else {
            operators[op].set(0, .idle, at: now)
            return
        }
        for worker in operators[op].workers.indices {
            switch operators[op].workers[worker] {
            case .unstarted, .starting:
                operators[op].set(worker, .starting, at: now)
                actions.append(.startWorker(op: op, worker: worker))
            case .absent, .idle, .busy, .paused, .ending, .stopped: break
            }
        }
    }

    private mutating func startFailed(_ op: Int, _ worker: Int, _ error: StageError) {
        operators[op].set(worker, .stopped, at: now)
        if isWanted(of: op, batch: nextTask) { stop(.failed(error), sinkFailed: operators[op].spec.kind == .sink) }
    }

    /// No new work from now on, and batches that were not finished are given up.
    mutating func stop(_ end: RunEnd, sinkFailed: Bool = false) {
        self.sinkFailed = self.sinkFailed || sinkFailed
        switch phase {
        case .running, .idle: phase = .stopping(end)
        case .stopping(.cancelled) where end != .cancelled: phase = .stopping(end)
        case .stopping, .closing, .ending, .finished: break
        }
        for op in operators.indices {
            for batch in operators[op].paused { lostRows += batch.unfinishedRows }
            abandonPaused(op) { _ in true }
        }
    }

    private mutating func sinkClosed(_ result: Result<SinkSummary, StageError>) {
        guard case .closing(var end) = phase else { preconditionFailure("the sink closed in phase \(phase)") }
        operators[operators.count - 1].set(0, .idle, at: now)
        switch result {
        case .success(let summary): self.summary = summary
        case .failure(let error): if case .failed = end {} else { end = .failed(error) }
        }
        phase = .ending(end)
        for op in operators.indices where !operators[op].stopRequested {
            operators[op].stopRequested = true
            actions.append(.stopWorkers(op: op))
        }
    }

    private mutating func workersStopped(of op: Int) {
        operators[op].isStopped = true
        guard case .ending(let end) = phase, operators.allSatisfy(\.isStopped) else { return }
        phase = .finished
        actions.append(.finish(end))
    }
}

/// Rows of a run by fate.
package struct RunCounts: Sendable, Equatable {
    package var rowsRead = 0
    package var rowsQuarantined = 0
    package var rowsSkipped = 0
    /// Rows that were dropped because a transform said that no more are wanted.
    package var rowsNotNeeded = 0
    /// Rows handed to the sink.
    package var rowsAtSink = 0
}
