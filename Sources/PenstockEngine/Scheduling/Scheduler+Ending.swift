import PenstockCore

extension Scheduler {
    /// Ends operators whose input is used up, one after the other from the source on, and frees their workers early: a
    /// model's memory goes back while the sink still writes.
    mutating func finishOperators() {
        guard phase == .running else { return }
        for op in operators.indices.dropLast() where !operators[op].stopRequested {
            guard operators[op].isDrained, operators[op].counts.starting == 0 else { break }
            operators[op].stopRequested = true
            operators[op].stopWorkers(at: now)
            operators[op + 1].inputEnded = true
            actions.append(.stopWorkers(op: op))
        }
    }

    /// Closes the sink once nothing can come to it any more.
    mutating func closeSinkWhenDone() {
        let sink = operators.count - 1
        let end: RunEnd
        switch phase {
        case .running where operators[sink].isDrained: end = .done
        case .stopping(let reason): end = reason
        case .idle, .running, .closing, .ending, .finished: return
        }
        guard isAtRest, operators[sink].queue.isEmpty || sinkFailed || operators[sink].counts.idle == 0 else { return }
        phase = .closing(end)
        var rest: [BlockInfo] = []
        for op in operators.indices {
            lostRows += operators[op].queue.rowCount + operators[op].order.waitingRows
            rest += operators[op].queue.removeAll() + operators[op].order.removeAll()
        }
        waitingFailures = 0
        operators[sink].set(0, .busy, at: now)
        actions.append(.drop(rest))
        actions.append(.closeSink(discard: sinkFailed))
    }

    /// Rows that were neither written nor quarantined nor skipped nor without need, because the run was stopped.
    ///
    /// Counted where they got lost; what is missing of the rows read would also be rows that a transform filtered out.
    package var unfinishedRows: Int { lostRows + counts.rowsAtSink - (summary?.rowCount ?? 0) }
}
