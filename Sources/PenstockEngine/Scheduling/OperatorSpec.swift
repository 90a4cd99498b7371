package import PenstockCore

/// One operator as the scheduler needs to know it.
package struct OperatorSpec: Sendable {
    package enum Kind: Sendable, Hashable {
        case source, transform, sink
    }

    package var name: String
    package var kind: Kind
    /// Workers, each with a thread of its own.
    package var workers: Int
    /// Rows of one task.
    package var batch: BatchSize
    /// Logical CPUs that a task holds while it runs; 0 for work that mostly waits for a disk.
    package var cpusPerTask: Double
    /// Output that may exist without the next operator having started on it.
    package var outputBudget: Bytes

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
        self.workers = workers
        self.batch = batch
        self.cpusPerTask = cpusPerTask
        self.outputBudget = outputBudget
    }
}

/// Why an operator that has input is not admitted.
package enum Hold: Sendable, Hashable, CustomStringConvertible {
    /// Every logical CPU is taken by running tasks.
    case cpu
    /// Its output waits for this operator.
    case output(String)
    /// The memory limit.
    case memory
    /// The run is being stopped.
    case stopping

    package var description: String {
        switch self {
        case .cpu: "cpu"
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
    /// Bytes of blocks and of reservations for running tasks.
    package var memory: Bytes
    /// Deliver rows in the source's order.
    package var preservesOrder: Bool
    package var badRows: BadRowLimit

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
