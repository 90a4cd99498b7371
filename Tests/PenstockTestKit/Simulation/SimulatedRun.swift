import PenstockCore
package import PenstockEngine

/// Drives a `Scheduler` without threads, stages or clocks: whatever is under way ends in a random order.
///
/// Rows are numbers and travel with their blocks, so that at the end each one's fate is known. Rules that must hold at
/// every step are checked at every step; what breaks one is noted in `violations`.
package struct SimulatedRun {
    /// Something under way, whose end is an event.
    private enum Pending {
        case load(op: Int)
        case startWorker(op: Int, worker: Int)
        case task(Launch)
        case close(discard: Bool)
        case stop(op: Int)
    }

    package let plan: SimulatedPlan
    package private(set) var scheduler: Scheduler
    package private(set) var ledger = RowLedger()
    package private(set) var ends: [RunEnd] = []
    package private(set) var steps = 0
    package private(set) var launchedTasks = 0
    package private(set) var endedTasks = 0
    /// Rows that the sink said it made final.
    package private(set) var committedRows = 0
    package var violations: [String] { check.violations }

    private var random: SeededRandom
    private var pending: [Pending] = []
    private var nextSourceBlock = 0
    private var nanoseconds: Int64 = 0
    private var check: StepCheck

    /// A run that was not started.
    package init(_ plan: SimulatedPlan) {
        self.plan = plan
        scheduler = Scheduler(plan.specs, limits: plan.limits)
        random = SeededRandom(seed: plan.seed &+ 1)
        check = StepCheck(plan.specs, plan.limits)
    }

    /// Runs a plan to its end.
    package static func ended(_ plan: SimulatedPlan) -> SimulatedRun {
        var run = SimulatedRun(plan)
        run.deliver(.start)
        while !run.pending.isEmpty, run.steps < plan.stepLimit { run.step() }
        return run
    }

    /// Blocks that were neither read nor dropped.
    package var forgottenBlocks: Int { ledger.blockCount }

    private mutating func step() {
        steps += 1
        nanoseconds += Int64.random(in: 0...1_000_000, using: &random)
        if plan.incident == .cancel(step: steps) { deliver(.cancel) }
        // Nearly always there is a choice; its outcome is the order in which threads might have ended.
        let index = Int.random(in: pending.indices, using: &random)
        deliver(event(for: pending.remove(at: index)))
    }

    private mutating func deliver(_ event: Event) {
        if !ends.isEmpty { check.violations.append("an event after the end") }
        let now = RunInstant(nanoseconds: nanoseconds)
        let actions = scheduler.handle(event, now: now)
        check.launches(actions, bytesInUse: scheduler.bytesInUse)
        for action in actions { perform(action) }
    }

    private mutating func perform(_ action: Action) {
        switch action {
        case .load(let op): pending.append(.load(op: op))
        case .startWorker(let op, let worker): pending.append(.startWorker(op: op, worker: worker))
        case .launch(let launch):
            launchedTasks += 1
            ledger.takeInput(of: launch)
            pending.append(.task(launch))
        case .stopWorkers(let op): pending.append(.stop(op: op))
        case .closeSink(let discard): pending.append(.close(discard: discard))
        case .drop(let blocks): ledger.drop(blocks)
        case .finish(let end): ends.append(end)
        }
    }

    private mutating func event(for done: Pending) -> Event {
        let error = StageError(.inputOutput, "made up")
        switch done {
        case .load(let op):
            return plan.incident == .failLoad(op: op) ? .startFailed(op: op, worker: 0, error) : .loaded(op: op)
        case .startWorker(let op, let worker):
            if plan.incident == .failWorker(op: op), worker == 0 { return .startFailed(op: op, worker: 0, error) }
            return .workerReady(op: op, worker: worker)
        case .task(let launch):
            endedTasks += 1
            check.ended(launch)
            if plan.incident == .failTask(endedTasks - 1) {
                ledger.forgetInput(of: launch)
                return .taskFailed(launch.task, error)
            }
            return .taskFinished(launch.task, outcome(of: launch))
        case .close(let discard):
            if plan.incident == .failClose { return .sinkClosed(.failure(error)) }
            committedRows = discard ? 0 : ledger.written.count
            return .sinkClosed(.success(SinkSummary(rowCount: committedRows)))
        case .stop(let op): return .workersStopped(op: op)
        }
    }

    // MARK: Tasks

    private mutating func outcome(of launch: Launch) -> TaskOutcome {
        switch plan.specs[launch.op].kind {
        case .source: return read()
        case .transform: return transform(launch)
        case .sink:
            ledger.write(launch)
            return TaskOutcome()
        }
    }

    private mutating func read() -> TaskOutcome {
        guard nextSourceBlock < plan.blocks.count else { return TaskOutcome(isEnd: true) }
        defer { nextSourceBlock += 1 }
        let rows = ledger.read(plan.blocks[nextSourceBlock])
        return TaskOutcome(outputs: [info(rows, op: 0)])
    }

    private mutating func transform(_ launch: Launch) -> TaskOutcome {
        var outcome = TaskOutcome()
        var kept: [Int] = []
        for row in ledger.forgetInput(of: launch) {
            if random.chance(percent: plan.failurePercent) {
                ledger.failed.append(row)
                outcome.failedRows += 1
            } else if random.chance(percent: plan.skipPercent) {
                ledger.skipped.append(row)
                outcome.skippedRows += 1
            } else {
                kept.append(row)
            }
        }
        // One block, or two, one of which may be empty.
        let cut = random.chance(percent: 30) ? Int.random(in: 0...kept.count, using: &random) : kept.count
        outcome.outputs = [info(Array(kept[..<cut]), op: launch.op)]
        if random.chance(percent: 30) || cut < kept.count {
            outcome.outputs.append(info(Array(kept[cut...]), op: launch.op))
        }
        return outcome
    }

    private mutating func info(_ rows: [Int], op: Int) -> BlockInfo {
        let next = op + 1 < plan.specs.count - 1 ? plan.bytesPerRow[op + 1] : 0
        let most = plan.bytesPerRow[op] * rows.count
        return BlockInfo(
            id: ledger.add(rows),
            rows: rows.count,
            bytes: Bytes(Int.random(in: most / 2...most, using: &random)),
            outputBytes: Bytes(next * rows.count)
        )
    }
}
