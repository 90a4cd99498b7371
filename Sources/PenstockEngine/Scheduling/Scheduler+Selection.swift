package import PenstockCore

extension Scheduler {
    /// Failed rows that the sink takes on its own, when no block comes by to carry them along.
    static let failuresPerSinkTask = 256

    /// Everything that may start now, operators nearest to the sink first.
    mutating func launches(now: RunInstant) -> [Action] {
        var actions: [Action] = []
        while let launch = nextLaunch(now: now) { actions.append(.launch(launch)) }
        return actions
    }

    private mutating func nextLaunch(now: RunInstant) -> Launch? {
        for op in operators.indices.reversed() {
            operators[op].hold = nil
            guard hasInput(op) else { continue }
            operators[op].hold = holdReason(op)
            guard operators[op].hold == nil, let worker = operators[op].idleWorker else { continue }
            return launch(op, on: worker, now: now)
        }
        return livenessException(now: now)
    }

    /// The operator nearest to the sink that is held, when nothing runs, nothing starts and nothing was admitted.
    ///
    /// Then limits must give way: a run can be slow, never stuck. While a worker still starts (a model loads), queues keep
    /// their bounds: progress will come from there.
    private mutating func livenessException(now: RunInstant) -> Launch? {
        guard tasks.isEmpty, !operators.contains(where: { $0.workers.contains(.starting) }) else { return nil }
        for op in operators.indices.reversed() {
            switch operators[op].hold {
            case .memory, .output, .cpu:
                guard let worker = operators[op].idleWorker else { continue }
                operators[op].hold = nil
                return launch(op, on: worker, now: now)
            case .stopping, nil: continue
            }
        }
        return nil
    }

    private func hasInput(_ op: Int) -> Bool {
        let state = operators[op]
        switch state.spec.kind {
        case .source: return !state.inputEnded && state.busyWorkers == 0
        case .transform: return state.queue.hasBatch(isLast: isInputComplete(op))
        case .sink:
            return state.queue.hasBatch(isLast: isInputComplete(op)) || waitingFailures >= Self.failuresPerSinkTask
        }
    }

    /// Nothing more will be pushed into the operator's queue.
    private func isInputComplete(_ op: Int) -> Bool { operators[op].inputEnded || phase != .running }

    private func holdReason(_ op: Int) -> Hold? {
        let spec = operators[op].spec
        if case .running = phase {} else if spec.kind != .sink || sinkFailed { return .stopping }
        if spec.cpusPerTask > 0, cpusInUse + spec.cpusPerTask > limits.cpus + 1e-9 { return .cpu }
        if spec.kind == .sink { return nil }
        let expected = expectedOutput(op)
        let pending = pendingOutput(op)
        if pending > .zero, pending + expected > spec.outputBudget { return .output(operators[op + 1].spec.name) }
        if bytesInUse + expected > limits.memory { return .memory }
        return nil
    }

    /// Logical CPUs of running tasks.
    private var cpusInUse: Double { tasks.values.reduce(0) { $0 + operators[$1.op].spec.cpusPerTask } }

    /// Bytes of an operator's output that exist or are reserved and that nobody has started on.
    private func pendingOutput(_ op: Int) -> Bytes {
        operators[op].reservedOutput + operators[op].order.waitingBytes + operators[op + 1].queue.bytes
    }

    /// Bytes of all queues, of the inputs of running tasks and of the reservations for their outputs.
    package var bytesInUse: Bytes {
        let queued = operators.reduce(Bytes.zero) { $0 + $1.queue.bytes + $1.order.waitingBytes }
        return tasks.values.reduce(queued) { total, task in
            task.input.reduce(total + task.reserved) { $0 + $1.bytes }
        }
    }

    /// What the next task of an operator will put out at most, judged by a copy of its queue.
    private func expectedOutput(_ op: Int) -> Bytes {
        if operators[op].spec.kind == .source { return .zero }
        var queue = operators[op].queue
        let batch = queue.next(isLast: isInputComplete(op)) ?? []
        return batch.reduce(.zero) { $0 + $1.outputBytes }
    }

    private mutating func launch(_ op: Int, on worker: Int, now: RunInstant) -> Launch {
        let isLast = isInputComplete(op)
        let input = operators[op].spec.kind == .source ? [] : operators[op].queue.next(isLast: isLast) ?? []
        let reserve = operators[op].spec.kind == .transform ? input.reduce(Bytes.zero) { $0 + $1.outputBytes } : .zero
        let task = nextTask
        nextTask += 1
        tasks[task] = RunningTask(op: op, worker: worker, input: input, reserved: reserve, start: now)
        operators[op].workers[worker] = .busy(task)
        operators[op].reservedOutput += reserve
        operators[op].tasks += 1
        operators[op].bytesIn += input.reduce(0) { $0 + $1.bytes.count }
        if operators[op].spec.kind == .sink {
            waitingFailures = 0
        } else if limits.preservesOrder {
            operators[op].order.launch(task)
        }
        return Launch(task: task, op: op, worker: worker, input: input, reserve: reserve)
    }
}
