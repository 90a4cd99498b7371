public import PenstockCore

/// Workers of an operator, in Ray's words.
public enum PoolKind: String, Sendable, Hashable, Codable {
    case source
    /// Stateless workers.
    case tasks = "task pool"
    /// Workers that keep state, such as an inference request on a loaded model. (Not Swift's `actor`.)
    case actors = "actor pool"
    case sink
}

/// The work of a physical operator.
public enum PhysicalStage: Sendable, Hashable, Codable {
    case listFiles(ReadImages)
    /// Leaves out rows that an earlier run wrote to this folder.
    case skipWritten(WriteTable)
    case readFiles
    case decodeImages(Classifier)
    case infer(Classifier)
    case custom(CustomTransform)
    case write(WriteTable)
    case collect
}

/// One operator as it will run.
public struct PhysicalOperator: Sendable, Hashable, Codable {
    /// Name in plans, reports and messages.
    public var name: String
    /// The work of one task.
    public var stage: PhysicalStage
    /// What kind of workers it has.
    public var pool: PoolKind
    /// How many workers, each with a thread of its own.
    public var workers: Int
    /// Rows of one task.
    public var batch = BatchSize.wholeBlock
    /// Logical CPUs of one running task.
    public var cpusPerTask = 0.0
    /// Output that may wait for the next operator.
    public var outputBudget = Bytes.zero
    /// Decisions about this operator, each with its reason.
    public var settings: [Setting] = []

    /// An operator that takes whole blocks and no CPU slot, and may leave nothing waiting.
    init(name: String, stage: PhysicalStage, pool: PoolKind, workers: Int = 1) {
        self.name = name
        self.stage = stage
        self.pool = pool
        self.workers = workers
    }
}

/// How a plan will run: operators with workers, batches and resources, each with its reason.
public struct PhysicalPlan: Sendable, Hashable, Codable {
    /// The chain, source first.
    public var operators: [PhysicalOperator]
    /// Logical CPUs that running tasks share.
    public var cores: Int
    /// Bytes that blocks and running tasks may hold.
    public var memory: Bytes
    /// Rows of one block at the source.
    public var blockRows: Int
    /// Threads inside the inference library for each model worker.
    public var threadsPerModelWorker: Int
    /// Decisions about the run as a whole.
    public var settings: [Setting]
    /// Rules that changed the logical plan.
    public var appliedRules: [String]

    /// Every setting, of the run and of its operators.
    public var allSettings: [Setting] { settings + operators.flatMap(\.settings) }
}
