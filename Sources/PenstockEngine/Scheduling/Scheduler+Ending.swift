import PenstockCore

extension Scheduler {
    /// Ends operators whose input is used up, one after the other from the source on, and frees their workers early: a
    /// model's memory goes back while the sink still writes.
    mutating func finishedOperators() -> [Action] {
        guard phase == .running else { return [] }
        var actions: [Action] = []
        for op in operators.indices.dropLast() where !operators[op].stopRequested {
            guard operators[op].isDrained, !operators[op].workers.contains(.starting) else { break }
            operators[op].stopRequested = true
            operators[op].workers = operators[op].workers.map { _ in .stopped }
            operators[op + 1].inputEnded = true
            actions.append(.stopWorkers(op: op))
        }
        return actions
    }

    /// Stands for the sink's last work, which is no task.
    static let closingTask: TaskID = -1

    /// Closes the sink once nothing can come to it any more.
    mutating func closing() -> [Action] {
        let sink = operators.count - 1
        let isIdle = tasks.isEmpty && !operators.contains { $0.workers.contains(.starting) }
        guard isIdle else { return [] }
        let end: RunEnd
        switch phase {
        case .running where operators[sink].isDrained: end = .done
        case .stopping(let reason): end = reason
        case .idle, .running, .closing, .ending, .finished: return []
        }
        if operators[sink].queue.isEmpty || sinkFailed || operators[sink].idleWorker == nil {
            phase = .closing(end)
            lostRows += operators.reduce(0) { $0 + $1.queue.rowCount + $1.order.waitingRows }
            let rest = operators.indices.flatMap { operators[$0].queue.removeAll() + operators[$0].order.removeAll() }
            waitingFailures = 0
            operators[sink].workers = operators[sink].workers.map { _ in .busy(Self.closingTask) }
            return [.drop(rest), .closeSink(discard: sinkFailed)]
        }
        return []
    }

    /// Rows that were neither written nor quarantined nor skipped, because the run was stopped.
    ///
    /// Counted where they got lost; what is missing of the rows read would also be rows that a transform filtered out.
    package var unfinishedRows: Int { lostRows + counts.rowsAtSink - (summary?.rowCount ?? 0) }
}
