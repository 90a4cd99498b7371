package import PenstockCore

/// One operator as the scheduler needs to know it.
package struct OperatorSpec: Sendable {
    package enum Kind: Sendable, Hashable {
        case source, transform, sink
    }

    package var name: String
    package var kind: Kind
    /// Fewest and most workers, each with a thread of its own; a pool with room between them scales.
    package var workers: ClosedRange<Int>
    /// Rows of one task.
    package var batch: BatchSize
    /// The most rows of a batch whose size is found by measuring, beginning with `batch`; nil: `batch` stays as it is.
    package var tunedRows: Int?
    /// Rows that the stage works on at once, whatever more a task has, and that short ones are filled up to; nil: all of them.
    package var unitRows: Int?
    /// Logical CPUs that a task holds while it runs; 0 for work that mostly waits for a disk.
    package var cpusPerTask: Double
    /// GPUs that a task holds while it runs, in fractions of one.
    package var gpusPerTask = 0.0
    /// Output that may exist without the next operator having started on it.
    package var outputBudget: Bytes
    /// Tasks that run at once at most; nil for as many as there are workers.
    package var maxConcurrency: Int?
    /// Charged for each worker from its start to its end.
    package var memoryPerWorker = Bytes.zero
    /// How long a worker above the fewest is idle, without input, before it is given up.
    package var idleSeconds = 30.0

    /// An operator with a fixed number of workers, unless `workers` (the property) is given a range afterwards.
    package init(
        name: String,
        kind: Kind,
        workers: Int = 1,
        batch: BatchSize = .wholeBlock,
        cpusPerTask: Double = 1,
        outputBudget: Bytes = .mebibytes(64)
    ) {
        precondition(workers > 0, "operator \(name) without workers")
        self.name = name
        self.kind = kind
        self.workers = workers...workers
        self.batch = batch
        self.cpusPerTask = cpusPerTask
        self.outputBudget = outputBudget
    }

    /// The most workers there may be.
    package var maxWorkers: Int { workers.upperBound }
    /// Workers that are there from the start on.
    package var minWorkers: Int { workers.lowerBound }
    var isElastic: Bool { workers.count > 1 }

    /// How often the stage does its work in a task of so many rows.
    func callCount(rows: Int) -> Int { unitRows.map { max((rows - 1) / $0 + 1, 1) } ?? 1 }
}

/// Why an operator that has input is not admitted.
package enum Hold: Sendable, Hashable, CustomStringConvertible {
    /// Every logical CPU is taken by running tasks.
    case cpu
    /// Every GPU is taken by running tasks.
    case gpu
    /// As many tasks of the operator run as may run at once.
    case concurrency
    /// Its output waits for this operator.
    case output(String)
    /// The memory limit.
    case memory
    /// The run is being stopped.
    case stopping

    package var description: String {
        switch self {
        case .cpu: "cpu"
        case .gpu: "gpu"
        case .concurrency: "concurrency"
        case .output(let name): "output waits for \(name)"
        case .memory: "memory"
        case .stopping: "stopping"
        }
    }
}

/// What bounds a whole run.
package struct RunLimits: Sendable {
    /// Logical CPUs.
    package var cpus: Double
    /// GPUs.
    package var gpus = 0.0
    /// Bytes of blocks, of reservations for running tasks and of workers.
    package var memory: Bytes
    /// Deliver rows in the source's order.
    package var preservesOrder: Bool
    package var badRows: BadRowLimit
    /// A larger block of a stage's output is queued as several, without copying, so that budgets can tell them apart.
    package var maxBlockBytes = Bytes.mebibytes(128)

    package init(
        cpus: Double,
        memory: Bytes,
        preservesOrder: Bool = false,
        badRows: BadRowLimit = .share(0.01)
    ) {
        self.cpus = cpus
        self.memory = memory
        self.preservesOrder = preservesOrder
        self.badRows = badRows
    }
}
