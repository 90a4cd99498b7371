import PenstockCore

/// What a stage did in a run of 100 seconds on 2 cores; what is not given follows.
struct ScriptedStage: Sendable {
    var name: String
    var workers = 2
    var cpus = 1.0
    var busy: Double
    /// CPU seconds of its workers; nil: all of `busy` times `cpus`.
    var cpu: Double?
    /// Seconds ready without a core.
    var coreWait = 0.0
    var starting = 0.0
    var held = 0.0
    var heldBy = "cpu"
    /// Until its workers ended.
    var lifetime = 100.0
    var tasks = 100

    var computing: Double { cpu ?? busy * cpus }

    var report: StageReport {
        var report = StageReport()
        report.name = name
        report.workers = workers
        report.cpusPerTask = cpus
        report.tasks = tasks
        report.busySeconds = busy
        report.cpuSeconds = computing
        report.coreWaitSeconds = coreWait
        report.startingSeconds = starting
        report.lifetimeSeconds = lifetime
        report.workerSeconds = lifetime * Double(workers)
        report.heldSeconds = held
        report.heldBy = held > 0 ? [heldBy: held] : [:]
        report.starvedSeconds = max(0, report.workerSeconds - busy - starting - held)
        return report
    }
}

/// A look at a run, made up of its stages.
struct ScriptedRun {
    var stages: [ScriptedStage]
    var seconds = 100.0
    var cores = 2
    /// CPU seconds of threads that are nobody's workers.
    var elsewhere = 0.0
    var rows = 1000

    var snapshot: RunSnapshot {
        var snapshot = RunSnapshot()
        snapshot.seconds = seconds
        snapshot.cores = cores
        snapshot.rowsWritten = rows
        snapshot.cpuSeconds = stages.reduce(elsewhere) { $0 + $1.computing }
        snapshot.stages = stages.map { scripted in
            var stage = RunSnapshot.Stage()
            stage.name = scripted.name
            stage.report = scripted.report
            return stage
        }
        return snapshot
    }
}
