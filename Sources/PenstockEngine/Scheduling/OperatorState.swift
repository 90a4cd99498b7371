import PenstockCore

/// What the scheduler knows of one operator.
///
/// Plain bookkeeping; decisions are made in `Scheduler`.
struct OperatorState: Sendable {
    /// Whether what workers share is there.
    enum Loading: Sendable, Equatable {
        case unloaded, loading, loaded
        /// The last worker of a pool that goes down to none is ending.
        case unloading
    }

    let spec: OperatorSpec
    private(set) var workers: [WorkerState]
    private(set) var counts: WorkerCounts
    /// When each worker became idle.
    private(set) var idleSince: [RunInstant]
    var loading = Loading.unloaded
    /// Input that waits.
    var queue: Rebatcher
    /// Finds the size of its batches; nil where that is given.
    var tuner: BatchTuner?
    /// Batches that have given a part of their output, oldest first; each has its worker for itself.
    var paused: [OpenBatch] = []
    /// How much larger than announced its outputs were, at most.
    private var outputGrowth = 1.0
    private var largestOutput = Bytes.zero
    /// Output bytes reserved by its running tasks.
    var reservedOutput = Bytes.zero
    /// Bytes of the batches that its workers are at.
    var inputBytes = Bytes.zero
    /// Nothing will be pushed into `queue` any more (for a source: it came to its end).
    var inputEnded = false
    /// Only the output of batches before this one is still wanted.
    var unwantedFrom: TaskID?
    var stopRequested = false
    var isStopped = false
    /// Results that must wait for earlier ones, when order is preserved.
    var order = OrderRestorer()
    /// Why it is held now, if it has input.
    var hold: Hold?
    /// Idle workers are held too; without that only those that are paused are.
    var idleIsHeld = false

    var rows = 0
    var tasks = 0
    var retries = 0
    var bytesIn = 0
    var bytesOut = 0
    var peakWorkers: Int
    var times = OperatorTimes()
    var work = WorkReport()
    var latency = DurationHistogram()
    var blockRows = SpreadReport.Collector()
    var blockBytes = SpreadReport.Collector()
    var taskSeconds = SpreadReport.Collector()
    var taskCPUSeconds = SpreadReport.Collector()

    /// Learns from a task's output how far to trust what is announced.
    mutating func learn(announced: Bytes, output: Bytes) {
        largestOutput = max(largestOutput, output)
        if output > announced {
            outputGrowth = max(outputGrowth, Double(output.count) / Double(max(announced.count, 1)))
        }
    }

    /// What to reserve for an output that is announced with so many bytes: code of the user's may make far more of its input
    /// than anybody could know before its first batch.
    func reserve(announced: Bytes, limit: Bytes) -> Bytes {
        guard outputGrowth > 1 else { return announced }
        let grown = Bytes(Int(min(Double(announced.count) * outputGrowth, 1e18)))
        return max(announced, min(grown, largestOutput * 2, limit))
    }

    init(_ spec: OperatorSpec) {
        self.spec = spec
        workers = Array(repeating: .unstarted, count: spec.workers.lowerBound)
        workers += Array(repeating: .absent, count: spec.workers.count - 1)
        counts = WorkerCounts(unstarted: spec.workers.lowerBound)
        idleSince = Array(repeating: RunInstant(nanoseconds: 0), count: workers.count)
        peakWorkers = spec.workers.lowerBound
        queue = Rebatcher(size: spec.batch, sharers: spec.maxWorkers, unit: spec.unitRows)
        if let most = spec.tunedRows, case .flexible(_, let high) = spec.batch {
            tuner = BatchTuner(small: high, large: most, unit: spec.unitRows)
        }
    }

    /// The lowest one, so that the others of a pool that scales stay idle long enough to be given up.
    var idleWorker: Int? { counts.idle == 0 ? nil : workers.firstIndex(of: .idle) }

    /// No task can come any more: input ended, none waits, none runs.
    var isDrained: Bool {
        inputEnded && (queue.isEmpty || spec.kind == .source) && counts.busy == 0 && paused.isEmpty
    }

    /// Memory that its workers hold for themselves.
    var workerBytes: Bytes {
        if spec.memoryPerWorker == .zero || isStopped { return .zero }
        return spec.memoryPerWorker * (counts.present - counts.unstarted)
    }

    mutating func set(_ worker: Int, _ state: WorkerState, at now: RunInstant) {
        counts.change(workers[worker], by: -1)
        counts.change(state, by: 1)
        workers[worker] = state
        if state == .idle { idleSince[worker] = now }
        peakWorkers = max(peakWorkers, counts.present)
    }

    /// Every worker that there is, is told to end.
    mutating func stopWorkers(at now: RunInstant) {
        for worker in workers.indices where workers[worker] != .absent { set(worker, .stopped, at: now) }
    }

    /// Advances the clocks of its workers, in their present states, by `seconds`.
    mutating func elapse(_ seconds: Double) {
        if isStopped { return }
        times.lifetime += seconds
        times.present += seconds * Double(counts.present)
        times.starting += seconds * Double(counts.unstarted + counts.starting)
        times.busy += seconds * Double(counts.busy)
        times.starved += seconds * Double(counts.leaving)
        let held = counts.paused + (hold != nil && idleIsHeld ? counts.idle : 0)
        if held > 0 { times.held[hold ?? .stopping, default: 0] += seconds * Double(held) }
        times.starved += seconds * Double(counts.idle + counts.paused - held)
    }
}

/// What a worker is at.
enum WorkerState: Sendable, Equatable {
    /// There is no such worker now; a pool that scales may ask for it.
    case absent
    /// Waits until the operator is loaded.
    case unstarted
    case starting, idle, busy
    /// Between two pieces of its batch's output.
    case paused
    /// Ends, while its pool goes on.
    case ending
    /// Ends, or has ended, with its pool.
    case stopped
}

/// How many workers are in each state.
struct WorkerCounts: Sendable, Equatable {
    var unstarted = 0
    var starting = 0
    var idle = 0
    var busy = 0
    var paused = 0
    /// Ending or stopped.
    var leaving = 0

    var present: Int { unstarted + starting + idle + busy + paused + leaving }
    /// Those that will go on working, or are about to begin.
    var staying: Int { present - leaving }

    mutating func change(_ state: WorkerState, by difference: Int) {
        switch state {
        case .absent: break
        case .unstarted: unstarted += difference
        case .starting: starting += difference
        case .idle: idle += difference
        case .busy: busy += difference
        case .paused: paused += difference
        case .ending, .stopped: leaving += difference
        }
    }
}

/// A batch on its worker, and what it has given so far.
struct OpenBatch: Sendable {
    /// The first task of the batch.
    let batch: TaskID
    let worker: Int
    let rows: Int
    let bytes: Bytes
    /// Bytes to hold for the output of each of its tasks.
    let reserve: Bytes
    /// What its stage said of the output's size.
    let announced: Bytes
    /// Rows put out, failed and skipped.
    var given = 0

    /// Rows of it that are lost when it is not finished: at least one, since there would have been more.
    var unfinishedRows: Int { rows == 0 ? 0 : max(rows - given, 1) }
}

/// Seconds of worker time by state; starting, busy, starved and held add up to `present`.
struct OperatorTimes: Sendable {
    var lifetime = 0.0
    /// The sum of all workers' lifetimes.
    var present = 0.0
    var starting = 0.0
    var busy = 0.0
    var starved = 0.0
    var held: [Hold: Double] = [:]
    var cpu = 0.0
}
