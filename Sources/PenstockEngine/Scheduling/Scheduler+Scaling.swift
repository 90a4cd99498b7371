import PenstockCore

/// Pools that grow and shrink between their fewest and their most workers.
extension Scheduler {
    mutating func scalePools() {
        guard phase == .running else { return }
        var next: RunInstant?
        for op in operators.indices where operators[op].spec.isElastic && !operators[op].stopRequested {
            growPool(op)
            if let time = shrinkPool(op) { next = min(next ?? time, time) }
        }
        guard let next, wakeUp.map({ next < $0 }) ?? true else { return }
        wakeUp = next
        actions.append(.wakeUp(after: max(next.seconds(since: now), 0)))
    }

    /// One worker more, when a batch is ready that no worker of the pool can take and that would be admitted.
    private mutating func growPool(_ op: Int) {
        let counts = operators[op].counts
        guard counts.idle + counts.starting + counts.unstarted == 0, hasBatch(op),
            let worker = operators[op].workers.firstIndex(of: .absent), canStart(op)
        else { return }
        let rows = operators[op].queue.rowCount
        let state = counts.staying == 0 ? "there is no worker" : "no worker is idle"
        decide(op, from: counts.staying, to: counts.staying + 1, "\(rows) rows wait and \(state)")
        if operators[op].loading == .loaded {
            operators[op].set(worker, .starting, at: now)
            actions.append(.startWorker(op: op, worker: worker))
        } else {
            load(op)
        }
    }

    /// A task would be admitted, and there is memory for the worker.
    ///
    /// The first worker is started whatever the limits when nothing else goes on: a run can be slow, never stuck.
    private func canStart(_ op: Int) -> Bool {
        // While the last worker before it still ends, a first one would meet what that one shared.
        guard operators[op].loading != .unloading else { return false }
        let hasRoom = bytesInUse + operators[op].spec.memoryPerWorker <= limits.memory
        if hasRoom, holdReason(op) == nil { return true }
        return operators[op].counts.present == 0 && isAtRest
    }

    /// Gives up workers that were idle for long, while no batch is there for them; answers when the next one will be.
    private mutating func shrinkPool(_ op: Int) -> RunInstant? {
        // Beyond 30 years, so that any number can be counted in nanoseconds.
        let patience = Int64(min(max(operators[op].spec.idleSeconds, 0), 1e9) * 1e9)
        while operators[op].counts.idle > 0, operators[op].counts.starting == 0, !hasBatch(op),
            operators[op].counts.staying > operators[op].spec.minWorkers, let worker = longestIdleWorker(of: op)
        {
            let time = RunInstant(nanoseconds: operators[op].idleSince[worker].nanoseconds + patience)
            if time > now { return time }
            giveUp(worker, of: op)
        }
        return nil
    }

    private func longestIdleWorker(of op: Int) -> Int? {
        let idle = operators[op].workers.indices.filter { operators[op].workers[$0] == .idle }
        return idle.min { operators[op].idleSince[$0] < operators[op].idleSince[$1] }
    }

    private mutating func giveUp(_ worker: Int, of op: Int) {
        let count = operators[op].counts.staying
        let isLast = count == 1
        decide(op, from: count, to: count - 1, "idle for \(operators[op].spec.idleSeconds) s")
        operators[op].set(worker, .ending, at: now)
        if isLast { operators[op].loading = .unloading }
        actions.append(.stopWorker(op: op, worker: worker, unload: isLast))
    }

    private mutating func decide(_ op: Int, from: Int, to: Int, _ reason: String) {
        scaling.append(
            ScalingDecision(
                seconds: now.seconds(since: start),
                stage: operators[op].spec.name,
                from: from,
                to: to,
                reason: reason
            )
        )
    }

    /// A worker that was told to end is gone; its pool may have been stopped meanwhile.
    mutating func workerEnded(_ op: Int, _ worker: Int) {
        guard operators[op].workers[worker] == .ending else { return }
        operators[op].set(worker, .absent, at: now)
        if operators[op].loading == .unloading, operators[op].counts.present == 0 { operators[op].loading = .unloaded }
    }
}
