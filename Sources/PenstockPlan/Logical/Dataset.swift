public import PenstockCore

/// A lazy description of a pipeline: a source and a chain of operators.
///
/// Nothing runs until a terminal call. A dataset is a value: each call returns a new one, and the old one can be used again.
public struct Dataset: Sendable {
    /// What was asked for.
    public let plan: LogicalPlan
    /// User code and rows in memory that the plan refers to by position; opaque here, bound to the engine by `Penstock`.
    package let stages: [any Sendable]

    package init(plan: LogicalPlan, stages: [any Sendable] = []) {
        self.plan = plan
        self.stages = stages
    }

    package func appending(_ next: LogicalOperator, stage: (any Sendable)? = nil) -> Dataset {
        Dataset(plan: plan.appending(next), stages: stages + (stage.map { [$0] } ?? []))
    }
}

// MARK: Sources

extension Dataset {
    /// Images under files, folders (recursively), globs, or list files (`@list.txt`).
    ///
    /// Followed by `predict` with a classifier they are decoded for it, in one pass. Otherwise each row has `image`: with a
    /// `size` a tensor of bytes `[height, width, channels]`, stretched to it; without one the pixels as a binary value,
    /// beside `height` and `width`. `includePaths` adds `path`. An image that cannot be decoded is a failed row.
    ///
    /// - `overrideBlockCount`: blocks to read in; needs the whole list of files first. Nil: blocks of a good size, and
    ///   reading starts while files are still being listed.
    public static func readImages(
        from paths: [String],
        mode: ImageMode = .rgb,
        size: ImageSize? = nil,
        includePaths: Bool = true,
        overrideBlockCount: Int? = nil
    ) -> Dataset {
        var read = ReadImages(paths: paths)
        read.mode = mode
        read.size = size
        read.includePaths = includePaths
        read.listing.blockCount = overrideBlockCount
        return Dataset(plan: LogicalPlan([.readImages(read)]))
    }

    /// Rows of Parquet files; each file is split by its row groups, and only the columns that are wanted are read.
    ///
    /// - `columns`: nil: all. `includePaths` adds the column `path`.
    public static func readParquet(
        from paths: [String],
        columns: [String]? = nil,
        includePaths: Bool = false,
        overrideBlockCount: Int? = nil
    ) -> Dataset {
        table(.parquet, paths, columns, includePaths, overrideBlockCount)
    }

    /// Images that `penstock pack` put into Parquet files: rows of `path` and `bytes`, the file as it was.
    ///
    /// Followed by `predict` with a classifier they are decoded for it, as those of `readImages`.
    public static func readPackedImages(from paths: [String]) -> Dataset {
        var read = ReadTable(paths: paths, format: .parquet, columns: ["path", "bytes"])
        read.holdsImages = true
        return Dataset(plan: LogicalPlan([.readTable(read)]))
    }

    /// Rows of CSV files with a header line; column types are found in each file's first megabytes.
    public static func readCSV(
        from paths: [String],
        columns: [String]? = nil,
        includePaths: Bool = false,
        overrideBlockCount: Int? = nil
    ) -> Dataset {
        table(.csv, paths, columns, includePaths, overrideBlockCount)
    }

    /// Rows of JSON lines: one object a line.
    public static func readJSON(
        from paths: [String],
        columns: [String]? = nil,
        includePaths: Bool = false,
        overrideBlockCount: Int? = nil
    ) -> Dataset {
        table(.jsonl, paths, columns, includePaths, overrideBlockCount)
    }

    private static func table(
        _ format: OutputFormat,
        _ paths: [String],
        _ columns: [String]?,
        _ includePaths: Bool,
        _ blockCount: Int?
    ) -> Dataset {
        var read = ReadTable(paths: paths, format: format, columns: columns)
        read.includePaths = includePaths
        read.listing.blockCount = blockCount
        return Dataset(plan: LogicalPlan([.readTable(read)]))
    }

