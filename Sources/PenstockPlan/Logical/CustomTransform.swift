public import PenstockCore

/// A transform of the user's.
///
/// The plan knows its name, its place and its needs; the code travels beside the plan.
public struct CustomTransform: Sendable, Hashable, Codable {
    /// What the code takes and gives.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// A row for each row.
        case map
        /// Any number of rows for each row.
        case flatMap
        /// Keeps or leaves out each row.
        case filter
        /// Any rows for each batch.
        case mapBatches
        /// One more column for each batch.
        case addColumn
        /// A `BatchTransform` type with a state of its own.
        case stage
    }

    /// Name in plans, reports and messages.
    public var name: String
    /// Position in the table of stages of the `Dataset`.
    public var position: Int
    /// What the code takes and gives.
    public var kind = Kind.stage
    /// Rows of one task; nil: blocks of a good size.
    public var batch: BatchSize?
    /// Workers; nil: actors for types with a state, tasks for closures.
    public var compute: Compute?
    /// Needs of a task and of a worker.
    public var resources = Resources.default
    /// What happens to rows for which the code throws.
    public var onError = ErrorPolicy.fail
    /// Columns that the code makes, where they were declared.
    public var schema: [Field]?
    /// The column that `addColumn` makes.
    public var column: String?

    /// Describes a transform.
    package init(
        name: String,
        position: Int,
        kind: Kind = .stage,
        batch: BatchSize? = nil,
        compute: Compute? = nil
    ) {
        self.name = name
        self.position = position
        self.kind = kind
        self.batch = batch
        self.compute = compute
    }

    /// Whether each row gives exactly one row: a limit may pass it, and rows can be counted before it.
    package var keepsRowCount: Bool {
        guard kind == .map || kind == .addColumn else { return false }
        if case .skip = onError { return false }
        return true
    }
    /// Whether workers keep nothing between tasks, so that neighbours can share a task.
    package var isStateless: Bool { kind != .stage && (compute?.kind ?? .tasks) == .tasks }
}

/// A source or a sink of the user's.
///
/// The plan knows its name and its place; the code travels beside the plan.
public struct CustomStage: Sendable, Hashable, Codable {
    /// Name in plans, reports and messages.
    public var name: String
    /// Position in the table of stages of the `Dataset`.
    public var position: Int

    /// Describes a stage.
    package init(name: String, position: Int) {
        self.name = name
        self.position = position
    }
}

/// A change of the columns that touches no value.
public enum ColumnChange: Sendable, Hashable, Codable {
    /// These, in this order.
    case select([String])
    /// All but these.
    case drop([String])
    /// Old name → new name.
    case rename([String: String])

    /// The names after the change, or what is wrong with it.
    package func apply(to fields: [Field]) throws(PlanError) -> [Field] {
        let names = fields.map(\.name)
        switch self {
        case .select(let wanted):
            var selected: [Field] = []
            for name in wanted { selected.append(try Self.field(name, fields)) }
            return selected
        case .drop(let unwanted):
            for name in unwanted { _ = try Self.field(name, fields) }
            return fields.filter { !unwanted.contains($0.name) }
        case .rename(let map):
            for name in map.keys.sorted() { _ = try Self.field(name, fields) }
            let renamed = fields.map { Field(map[$0.name] ?? $0.name, $0.type, isNullable: $0.isNullable) }
            let repeated = Dictionary(grouping: renamed, by: \.name).first { $0.value.count > 1 }
            if let repeated {
                throw PlanError(
                    "renameColumns would give two columns the name \"\(repeated.key)\"; there are \(names)."
                )
            }
            return renamed
        }
    }

    private static func field(_ name: String, _ fields: [Field]) throws(PlanError) -> Field {
        if let field = fields.first(where: { $0.name == name }) { return field }
        throw PlanError(PlanError.unknownColumn(name, among: fields.map(\.name)))
    }
}

/// How blocks are to be cut anew.
public enum Repartition: Sendable, Hashable, Codable {
    /// Into so many blocks of nearly equal size.
    case blocks(Int)
    /// Into blocks of so many rows.
    case rowsPerBlock(Int)
    /// So many rows into so many blocks; made of `blocks` once the number of rows is known.
    case evenly(rows: Int, blocks: Int)
}

/// Numbers from 0, in the column `id`.
public struct RangeRows: Sendable, Hashable, Codable {
    /// How many numbers.
    public var count: Int
    /// Blocks to cut them into; nil: from their size.
    public var blockCount: Int?
    /// Gives the numbers in a random order, the same for the same seed; set by a rule, from `randomizeOrder`.
    public var shuffleSeed: UInt64?

    /// The numbers from 0 to `count` - 1.
    public init(count: Int, blockCount: Int? = nil) {
        self.count = count
        self.blockCount = blockCount
    }

    /// Bytes of all numbers, as far as they can be counted.
    package var byteCount: Int {
        let (bytes, isTooMany) = count.multipliedReportingOverflow(by: 8)
        return isTooMany ? .max : bytes
    }
}

/// Rows in memory.
///
/// The plan knows how many; the rows travel beside it.
public struct MemoryRows: Sendable, Hashable, Codable {
    /// Position in the table of stages of the `Dataset`.
    public var position: Int
    /// Number of rows.
    public var rowCount: Int
    /// Their bytes.
    public var bytes: Bytes
    /// Number of blocks.
    public var blockCount: Int
    /// Names and types of the columns; nil when there are no rows.
    public var fields: [Field]?
    /// Take at most so many; set by a rule, from `limit`.
    public var limit: Int?
    /// Gives the rows in a random order, the same for the same seed; set by a rule, from `randomizeOrder`.
    public var shuffleSeed: UInt64?

    /// Describes rows that are in memory.
    package init(position: Int, rowCount: Int, bytes: Bytes, blockCount: Int, fields: [Field]?) {
        self.position = position
        self.rowCount = rowCount
        self.bytes = bytes
        self.blockCount = blockCount
        self.fields = fields
    }
}
