/// The data or the machine is wrong.
///
/// A stage throws what it knows; the engine adds where.
public struct StageError: Error, Sendable, Equatable {
    /// The kind of failure, for policies and quarantine rows.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case damagedData, unsupportedFormat, tooLarge, notFound, inputOutput, outOfMemory, invalidModel
            case backendMissing, inferenceFailed, invalidInput, tooManyBadRows, userCode, cancelled
        }
        private let value: Value

        /// The bytes are not what their format promises.
        public static let damagedData = Code(value: .damagedData)
        /// A format or a feature of one that this build does not read.
        public static let unsupportedFormat = Code(value: .unsupportedFormat)
        /// Larger than a limit that an option sets.
        public static let tooLarge = Code(value: .tooLarge)
        /// A file that is not there (any more).
        public static let notFound = Code(value: .notFound)
        /// The operating system refused to read or write.
        public static let inputOutput = Code(value: .inputOutput)
        /// Memory for one item could not be had.
        public static let outOfMemory = Code(value: .outOfMemory)
        /// The model file is not a model, or not one that fits the plan.
        public static let invalidModel = Code(value: .invalidModel)
        /// The inference library is not installed.
        public static let backendMissing = Code(value: .backendMissing)
        /// The inference library reported an error while running.
        public static let inferenceFailed = Code(value: .inferenceFailed)
        /// A block that a stage cannot accept: missing column, wrong type, wrong shape.
        public static let invalidInput = Code(value: .invalidInput)
        /// More rows failed than the plan allows.
        public static let tooManyBadRows = Code(value: .tooManyBadRows)
        /// Code of the user's threw.
        public static let userCode = Code(value: .userCode)
        /// The run was interrupted.
        public static let cancelled = Code(value: .cancelled)

        /// The code's name, as quarantine rows carry it.
        public var description: String { value.rawValue }
    }

    /// Where a failure happened; filled in by the engine.
    public struct Location: Sendable, Equatable {
        /// The operator's name in the physical plan.
        public var operatorName: String
        /// Number of the task within the run, from 0; nil while loading, starting or closing.
        public var task: Int?
        /// Path of the first row of the batch, where the rows have one.
        public var firstPath: String?
        /// Rows in the batch; 0 where there is none, as in a source.
        public var rowCount: Int
        /// The block that the batch, or its first row, lies in, by its number among those that the operator before put out.
        public var block: Int?
        /// Rows of the batch within that block; fewer than `rowCount` when the batch goes on in the next blocks.
        public var rows: Range<Int>?

        package init(
            operatorName: String,
            task: Int?,
            firstPath: String?,
            rowCount: Int,
            block: Int? = nil,
            rows: Range<Int>? = nil
        ) {
            self.operatorName = operatorName
            self.task = task
            self.firstPath = firstPath
            self.rowCount = rowCount
            self.block = block
            self.rows = rows
        }
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, the values, and what to do.
    public let message: String
    /// Where, once the engine knows.
    public var location: Location?

    /// A failure as a stage sees it.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same failure, with its place.
    package func located(_ location: Location) -> StageError {
        var located = self
        if located.location == nil { located.location = location }
        return located
    }
}

extension StageError: CustomStringConvertible {
    /// Place, as far as it is known, and message.
    public var description: String {
        // Without rows the message stands for itself: it names the model, folder or file that was opened.
        guard let location, let task = location.task, location.rowCount > 0 else { return message }
        let path = location.firstPath.map { ", first \"\($0)\"" } ?? ""
        return "\(location.operatorName) (task \(task), \(location.rowsText)\(path)): \(message)"
    }
}

extension StageError.Location {
    /// The rows as precisely as they are known: `block 3, rows 0..<4`.
    fileprivate var rowsText: String {
        guard let block, let rows else { return rowCount == 1 ? "1 row" : "\(rowCount) rows" }
        let more = rowCount > rows.count ? " and \(rowCount - rows.count) more" : ""
        return "block \(block), rows \(rows)\(more)"
    }
}

/// One row that could not be processed; it goes to quarantine and never stops the run by itself.
public struct RowFailure: Sendable, Equatable {
    /// The row's `path`, or its number where rows have none.
    public let path: String
    /// Stage that gave up on it.
    public let stage: String
    /// Kind of failure.
    public let code: StageError.Code
    /// What happened, with values.
    public let message: String
    /// How often it was tried.
    public let attempts: Int

    /// A failure of one row.
    public init(path: String, stage: String, error: StageError, attempts: Int = 1) {
        self.path = path
        self.stage = stage
        code = error.code
        message = error.message
        self.attempts = attempts
    }
}
