public import PenstockCore
public import PenstockPlan

extension Dataset {
    /// Runs the pipeline until it has its first `count` rows, and returns them in the source's order.
    ///
    /// No more files are read than needed where each row before gives one row; elsewhere the stages are stopped once there
    /// are enough.
    ///
    /// - Throws: as `writeParquet`.
    public func take(_ count: Int = 20, options: RunOptions = RunOptions()) async throws -> Rows {
        guard count > 0 else { return Rows([]) }
        var ordered = options
        ordered.preservesOrder = true
        let run = try await PipelineRun.prepared(limit(count).appending(.collect), options: ordered)
        return Rows(try await run.run().blocks)
    }

    /// Default of `takeAll(limit:)`.
    public static let takeAllLimit = 100_000

    /// Runs the pipeline and returns all rows, in the source's order.
    ///
    /// - `limit`: more rows than this are an error, as everything comes into memory; raise it knowingly, or use
    ///   `iterBatches` or `writeParquet`, which do not collect.
    /// - Throws: `StageError` `.tooLarge` when there are more; else as `writeParquet`.
    public func takeAll(limit most: Int = takeAllLimit, options: RunOptions = RunOptions()) async throws -> Rows {
        let rows = try await take(most == .max ? .max : most + 1, options: options)
        guard rows.count <= most else {
            throw StageError(
                .tooLarge,
                "there are more than \(most) rows, and takeAll collects them all in memory. Use iterBatches or writeParquet, or raise the limit knowingly: takeAll(limit: …)."
            )
        }
        return rows
    }

    /// Prints the first rows, one a line.
    ///
    /// - Throws: as `take`.
    public func show(_ count: Int = 20, options: RunOptions = RunOptions()) async throws {
        for row in try await take(count, options: options) { print(row) }
    }

    /// Runs the pipeline, lets go of its rows and returns what each stage did.
    ///
    /// - Throws: as `writeParquet`.
    public func stats(options: RunOptions = RunOptions()) async throws -> RunReport {
        let run = try await PipelineRun.prepared(appending(.deliver(.wholeBlock)), options: options)
        return try await run.run().report
    }

    /// Runs the pipeline and keeps its rows in memory, to be used more than once.
    ///
    /// - Throws: `StageError` `.tooLarge` when they take more than the run's memory; else as `writeParquet`.
    public func materialize(options: RunOptions = RunOptions()) async throws -> MaterializedDataset {
        var ordered = options
        ordered.preservesOrder = true
        let run = try await PipelineRun.prepared(appending(.collect), options: ordered, isBounded: true)
        let (report, blocks) = try await run.run()
        return MaterializedDataset(dataset: try Dataset.fromBlocks(blocks), blocks: blocks, report: report)
    }

    /// The logical plan, the physical plan and every setting with its origin.
    ///
    /// Runs nothing, reads no image and no model.
    ///
    /// - Throws: `PlanError` when the plan cannot run on this machine.
    public func explain(
        options: RunOptions = RunOptions(),
        machine: MachineFacts = .current
    ) throws(PlanError) -> String {
        let physical = try Planner(machine: machine, options: options).plan(plan)
        let rules = physical.appliedRules.isEmpty ? ["none applied"] : physical.appliedRules
        return """
            Logical plan
            \(plan)

            Rules
            \((rules + physical.fusionNotes + [physical.countNote]).map { "  \($0)" }.joined(separator: "\n"))

            Physical plan
            \(physical)

            Settings
            \(physical.settingsTable)
            """
    }
}

/// A dataset whose rows are in memory.
public struct MaterializedDataset: Sendable {
    /// The rows as a source of further pipelines.
    public let dataset: Dataset
    /// The rows.
    public let blocks: [Block]
    /// What the run that made them did, stage by stage.
    public let report: RunReport

    /// Number of rows.
    public var rowCount: Int { blocks.reduce(0) { $0 + $1.rowCount } }
    /// Number of blocks.
    public var blockCount: Int { blocks.count }
    /// Bytes of the rows in memory.
    public var bytes: Bytes { blocks.reduce(.zero) { $0 + $1.byteCount } }
    /// Names and types of the columns; nil when there is no row.
    public var schema: Schema? { blocks.first?.schema }
    /// The rows as views.
    public var rows: Rows { Rows(blocks) }
    /// What each stage did, as a table for people.
    public var stats: String { report.statsTable }
}
