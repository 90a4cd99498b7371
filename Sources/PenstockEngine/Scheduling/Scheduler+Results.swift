import PenstockCore

/// What becomes of tasks that end.
extension Scheduler {
    mutating func taskFinished(_ id: TaskID, _ outcome: TaskOutcome) {
        let task = endTask(id)
        record(outcome, of: task)
        guard isWanted(of: task.op, batch: task.batch.batch) else { return discard(outcome, of: task) }
        if outcome.isEnd { operators[task.op].inputEnded = true }
        let isComplete = !outcome.hasMore || outcome.isLast
        count(outcome, of: task, isComplete: isComplete)
        if operators[task.op].spec.kind == .sink { return }
        // First, so that results of later batches, which wait for this one, do not follow it.
        if outcome.isLast { endEarly(task.op, after: task.batch.batch) }
        pass(outcome.outputs, of: task, isComplete: isComplete)
        if !isComplete { keepOpen(task, given: rows(in: outcome)) }
    }

    mutating func taskFailed(_ id: TaskID, _ error: StageError) {
        let task = endTask(id)
        // Nobody waits for it any more, so it is nobody's failure.
        guard isWanted(of: task.op, batch: task.batch.batch) else { return discard(TaskOutcome(), of: task) }
        lostRows += task.batch.unfinishedRows
        // A stage that noticed the cancelling and returned early has not failed.
        let isEcho = phase == .stopping(.cancelled) && error.code == .cancelled
        stop(isEcho ? .cancelled : .failed(error), sinkFailed: operators[task.op].spec.kind == .sink)
    }

    /// Whether what this task gives, failed rows included, still counts.
    package func wantsResult(of id: TaskID) -> Bool {
        guard let task = tasks[id] else { preconditionFailure("task \(id) is not running") }
        return isWanted(of: task.op, batch: task.batch.batch)
    }

    func isWanted(of op: Int, batch: TaskID) -> Bool { operators[op].unwantedFrom.map { batch < $0 } ?? true }

    private mutating func endTask(_ id: TaskID) -> RunningTask {
        guard let task = tasks.removeValue(forKey: id) else { preconditionFailure("task \(id) is not running") }
        operators[task.op].set(task.batch.worker, .idle, at: now)
        operators[task.op].reservedOutput -= task.batch.reserve
        operators[task.op].inputBytes -= task.batch.bytes
        let seconds = now.seconds(since: task.start)
        operators[task.op].latency.add(seconds / Double(operators[task.op].spec.callCount(rows: task.batch.rows)))
        operators[task.op].taskSeconds.add(seconds)
        tune(task, seconds)
        return task
    }

    /// Lets the operator's batches grow or shrink to the size that pays.
    private mutating func tune(_ task: RunningTask, _ seconds: Double) {
        let op = task.op
        // While a worker starts, a library compiles on the cores that are measured.
        guard operators[op].tuner != nil, operators[op].counts.starting == 0,
            operators[op].tuner?.add(rows: task.batch.rows, seconds: seconds) == true,
            let rows = operators[op].tuner?.rows
        else { return }
        // Whole units do not wait for others: a task of more of them is not faster for a row.
        let low = operators[op].spec.unitRows ?? max(1, rows / 2)
        operators[op].queue.size = .flexible(low: low, high: rows)
    }

    private mutating func record(_ outcome: TaskOutcome, of task: RunningTask) {
        operators[task.op].times.cpu += outcome.cpuSeconds
        operators[task.op].taskCPUSeconds.add(outcome.cpuSeconds)
        operators[task.op].retries += outcome.retries
        operators[task.op].work += outcome.work
        if operators[task.op].spec.kind == .transform {
            let output = outcome.outputs.reduce(Bytes.zero) { $0 + $1.bytes }
            operators[task.op].learn(announced: task.batch.announced, output: output)
        }
        for block in outcome.outputs where block.rows > 0 {
            operators[task.op].bytesOut += block.bytes.count
            operators[task.op].blockRows.add(Double(block.rows))
            operators[task.op].blockBytes.add(Double(block.bytes.count))
        }
    }

