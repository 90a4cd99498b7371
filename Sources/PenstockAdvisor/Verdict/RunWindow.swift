package import PenstockCore

/// A stretch of a run, and what its stages did in it: from the moment that every worker was ready to the end, or the last
/// few seconds.
package struct RunWindow: Sendable {
    /// Seconds that passed.
    package let seconds: Double
    /// CPU seconds that the process used.
    package let cpuSeconds: Double
    /// Rows that the sink took.
    package let rows: Int
    /// Logical CPUs that the run may use.
    package let cores: Double
    /// Logical CPUs that are given to tasks; can be more than `cores`, so that none idles between two tasks.
    package let slots: Double
    /// The stages, in the order of the plan.
    package let stages: [StageUse]

    /// What happened between two looks at a run.
    package init(from start: RunSnapshot, to end: RunSnapshot) {
        self.init(end, from: start, workBefore: [])
    }

    /// A whole run: all its work, and the time from `ready`, when every worker could take work, to its end.
    ///
    /// What stages did while a model was loading counts as work, since it is part of what the rows cost, but not the waiting,
    /// which was for the model.
    package init(run end: RunSnapshot, ready: RunSnapshot) {
        self.init(end, from: ready, workBefore: ready.stages.map(\.report))
    }

    private init(_ end: RunSnapshot, from start: RunSnapshot, workBefore: [StageReport]) {
        let seconds = max(0, end.seconds - start.seconds)
        self.seconds = seconds
        cpuSeconds = max(0, end.cpuSeconds - start.cpuSeconds) + workBefore.reduce(0) { $0 + $1.cpuSeconds }
        rows = max(0, end.rowsWritten - (workBefore.isEmpty ? start.rowsWritten : 0))
        cores = Double(max(end.cores, 1))
        slots = max(end.slots, cores)
        stages = end.stages.indices.map { index in
            let before = start.stages.indices.contains(index) ? start.stages[index].report : StageReport()
            let workStart = workBefore.isEmpty ? before : StageReport()
            return StageUse(to: end.stages[index].report, workFrom: workStart, waitsFrom: before, seconds: seconds)
        }
    }
}

/// What one stage did in a stretch of a run: differences of its counters.
package struct StageUse: Sendable {
    let name: String
    let cpusPerTask: Double
    let tasks: Int
    let busy: Double
    let cpu: Double
    let coreWait: Double
    let starved: Double
    let held: Double
    let heldBy: [String: Double]
    /// Worker seconds that there were.
    let present: Double
    /// Worker seconds that there were for tasks, had its workers stayed to the end.
    let capacity: Double
    /// Workers, on average where their number changes.
    let workers: Double

    init(to end: StageReport, workFrom work: StageReport, waitsFrom waits: StageReport, seconds: Double) {
        func difference(_ start: StageReport, _ value: (StageReport) -> Double) -> Double {
            max(0, value(end) - value(start))
        }
        name = end.name
        cpusPerTask = end.cpusPerTask
        tasks = max(0, end.tasks - work.tasks)
        busy = difference(work, \.busySeconds)
        cpu = difference(work, \.cpuSeconds)
        coreWait = difference(work, \.coreWaitSeconds)
        starved = difference(waits, \.starvedSeconds)
        held = difference(waits, \.heldSeconds)
        heldBy = end.heldBy.reduce(into: [:]) { $0[$1.key] = max(0, $1.value - (waits.heldBy[$1.key] ?? 0)) }
        present = difference(waits) { $0.workerSeconds - $0.startingSeconds }
        // A stage that has finished its work early keeps its capacity: it had time to spare.
        let lifetime = difference(waits, \.lifetimeSeconds)
        workers = lifetime > 0 ? present / lifetime : Double(end.workers)
        capacity = max(workers * seconds - (heldBy["concurrency"] ?? 0), 0)
    }

    /// Worker seconds that it did not work while it was there.
    var waiting: Double { starved + held }
}
