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
        case stopWorker(op: Int, worker: Int)
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
    /// The plan's failure came to pass, and mattered.
    package private(set) var incidentHappened = false
    /// The last row that is wanted, once a transform has said so.
    package private(set) var lastRow: Int?
    package var violations: [String] { check.violations }

    private var random: SeededRandom
    private var pending: [Pending] = []
    private var nextSourceBlock = 0
    private var transformTasks: [Int: Int] = [:]
    private var nanoseconds: Int64 = 0
    /// When a tick was asked for.
    private var wakeUp: Int64?
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
        if let time = wakeUp, random.chance(percent: 20) { return tick(time) }
        // Nearly always there is a choice; its outcome is the order in which threads might have ended.
        let index = Int.random(in: pending.indices, using: &random)
        deliver(event(for: pending.remove(at: index)))
    }

    private mutating func tick(_ time: Int64) {
        wakeUp = nil
        nanoseconds = max(nanoseconds, time)
        deliver(.tick)
    }

    private mutating func deliver(_ event: Event) {
        if !ends.isEmpty { check.violations.append("an event after the end") }
        let now = RunInstant(nanoseconds: nanoseconds)
        let actions = scheduler.handle(event, now: now)
        check.actions(actions, bytesInUse: scheduler.bytesInUse)
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
        case .abandon(let op, let worker): ledger.abandon(op, worker)
        case .stopWorker(let op, let worker, _): pending.append(.stopWorker(op: op, worker: worker))
        case .wakeUp(let seconds): wakeUp = nanoseconds + Int64((seconds * 1e9).rounded(.up))
        case .endEarly: break
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
            guard plan.incident == .failLoad(op: op) else { return .loaded(op: op) }
            incidentHappened = true
            return .startFailed(op: op, worker: 0, error)
        case .startWorker(let op, let worker):
            guard plan.incident == .failWorker(op: op), worker == 0 else { return .workerReady(op: op, worker: worker) }
            incidentHappened = true
            return .startFailed(op: op, worker: 0, error)
        case .task(let launch):
            endedTasks += 1
            if plan.incident == .failTask(endedTasks - 1) {
                check.ended(launch, hasMore: false)
                incidentHappened = scheduler.wantsResult(of: launch.task)
                ledger.forgetInput(of: launch)
                return .taskFailed(launch.task, error)
            }
            let outcome = outcome(of: launch)
            check.ended(launch, hasMore: outcome.hasMore)
            return .taskFinished(launch.task, outcome)
        case .close(let discard):
            if plan.incident == .failClose {
                incidentHappened = true
                return .sinkClosed(.failure(error))
            }
            committedRows = discard ? 0 : ledger.written.count
            return .sinkClosed(.success(SinkSummary(rowCount: committedRows)))
        case .stopWorker(let op, let worker):
            check.ended(op, worker)
            return .workerEnded(op: op, worker: worker)
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
        let isWanted = scheduler.wantsResult(of: launch.task)
        let rows = piece(of: launch, &outcome)
        for row in rows {
            if !isWanted {
                kept.append(row)
            } else if random.chance(percent: plan.failurePercent) {
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
        outcome.retries = random.pick([0, 0, 1])
        return outcome
    }

    /// The rows that one task of a batch works on: all, or some, with more to come.
    private mutating func piece(of launch: Launch, _ outcome: inout TaskOutcome) -> [Int] {
        transformTasks[launch.op, default: 0] += 1
        if let last = plan.lastTask, last.op == launch.op { outcome.isLast = transformTasks[launch.op] == last.task }
        let rows = ledger.forgetInput(of: launch)
        if outcome.isLast, scheduler.wantsResult(of: launch.task) { lastRow = rows.max() }
        guard random.chance(percent: plan.piecePercent), !rows.isEmpty, !outcome.isLast else { return rows }
        let count = Int.random(in: 0..<rows.count, using: &random)
        outcome.hasMore = true
        ledger.keep(Array(rows[count...]), of: launch)
        return Array(rows[..<count])
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