    private mutating func count(_ outcome: TaskOutcome, of task: RunningTask, isComplete: Bool) {
        counts.rowsQuarantined += outcome.failedRows
        counts.rowsSkipped += outcome.skippedRows
        waitingFailures += outcome.failedRows
        switch operators[task.op].spec.kind {
        case .source: countRead(outcome)
        case .transform: operators[task.op].rows += isComplete ? task.batch.rows : 0
        case .sink:
            operators[task.op].rows += task.batch.rows
            counts.rowsAtSink += task.batch.rows
        }
        if limits.badRows.isExceeded(
            bad: counts.rowsQuarantined,
            read: counts.rowsRead,
            isComplete: operators[0].inputEnded
        ) {
            stop(.tooManyBadRows)
        }
    }

    private mutating func countRead(_ outcome: TaskOutcome) {
        let produced = outcome.outputs.reduce(0) { $0 + $1.rows }
        operators[0].rows += produced
        counts.rowsRead += produced + outcome.failedRows
    }

    /// Queues blocks for the next operator, those that are in turn.
    private mutating func pass(_ blocks: [BlockInfo], of task: RunningTask, isComplete: Bool) {
        let ready =
            limits.preservesOrder
            ? operators[task.op].order.finish(task.batch.batch, blocks, isComplete: isComplete) : blocks
        var empty: [BlockInfo] = []
        for block in ready {
            if block.rows > 0 { operators[task.op + 1].queue.push(block) } else { empty.append(block) }
        }
        if !empty.isEmpty { actions.append(.drop(empty)) }
    }

    // MARK: Output in pieces

    /// The worker keeps its batch until there is room for the next piece.
    private mutating func keepOpen(_ task: RunningTask, given: Int) {
        var batch = task.batch
        batch.given += given
        guard phase == .running else {
            lostRows += batch.unfinishedRows
            actions.append(.abandon(op: task.op, worker: batch.worker))
            return
        }
        operators[task.op].set(batch.worker, .paused, at: now)
        operators[task.op].inputBytes += batch.bytes
        let index = operators[task.op].paused.firstIndex { $0.batch > batch.batch }
        operators[task.op].paused.insert(batch, at: index ?? operators[task.op].paused.count)
    }

    /// Gives up batches that wait to go on.
    mutating func abandonPaused(_ op: Int, where isGivenUp: (OpenBatch) -> Bool) {
        for batch in operators[op].paused where isGivenUp(batch) {
            operators[op].set(batch.worker, .idle, at: now)
            operators[op].inputBytes -= batch.bytes
            actions.append(.abandon(op: op, worker: batch.worker))
        }
        operators[op].paused.removeAll(where: isGivenUp)
    }

    private func rows(in outcome: TaskOutcome) -> Int {
        outcome.outputs.reduce(outcome.failedRows + outcome.skippedRows) { $0 + $1.rows }
    }

    // MARK: Early end

    /// An operator has all the rows that are wanted: it and those before it take no more input, and what they still have,
    /// or are at, is not needed.
    ///
    /// With order, what was launched before `batch` comes before its last row, and is still wanted.
    private mutating func endEarly(_ last: Int, after batch: TaskID) {
        for op in 0...last {
            let from = op == last && limits.preservesOrder ? batch : -1
            operators[op].unwantedFrom = min(operators[op].unwantedFrom ?? .max, from)
            operators[op].inputEnded = true
            var dropped = operators[op].queue.isEmpty ? [] : dropQueue(op)
            for open in operators[op].paused where open.batch > from { counts.rowsNotNeeded += open.unfinishedRows }
            abandonPaused(op) { $0.batch > from }
            let waiting = operators[op].order.remove(after: from)
            counts.rowsNotNeeded += waiting.reduce(0) { $0 + $1.rows }
            dropped += waiting
            if !dropped.isEmpty { actions.append(.drop(dropped)) }
        }
        actions.append(.endEarly(before: last))
    }

    private mutating func dropQueue(_ op: Int) -> [BlockInfo] {
        counts.rowsNotNeeded += operators[op].queue.rowCount
        return operators[op].queue.removeAll()
    }

    /// The task ended after its rows were no longer wanted.
    private mutating func discard(_ outcome: TaskOutcome, of task: RunningTask) {
        if operators[task.op].spec.kind == .source {
            countRead(outcome)
            counts.rowsNotNeeded += rows(in: outcome)
        } else {
            counts.rowsNotNeeded += task.batch.unfinishedRows
            if outcome.hasMore { actions.append(.abandon(op: task.op, worker: task.batch.worker)) }
        }
        if !outcome.outputs.isEmpty { actions.append(.drop(outcome.outputs)) }
    }
}
