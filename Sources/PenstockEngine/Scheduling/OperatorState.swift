import PenstockCore

/// What the scheduler knows of one operator.
///
/// Plain bookkeeping; decisions are made in `Scheduler`.
struct OperatorState: Sendable {
    enum Worker: Sendable, Equatable {
        case unstarted, starting, idle, busy(TaskID), stopped
    }

    let spec: OperatorSpec
    var workers: [Worker]
    /// Input that waits.
    var queue: Rebatcher
    /// Output bytes reserved by its running tasks.
    var reservedOutput = Bytes.zero
    /// Nothing will be pushed into `queue` any more (for a source: it came to its end).
    var inputEnded = false
    var stopRequested = false
    var isStopped = false
    /// Results that must wait for earlier ones, when order is preserved.
    var order = OrderRestorer()
    /// Why it is held now, if it has input.
    var hold: Hold?

    var rows = 0
    var tasks = 0
    var bytesIn = 0
    var bytesOut = 0
    var times = OperatorTimes()
    var latency = DurationHistogram()

    init(_ spec: OperatorSpec) {
        self.spec = spec
        workers = Array(repeating: .unstarted, count: spec.workers)
        queue = Rebatcher(size: spec.batch)
    }

    var busyWorkers: Int {
        workers.reduce(0) { count, worker in if case .busy = worker { count + 1 } else { count } }
    }
    var idleWorker: Int? { workers.firstIndex(of: .idle) }

    /// No task can come any more: input ended, none waits, none runs.
    var isDrained: Bool { inputEnded && (queue.isEmpty || spec.kind == .source) && busyWorkers == 0 }

    /// Advances the clocks of its workers, in their present states, by `seconds`.
    mutating func elapse(_ seconds: Double) {
        if isStopped { return }
        times.lifetime += seconds
        for worker in workers {
            switch worker {
            case .unstarted, .starting: times.starting += seconds
            case .busy: times.busy += seconds
            case .idle:
                if let hold { times.held[hold, default: 0] += seconds } else { times.starved += seconds }
            case .stopped: times.starved += seconds
            }
        }
    }
}

/// Seconds of worker time by state; the four sums add up to workers × lifetime.
struct OperatorTimes: Sendable {
    var lifetime = 0.0
    var starting = 0.0
    var busy = 0.0
    var starved = 0.0
    var held: [Hold: Double] = [:]
    var cpu = 0.0
}

/// Puts results of tasks back into the order in which the tasks were launched.
struct OrderRestorer: Sendable {
    private var launched: [TaskID] = []
    private var waiting: [TaskID: [BlockInfo]] = [:]

    mutating func launch(_ task: TaskID) { launched.append(task) }

    /// Takes the results of a task and returns those that are in turn now.
    mutating func finish(_ task: TaskID, _ blocks: [BlockInfo]) -> [BlockInfo] {
        waiting[task] = blocks
        var ready: [BlockInfo] = []
        var count = 0
        while count < launched.count, let next = waiting.removeValue(forKey: launched[count]) {
            ready += next
            count += 1
        }
        launched.removeFirst(count)
        return ready
    }

    /// Bytes that wait for an earlier task's result.
    var waitingBytes: Bytes { waiting.values.reduce(.zero) { $0 + $1.reduce(.zero) { $0 + $1.bytes } } }

    /// Rows that wait for an earlier task's result.
    var waitingRows: Int { waiting.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.rows } } }

    /// Forgets everything that still waits.
    mutating func removeAll() -> [BlockInfo] {
        defer { self = OrderRestorer() }
        return waiting.values.flatMap { $0 }
    }
}
