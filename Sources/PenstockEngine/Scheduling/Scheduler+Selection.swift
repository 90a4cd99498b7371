package import PenstockCore

extension Scheduler {
    /// Failed rows that the sink takes on its own, when no block comes by to carry them along.
    static let failuresPerSinkTask = 256

    /// Launches everything that may start now, operators nearest to the sink first.
    mutating func launchTasks() {
        while launchNext() {}
    }

    private mutating func launchNext() -> Bool {
        for op in operators.indices.reversed() {
            operators[op].hold = nil
            let hasBatch = operators[op].counts.idle > 0 && hasBatch(op)
            // A batch that gave a part of its output goes on before another one is begun.
            guard hasBatch || !operators[op].paused.isEmpty else { continue }
            operators[op].idleIsHeld = hasBatch
            operators[op].hold = holdReason(op)
            guard operators[op].hold == nil else { continue }
            launch(op)
            return true
        }
        return launchException()
    }

    /// Launches for the operator nearest to the sink that is held, when nothing runs, nothing starts and nothing was
    /// admitted.
    ///
    /// Then limits must give way: a run can be slow, never stuck. While a worker still starts (a model loads), queues keep
    /// their bounds: progress will come from there.
    private mutating func launchException() -> Bool {
        guard isAtRest else { return false }
        for op in operators.indices.reversed() {
            switch operators[op].hold {
            case .memory, .output, .cpu, .gpu, .concurrency:
                operators[op].hold = nil
                launch(op)
                return true
            case .stopping, nil: continue
            }
        }
        return false
    }

    /// Nothing runs and nothing starts.
    var isAtRest: Bool { tasks.isEmpty && !operators.contains { $0.counts.starting > 0 } }

    /// A batch is there for the operator's next idle worker.
    func hasBatch(_ op: Int) -> Bool {
        switch operators[op].spec.kind {
        case .source: !operators[op].inputEnded
        case .transform: operators[op].queue.hasBatch(isLast: isInputComplete(op))
        case .sink:
            operators[op].queue.hasBatch(isLast: isInputComplete(op)) || waitingFailures >= Self.failuresPerSinkTask
        }
    }

    /// Nothing more will be pushed into the operator's queue.
    private func isInputComplete(_ op: Int) -> Bool { operators[op].inputEnded || phase != .running }

    /// Why the operator's next task may not run.
    func holdReason(_ op: Int) -> Hold? {
        if phase != .running, operators[op].spec.kind != .sink || sinkFailed { return .stopping }
        if let busy = workHold(op) { return busy }
        if operators[op].spec.kind == .sink { return nil }
        let expected = operators[op].paused.first?.reserve ?? expectedOutput(op)
        let pending = pendingOutput(op)
        if pending > .zero, pending + expected > operators[op].spec.outputBudget {
            return .output(operators[op + 1].spec.name)
        }
        if bytesInUse + expected > limits.memory { return .memory }
        return nil
    }

    /// What runs leaves no room for another task of this operator.
    private func workHold(_ op: Int) -> Hold? {
        if let most = operators[op].spec.maxConcurrency, operators[op].counts.busy >= most { return .concurrency }
        let cpus = operators[op].spec.cpusPerTask
        if cpus > 0, cpusInUse + cpus > limits.cpus + 1e-9 { return .cpu }
        let gpus = operators[op].spec.gpusPerTask
        if gpus > 0, gpusInUse + gpus > limits.gpus + 1e-9 { return .gpu }
        return nil
    }

    /// Logical CPUs of running tasks; counted anew, so that fractions cannot add up to a drift.
    private var cpusInUse: Double {
        var sum = 0.0
        for op in operators.indices { sum += Double(operators[op].counts.busy) * operators[op].spec.cpusPerTask }
        return sum
    }

    /// GPUs of running tasks.
    private var gpusInUse: Double {
        var sum = 0.0
        for op in operators.indices { sum += Double(operators[op].counts.busy) * operators[op].spec.gpusPerTask }
        return sum
    }

    /// Bytes of an operator's output that exist or are reserved and that nobody has started on.
    ///
    /// What waits for the batch in turn does not hold up that batch: it would wait for itself.
    private func pendingOutput(_ op: Int) -> Bytes {
        if let open = operators[op].paused.first, open.batch == operators[op].order.batchInTurn {
            return operators[op + 1].queue.bytes
        }
        return operators[op].reservedOutput + operators[op].order.waitingBytes + operators[op + 1].queue.bytes
    }

    /// Bytes of all queues, of the batches that workers are at, of the reservations for their outputs, and of workers.
    package var bytesInUse: Bytes {
        var bytes = Bytes.zero
        for op in operators.indices {
            bytes += operators[op].queue.bytes + operators[op].order.waitingBytes
            bytes += operators[op].inputBytes + operators[op].reservedOutput + operators[op].workerBytes
        }
        return bytes
    }

    /// What the next batch of an operator will put out at most.
    private func expectedOutput(_ op: Int) -> Bytes {
        if operators[op].spec.kind == .source { return .zero }
        let announced = operators[op].queue.nextOutputBytes(isLast: isInputComplete(op)) ?? .zero
        return operators[op].reserve(announced: announced, limit: limits.memory)
    }

    private mutating func launch(_ op: Int) {
        let task = nextTask
        nextTask += 1
        if !operators[op].paused.isEmpty {
            let batch = operators[op].paused.removeFirst()
            operators[op].inputBytes -= batch.bytes
            return run(batch, as: task, of: op, input: [])
        }
        guard let worker = operators[op].idleWorker else { preconditionFailure("a launch without an idle worker") }
        let kind = operators[op].spec.kind
        let input = kind == .source ? [] : operators[op].queue.next(isLast: isInputComplete(op)) ?? []
        let announced: Bytes = kind == .transform ? input.reduce(.zero) { $0 + $1.outputBytes } : .zero
        let batch = OpenBatch(
            batch: task,
            worker: worker,
            rows: input.reduce(0) { $0 + $1.range.count },
            bytes: input.reduce(.zero) { $0 + $1.bytes },
            reserve: operators[op].reserve(announced: announced, limit: limits.memory),
            announced: announced
        )
        operators[op].bytesIn += batch.bytes.count
        if kind == .sink { waitingFailures = 0 } else if limits.preservesOrder { operators[op].order.launch(task) }
        run(batch, as: task, of: op, input: input)
    }

    private mutating func run(_ batch: OpenBatch, as task: TaskID, of op: Int, input: [BlockSlice]) {
        tasks[task] = RunningTask(op: op, batch: batch, start: now)
        operators[op].set(batch.worker, .busy, at: now)
        operators[op].reservedOutput += batch.reserve
        operators[op].inputBytes += batch.bytes
        operators[op].tasks += 1
        actions.append(
            .launch(
                Launch(
                    task: task,
                    batch: batch.batch,
                    op: op,
                    worker: batch.worker,
                    input: input,
                    reserve: batch.reserve
                )
            )
        )
    }
}
