/// What one operator did.
public struct StageReport: Codable, Sendable, Equatable {
    /// Operator name.
    public var name = ""
    /// Workers it had; the most at any time, for a pool that scales.
    public var workers = 0
    /// Logical CPUs that a running task takes; 0 for work that mostly waits for a disk.
    public var cpusPerTask = 0.0
    /// Rows it took in (rows it produced, for a source).
    public var rows = 0
    /// Tasks it ran.
    public var tasks = 0
    /// Bytes it took in.
    public var bytesIn = 0
    /// Bytes it put out.
    public var bytesOut = 0
    /// Blocks it put out, empty ones not counted.
    public var blocksOut = 0
    /// Rows that it put out.
    public var rowsOut: Int { Int((rowsPerBlock.mean * Double(blocksOut)).rounded()) }
    /// Rows of a block of its output.
    public var rowsPerBlock = SpreadReport()
    /// Bytes of a block of its output.
    public var bytesPerBlock = SpreadReport()
    /// Seconds from the launch of a task to its end.
    public var wallSecondsPerTask = SpreadReport()
    /// CPU seconds of a task on its worker's own thread.
    public var cpuSecondsPerTask = SpreadReport()
    /// Tries that failed for a passing reason and were repeated.
    public var retries = 0
    /// The batch size that measuring found; nil where it was given, or the run was too short to tell.
    public var batch: BatchDecision?
    /// From the run's start until its last worker stopped.
    public var lifetimeSeconds = 0.0
    /// The lifetimes of all its workers together; equals starting + busy + starved + held.
    ///
    /// With a fixed number of workers it is that number times `lifetimeSeconds`.
    public var workerSeconds = 0.0
    /// Worker time spent loading and starting.
    public var startingSeconds = 0.0
    /// Worker time spent working.
    public var busySeconds = 0.0
    /// Worker time spent without input.
    public var starvedSeconds = 0.0
    /// Worker time spent with input but not admitted.
    public var heldSeconds = 0.0
    /// Held seconds by reason.
    public var heldBy: [String: Double] = [:]
    /// CPU time of its workers' own threads while busy.
    public var cpuSeconds = 0.0
    /// Model loads, inferences, decoding and writing of its tasks.
    public var work = WorkReport()
    /// Time that its workers' threads were ready to run and had no core; 0 where the system does not say.
    public var coreWaitSeconds = 0.0

    /// An empty entry.
    public init() {}
}

extension StageReport {
    /// Reads an entry, also one of an earlier version: what it does not have stays empty.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        try values.read(.name, into: &name)
        try values.read(.workers, into: &workers)
        try values.read(.cpusPerTask, into: &cpusPerTask)
        try values.read(.rows, into: &rows)
        try values.read(.tasks, into: &tasks)
        try values.read(.bytesIn, into: &bytesIn)
        try values.read(.bytesOut, into: &bytesOut)
        try values.read(.blocksOut, into: &blocksOut)
        try values.read(.rowsPerBlock, into: &rowsPerBlock)
        try values.read(.bytesPerBlock, into: &bytesPerBlock)
        try values.read(.wallSecondsPerTask, into: &wallSecondsPerTask)
        try values.read(.cpuSecondsPerTask, into: &cpuSecondsPerTask)
        try values.read(.retries, into: &retries)
        batch = try values.decodeIfPresent(BatchDecision.self, forKey: .batch)
        try values.read(.lifetimeSeconds, into: &lifetimeSeconds)
        workerSeconds = lifetimeSeconds * Double(workers)
        try values.read(.workerSeconds, into: &workerSeconds)
        try values.read(.startingSeconds, into: &startingSeconds)
        try values.read(.busySeconds, into: &busySeconds)
        try values.read(.starvedSeconds, into: &starvedSeconds)
        try values.read(.heldSeconds, into: &heldSeconds)
        try values.read(.heldBy, into: &heldBy)
        try values.read(.cpuSeconds, into: &cpuSeconds)
        try values.read(.work, into: &work)
        try values.read(.coreWaitSeconds, into: &coreWaitSeconds)
    }
}

/// The smallest, the mean and the largest of many values; all 0 when there are none.
public struct SpreadReport: Codable, Sendable, Equatable {
    /// The smallest.
    public var min = 0.0
    /// The arithmetic mean.
    public var mean = 0.0
    /// The largest.
    public var max = 0.0

    /// Without values.
    public init() {}

    /// Takes values one by one.
    package struct Collector: Sendable {
        package private(set) var count = 0
        private var sum = 0.0
        private var least = Double.infinity
        private var most = -Double.infinity

        package init() {}

        package mutating func add(_ value: Double) {
            count += 1
            sum += value
            least = Swift.min(least, value)
            most = Swift.max(most, value)
        }

        /// What was taken so far.
        package var report: SpreadReport {
            var report = SpreadReport()
            if count == 0 { return report }
            report.min = least
            report.mean = sum / Double(count)
            report.max = most
            return report
        }
    }
}

/// A batch size that was found by measuring, with the cost that it follows from: seconds = fixed + rows × per row.
public struct BatchDecision: Codable, Sendable, Equatable {
    /// Rows of a batch.
    public var rows: Int
    /// Seconds that each batch costs whatever its size.
    public var fixedSeconds: Double
    /// Seconds that each row adds.
    public var secondsPerRow: Double

    /// A decision as reports carry it.
    public init(rows: Int, fixedSeconds: Double, secondsPerRow: Double) {
        self.rows = rows
        self.fixedSeconds = fixedSeconds
        self.secondsPerRow = secondsPerRow
    }
}

extension StageReport {
    /// Seconds of work without those for which a thread was ready and others had the cores, which are many on a busy machine.
    package var ownSeconds: Double { max(busySeconds - coreWaitSeconds, cpuSeconds) }
}

/// A change of the number of a pool's workers, and why.
public struct ScalingDecision: Codable, Sendable, Equatable {
    /// Seconds since the run's start.
    public var seconds: Double
    /// The operator whose pool it is.
    public var stage: String
    /// Workers before.
    public var from: Int
    /// Workers afterwards.
    public var to: Int
    /// Why, for people.
    public var reason: String

    /// A decision as reports list it.
    public init(seconds: Double, stage: String, from: Int, to: Int, reason: String) {
        self.seconds = seconds
        self.stage = stage
        self.from = from
        self.to = to
        self.reason = reason
    }
}
