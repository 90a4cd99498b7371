package import PenstockCore
package import PenstockEngine

/// A scheduler that a test drives by hand: each step sends one event and answers with the actions, as short texts.
///
/// Operators are named in the texts: `launch decode.1 8 rows` is a task for worker 1 of decode.
package struct SchedulerScript {
    package private(set) var scheduler: Scheduler
    private let specs: [OperatorSpec]
    private var nextBlock = 0
    private var nanoseconds: Int64 = 0
    /// Running tasks by their operator's name, oldest first.
    private var running: [(name: String, task: TaskID)] = []

    /// A scheduler that was not started.
    package init(_ specs: [OperatorSpec], limits: RunLimits = RunLimits(cpus: 8, memory: .gibibytes(1))) {
        self.specs = specs
        scheduler = Scheduler(specs, limits: limits)
    }

    /// The time as the scheduler knows it.
    package var now: RunInstant { RunInstant(nanoseconds: nanoseconds) }

    /// Sends one event, `seconds` after the one before.
    package mutating func send(_ event: Event, after seconds: Double = 0) -> [String] {
        nanoseconds += Int64(seconds * 1e9)
        let actions = scheduler.handle(event, now: now)
        for case .launch(let launch) in actions { running.append((specs[launch.op].name, launch.task)) }
        return actions.compactMap(text)
    }

    /// Starts the run, loads every operator and makes every worker ready, source first; answers with the last actions.
    package mutating func startAll(after seconds: Double = 0) -> [String] {
        _ = send(.start)
        var actions: [String] = []
        for (op, spec) in specs.enumerated() where spec.minWorkers > 0 { actions += send(.loaded(op: op)) }
        for (op, spec) in specs.enumerated() {
            for worker in 0..<spec.minWorkers {
                actions += send(.workerReady(op: op, worker: worker), after: op + worker == 0 ? seconds : 0)
            }
        }
        return actions.filter { $0.hasPrefix("launch") }
    }

    /// Ends the oldest task of an operator: blocks of these many rows, each of `bytesPerRow`.
    package mutating func finish(
        _ name: String,
        rows: [Int] = [],
        bytesPerRow: Int = 10,
        failed: Int = 0,
        isEnd: Bool = false,
        hasMore: Bool = false,
        isLast: Bool = false,
        after seconds: Double = 0
    ) -> [String] {
        let outputs = rows.map { count in
            defer { nextBlock += 1 }
            let bytes = Bytes(count * bytesPerRow)
            return BlockInfo(id: nextBlock, rows: count, bytes: bytes, outputBytes: bytes)
        }
        var outcome = TaskOutcome(outputs: outputs, failedRows: failed, isEnd: isEnd)
        outcome.hasMore = hasMore
        outcome.isLast = isLast
        return send(.taskFinished(removeTask(of: name), outcome), after: seconds)
    }

    /// Ends the oldest task of an operator in an error.
    package mutating func fail(_ name: String, _ error: StageError) -> [String] {
        send(.taskFailed(removeTask(of: name), error))
    }

    /// Stops the threads of every operator, source first.
    package mutating func stopAll() -> [String] {
        specs.indices.flatMap { send(.workersStopped(op: $0)) }
    }

    /// Why an operator is held, as the snapshot says it.
    package func hold(of name: String) -> String? {
        scheduler.snapshot(now: now, start: RunInstant(nanoseconds: 0)).stages.first { $0.name == name }?.hold
    }

    private mutating func removeTask(of name: String) -> TaskID {
        guard let index = running.firstIndex(where: { $0.name == name }) else {
            preconditionFailure("no task of \(name) is running")
        }
        return running.remove(at: index).task
    }

    /// Nil for a drop of nothing, which is done without looking.
    private func text(_ action: Action) -> String? {
        switch action {
        case .load(let op): "load \(specs[op].name)"
        case .startWorker(let op, let worker): "start \(specs[op].name).\(worker)"
        case .launch(let launch) where launch.isContinuation: "go on \(specs[launch.op].name).\(launch.worker)"
        case .launch(let launch):
            "launch \(specs[launch.op].name).\(launch.worker) \(launch.input.reduce(0) { $0 + $1.range.count }) rows"
        case .abandon(let op, let worker): "abandon \(specs[op].name).\(worker)"
        case .stopWorker(let op, let worker, let unload):
            "end \(specs[op].name).\(worker)\(unload ? " and unload" : "")"
        case .endEarly(let op): "end early before \(specs[op].name)"
        case .wakeUp(let seconds): "wake up after \(seconds) s"
        case .stopWorkers(let op): "stop \(specs[op].name)"
        case .closeSink(let discard): discard ? "close sink, discarding" : "close sink"
        case .drop(let blocks): blocks.isEmpty ? nil : "drop \(blocks.reduce(0) { $0 + $1.rows }) rows"
        case .finish(let end): "finish \(end)"
        }
    }
}
