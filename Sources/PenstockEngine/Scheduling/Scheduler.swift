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
        let worker: Int
        let input: [BlockSlice]
        let reserved: Bytes
        let start: RunInstant

        var rowCount: Int { input.reduce(0) { $0 + $1.range.count } }
    }

    let limits: RunLimits
    var operators: [OperatorState]
    var phase = Phase.idle
    var tasks: [TaskID: RunningTask] = [:]
    var nextTask = 0
    var lastEvent = RunInstant(nanoseconds: 0)
    package internal(set) var counts = RunCounts()
    /// Failed rows that the sink has not taken yet.
    var waitingFailures = 0
    var sinkFailed = false
    /// Rows that were dropped unread, or lay in a task that failed.
    var lostRows = 0
    var summary: SinkSummary?

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
            specs.first?.workers == 1 && specs.last?.workers == 1,
            "source and sink keep one cursor and one writer, so each has one worker"
        )
        self.limits = limits
        operators = specs.map(OperatorState.init)
    }

    /// Takes in what happened at `now` and returns what is to be done.
    package mutating func handle(_ event: Event, now: RunInstant) -> [Action] {
        advanceClocks(to: now)
        var actions = apply(event, now: now)
        actions += finishedOperators()
        actions += launches(now: now)
        actions += closing()
        return actions
    }

    private mutating func advanceClocks(to now: RunInstant) {
        if phase != .idle, phase != .finished {
            let seconds = now.seconds(since: lastEvent)
            for op in operators.indices { operators[op].elapse(seconds) }
        }
        lastEvent = now
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

    private mutating func apply(_ event: Event, now: RunInstant) -> [Action] {
        switch event {
        case .start: return start()
        case .loaded(let op): return startWorkers(of: op)
        case .workerReady(let op, let worker): operators[op].workers[worker] = .idle
        case .startFailed(let op, let worker, let error):
            operators[op].workers[worker] = .stopped
            stop(.failed(error), sinkFailed: operators[op].spec.kind == .sink)
        case .taskFinished(let task, let outcome): return taskFinished(task, outcome, now: now)
        case .taskFailed(let id, let error):
            guard let task = endTask(id, now: now) else { break }
            lostRows += task.rowCount
            stop(.failed(error), sinkFailed: operators[task.op].spec.kind == .sink)
        case .sinkClosed(let result): return sinkClosed(result)
        case .workersStopped(let op): return workersStopped(of: op)
        case .cancel: stop(.cancelled)
        }
        return []
    }

    private mutating func start() -> [Action] {
        precondition(phase == .idle, "a run is started once")
        phase = .running
        for op in operators.indices { operators[op].workers[0] = .starting }
        return operators.indices.map { .load(op: $0) }
    }

    private mutating func startWorkers(of op: Int) -> [Action] {
        // The sink is opened in any case: rows that were finished meanwhile, and failed ones, still go to it.
        guard phase == .running || operators[op].spec.kind == .sink else {
            operators[op].workers[0] = .idle
            return []
        }
        return operators[op].workers.indices.map { worker in
            operators[op].workers[worker] = .starting
            return .startWorker(op: op, worker: worker)
        }
    }

    private mutating func taskFinished(_ id: TaskID, _ outcome: TaskOutcome, now: RunInstant) -> [Action] {
        guard let task = endTask(id, now: now) else { return [] }
        let op = task.op
        operators[op].times.cpu += outcome.cpuSeconds
        operators[op].bytesOut += outcome.outputs.reduce(0) { $0 + $1.bytes.count }
        if outcome.isEnd { operators[op].inputEnded = true }
        count(outcome, of: task)
        if operators[op].spec.kind == .sink { return [] }
        let ready = limits.preservesOrder ? operators[op].order.finish(id, outcome.outputs) : outcome.outputs
        for block in ready where block.rows > 0 { operators[op + 1].queue.push(block) }
        let empty = ready.filter { $0.rows == 0 }
        return empty.isEmpty ? [] : [.drop(empty)]
    }

    private mutating func count(_ outcome: TaskOutcome, of task: RunningTask) {
        let rows = task.rowCount
        counts.rowsQuarantined += outcome.failedRows
        counts.rowsSkipped += outcome.skippedRows
        waitingFailures += outcome.failedRows
        switch operators[task.op].spec.kind {
        case .source:
            let produced = outcome.outputs.reduce(0) { $0 + $1.rows }
            operators[task.op].rows += produced
            counts.rowsRead += produced + outcome.failedRows
        case .transform: operators[task.op].rows += rows
        case .sink:
            operators[task.op].rows += rows
            counts.rowsAtSink += rows
        }
        if limits.badRows.isExceeded(
            bad: counts.rowsQuarantined,
            read: counts.rowsRead,
            isComplete: operators[0].inputEnded
        ) {
            stop(.tooManyBadRows)
        }
    }

    private mutating func endTask(_ id: TaskID, now: RunInstant) -> RunningTask? {
        guard let task = tasks.removeValue(forKey: id) else { preconditionFailure("task \(id) is not running") }
        operators[task.op].workers[task.worker] = .idle
        operators[task.op].reservedOutput -= task.reserved
        operators[task.op].latency.add(now.seconds(since: task.start))
        return task
    }

    private mutating func stop(_ end: RunEnd, sinkFailed: Bool = false) {
        self.sinkFailed = self.sinkFailed || sinkFailed
        switch phase {
        case .running: phase = .stopping(end)
        case .stopping(.cancelled) where end != .cancelled: phase = .stopping(end)
        case .idle: phase = .stopping(end)
        case .stopping, .closing, .ending, .finished: break
        }
    }

    private mutating func sinkClosed(_ result: Result<SinkSummary, StageError>) -> [Action] {
        guard case .closing(var end) = phase else { preconditionFailure("the sink closed in phase \(phase)") }
        operators[operators.count - 1].workers = operators[operators.count - 1].workers.map { _ in .idle }
        switch result {
        case .success(let summary): self.summary = summary
        case .failure(let error): if case .failed = end {} else { end = .failed(error) }
        }
        phase = .ending(end)
        let running = operators.indices.filter { !operators[$0].stopRequested }
        for op in running { operators[op].stopRequested = true }
        return running.map { .stopWorkers(op: $0) }
    }

    private mutating func workersStopped(of op: Int) -> [Action] {
        operators[op].isStopped = true
        guard case .ending(let end) = phase, operators.allSatisfy(\.isStopped) else { return [] }
        phase = .finished
        return [.finish(end)]
    }
}

/// Rows of a run by fate.
package struct RunCounts: Sendable, Equatable {
    package var rowsRead = 0
    package var rowsQuarantined = 0
    package var rowsSkipped = 0
    /// Rows handed to the sink.
    package var rowsAtSink = 0
}