    /// Lines of text files, one row each, in the column `text`.
    public static func readText(
        from paths: [String],
        dropsEmptyLines: Bool = true,
        includePaths: Bool = false,
        overrideBlockCount: Int? = nil
    ) -> Dataset {
        var read = ReadText(paths: paths)
        read.dropsEmptyLines = dropsEmptyLines
        read.includePaths = includePaths
        read.listing.blockCount = overrideBlockCount
        return Dataset(plan: LogicalPlan([.readText(read)]))
    }

    /// Whole files, one row each, in the columns `path` and `bytes`.
    public static func readBinaryFiles(
        from paths: [String],
        includePaths: Bool = true,
        overrideBlockCount: Int? = nil
    ) -> Dataset {
        var read = ReadBinaryFiles(paths: paths)
        read.includePaths = includePaths
        read.listing.blockCount = overrideBlockCount
        return Dataset(plan: LogicalPlan([.readBinaryFiles(read)]))
    }

    /// The numbers from 0 to `count` - 1, in the column `id: int64`.
    public static func range(_ count: Int, overrideBlockCount: Int? = nil) -> Dataset {
        Dataset(plan: LogicalPlan([.range(RangeRows(count: count, blockCount: overrideBlockCount))]))
    }

    /// Rows that are in memory.
    ///
    /// - Throws: `.invalidInput` when the blocks' columns differ.
    public static func fromBlocks(_ blocks: [Block]) throws(StageError) -> Dataset {
        let filled = blocks.filter { $0.rowCount > 0 }
        let names = filled.first?.schema.fields.map(\.name)
        let types = filled.first?.schema.fields.map(\.type)
        for block in filled where block.schema.fields.map(\.name) != names || block.schema.fields.map(\.type) != types {
            throw StageError(
                .invalidInput,
                "blocks of one dataset have the same columns; here are [\(filled[0].schema)] and [\(block.schema)]."
            )
        }
        let rows = MemoryRows(
            position: 0,
            rowCount: filled.reduce(0) { $0 + $1.rowCount },
            bytes: filled.reduce(.zero) { $0 + $1.byteCount },
            blockCount: filled.count,
            fields: fields(filled.isEmpty ? Array(blocks.prefix(1)) : filled)
        )
        return Dataset(plan: LogicalPlan([.items(rows)]), stages: [filled])
    }

    /// Columns of blocks that have the same; nullable where they are in any of them.
    private static func fields(_ blocks: [Block]) -> [Field]? {
        guard var fields = blocks.first?.schema.fields else { return nil }
        for (index, field) in fields.enumerated() {
            let isNullable = blocks.contains { $0.schema.fields[index].isNullable }
            fields[index] = Field(field.name, field.type, isNullable: isNullable)
        }
        return fields
    }

    /// The rows of this source, then those of others, whose columns must be the same.
    ///
    /// Sources only, with `limit`, `randomizeOrder` and column changes at most: call it before `map` and its like.
    public func union(_ others: Dataset...) -> Dataset {
        var plans: [LogicalPlan] = []
        var stages: [any Sendable] = []
        for dataset in [self] + others {
            let plan = dataset.plan.moved(by: stages.count)
            // A union of unions is one union of all their sources.
            if case .union(let inner)? = plan.operators.first, plan.operators.count == 1 {
                plans += inner
            } else {
                plans.append(plan)
            }
            stages += dataset.stages
        }
        return Dataset(plan: LogicalPlan([.union(plans)]), stages: stages)
    }
}

extension LogicalPlan {
    /// The plan with its stages `offset` places further on in their table.
    fileprivate func moved(by offset: Int) -> LogicalPlan {
        LogicalPlan(
            operators.map { step in
                switch step {
                case .items(var rows):
                    rows.position += offset
                    return .items(rows)
                case .readCustom(var source):
                    source.position += offset
                    return .readCustom(source)
                case .transform(var transform):
                    transform.position += offset
                    return .transform(transform)
                case .union(let plans): return .union(plans.map { $0.moved(by: offset) })
                default: return step
                }
            }
        )
    }
}
