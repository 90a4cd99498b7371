package import PenstockCore

extension Scheduler {
    /// The stages' part of the report.
    package var stageReports: [StageReport] {
        operators.map { state in
            var report = StageReport()
            report.name = state.spec.name
            report.workers = state.peakWorkers
            report.cpusPerTask = state.spec.cpusPerTask
            report.rows = state.rows
            report.tasks = state.tasks
            report.bytesIn = state.bytesIn
            report.bytesOut = state.bytesOut
            report.blocksOut = state.blockRows.count
            report.rowsPerBlock = state.blockRows.report
            report.bytesPerBlock = state.blockBytes.report
            report.wallSecondsPerTask = state.taskSeconds.report
            report.cpuSecondsPerTask = state.taskCPUSeconds.report
            report.retries = state.retries
            report.batch = state.tuner?.decision
            report.lifetimeSeconds = state.times.lifetime
            report.workerSeconds = state.times.present
            report.startingSeconds = state.times.starting
            report.busySeconds = state.times.busy
            report.starvedSeconds = state.times.starved
            report.heldSeconds = state.times.held.values.reduce(0, +)
            report.heldBy = Dictionary(state.times.held.map { ($0.key.description, $0.value) }, uniquingKeysWith: +)
            report.cpuSeconds = state.times.cpu
            report.work = state.work
            return report
        }
    }

    /// How long tasks of an operator took.
    package func latency(of op: Int) -> LatencyReport {
        let histogram = operators[op].latency
        return LatencyReport(
            p50: histogram.percentile(0.50) * 1000,
            p95: histogram.percentile(0.95) * 1000,
            p99: histogram.percentile(0.99) * 1000
        )
    }

    /// Every worker that is there from the start can take work: models are loaded, files are open.
    var isReady: Bool { phase == .running && operators.allSatisfy { $0.counts.unstarted + $0.counts.starting == 0 } }

    /// A look at the run at `now`.
    package func snapshot(now: RunInstant, start: RunInstant) -> RunSnapshot {
        var snapshot = RunSnapshot()
        snapshot.seconds = now.seconds(since: start)
        snapshot.rowsRead = counts.rowsRead
        snapshot.rowsWritten = counts.rowsAtSink
        snapshot.rowsQuarantined = counts.rowsQuarantined
        snapshot.rowsSkipped = counts.rowsSkipped
        snapshot.totalRows = operators[0].inputEnded ? counts.rowsRead : nil
        snapshot.isLoading = operators.contains { $0.counts.unstarted + $0.counts.starting > 0 }
        snapshot.isFinished = phase == .finished
        snapshot.stages = zip(operators, stageReports).map { state, report in
            var stage = RunSnapshot.Stage()
            stage.report = report
            stage.name = state.spec.name
            stage.rows = state.rows
            stage.queuedRows = state.queue.rowCount
            stage.busyWorkers = state.counts.busy
            stage.workers = state.counts.present
            stage.busySeconds = state.times.busy
            stage.hold = state.hold?.description
            return stage
        }
        return snapshot
    }
}
