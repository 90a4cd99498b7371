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

/// Files of one kind that are to be listed.
public struct FileSelection: Sendable, Hashable, Codable {
    /// Which files of a folder are taken.
    public enum Kind: String, Sendable, Hashable, Codable { case images, parquet, csv, jsonl, text, binary }

    /// Files, folders, globs, and `@list` files.
    public var paths: [String]
    /// Which files of a folder are taken.
    public var kind: Kind
    /// What happens to the list.
    public var listing: Listing

    /// Files of one kind.
    public init(paths: [String], kind: Kind, listing: Listing) {
        self.paths = paths
        self.kind = kind
        self.listing = listing
    }
}

/// One step of a chain of stateless work that shares a task.
public enum ChainStep: Sendable, Hashable, Codable {
    case columns(ColumnChange)
    case transform(CustomTransform)
}

/// The work of a physical operator.
public indirect enum PhysicalStage: Sendable, Hashable, Codable {
    case listFiles(FileSelection)
    case range(RangeRows, rowsPerBlock: Int)
    case items(MemoryRows)
    /// A source of the user's.
    case readCustom(CustomStage)
    /// Sources one after the other, each with what turns its listing into rows.
    case union([[PhysicalStage]])
    /// Leaves out rows that an earlier run wrote to this folder.
    case skipWritten(WriteTable)
    case readFiles
    /// Reads whole files as binary values.
    case readBinaryFiles(ReadBinaryFiles)
    case splitTables(ReadTable)
    case readTables(ReadTable)
    case readText(ReadText)
    /// Decodes for a classifier.
    case decodeImages(Classifier)
    /// Decodes for code of the user's.
    case decodeToTensors(ReadImages)
    case infer(Classifier)
    case inferModel(ModelJob)
    case custom(CustomTransform)
    case chain([ChainStep])
    case limit(Int)
    /// Passes rows on; its batch size cuts and joins blocks.
    case rebatch
    /// The second half of a union: each listed item is read as its source says.
    case readUnion([[PhysicalStage]])
    case write(WriteTable)
    /// A sink of the user's.
    case writeCustom(CustomStage)
    case collect
    case deliver
}

/// One operator as it will run.
public struct PhysicalOperator: Sendable, Hashable, Codable {
    /// Name in plans, reports and messages.
    public var name: String
    /// The work of one task.
    public var stage: PhysicalStage
    /// What kind of workers it has.
    public var pool: PoolKind
    /// How many workers at most, each with a thread of its own.
    public var workers: Int
    /// How many workers at least; between the two there are as many as there is work for.
    public var minimumWorkers: Int
    /// Rows of one task.
    public var batch = BatchSize.wholeBlock
    /// The most rows of a task whose size is found by measuring; nil: `batch` stays as it is.
    public var tunedRows: Int?
    /// Logical CPUs of one running task.
    public var cpusPerTask = 0.0
    /// GPUs of one running task.
    public var gpusPerTask = 0.0
    /// Memory that each worker keeps for itself.
    public var memoryPerWorker = Bytes.zero
    /// Tasks at the same time; nil: as many as workers.
    public var maxConcurrency: Int?
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
        minimumWorkers = workers
    }
}

extension PhysicalOperator {
    /// Larger batches are not compiled for: a last batch that is half empty would take the time of a full one.
    private static let mostCompiledRows = 8

    /// Rows that a classifier is compiled for, whose batches have `batch` rows; 0: any number.
    ///
    /// Measured on ResNet-50 with OpenVINO, bf16: fixed shapes run 3 to 16 % faster (docs/performance/NOTES.md).
    package static func compiledRows(batch: Int) -> Int { batch <= mostCompiledRows ? batch : 0 }

    /// Rows that a classifier is compiled for; 0: any number.
    package var compiledRows: Int {
        switch batch {
        case .exactly(let count): Self.compiledRows(batch: count)
        case .flexible(_, let high): Self.compiledRows(batch: high)
        case .wholeBlock, .bytes, .evenly: 0
        }
    }
}

/// How a plan will run: operators with workers, batches and resources, each with its reason.
public struct PhysicalPlan: Sendable, Hashable, Codable {
    /// The chain, source first.
    public var operators: [PhysicalOperator]
    /// Logical CPUs that running tasks share.
    public var cores: Int
    /// GPUs that running tasks share.
    public var gpus: Int
    /// Bytes that blocks and running tasks may hold.
    public var memory: Bytes
    /// Rows of one block at the source.
    public var blockRows: Int
    /// Rows of the smallest one at its end, where blocks get smaller so that workers end together.
    public var lastBlockRows: Int
    /// Threads inside the inference library for each model worker.
    public var threadsPerModelWorker: Int
    /// Rows that may fail before the run is stopped.
    public var maxBadRows: BadRowLimit
    /// Rows come out in the source's order.
    public var preservesOrder = false
    /// Decisions about the run as a whole.
    public var settings: [Setting]
    /// Rules that changed the logical plan, each with its effect.
    public var appliedRules: [String]
    /// Neighbours that share a task, and why others do not.
    public var fusionNotes: [String] = []
    /// Where `count()` gets its answer from.
    public var countNote = ""

    /// Every setting, of the run and of its operators.
    public var allSettings: [Setting] { settings + operators.flatMap(\.settings) }
}
