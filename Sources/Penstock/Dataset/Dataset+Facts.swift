public import PenstockCore
public import PenstockPlan
import PenstockStages

/// How large a dataset is, and whether that is known or guessed.
public struct SizeEstimate: Sendable, Hashable {
    /// Bytes of the rows.
    public let bytes: Bytes
    /// True for what is guessed from files as they lie on the disk, encoded and compressed.
    public let isEstimate: Bool
}

extension Dataset {
    /// Number of rows.
    ///
    /// Taken from metadata where each row gives one row: ranges, rows in memory, Parquet footers, and the list of files where
    /// a file is a row (then files that turn out to be damaged are counted). Else the pipeline is run and its rows let go.
    ///
    /// - Throws: as `writeParquet` when it runs; `StageError` when the source cannot be looked at.
    public func count(options: RunOptions = RunOptions()) async throws -> Int {
        // A plan that cannot run has no count either.
        _ = try Planner(machine: .current, options: options).plan(plan.appending(.deliver(.wholeBlock)))
        if let known = try await knownRowCount(options: options) { return known }
        return try await stats(options: options).rowsWritten
    }

    /// Names and types of the columns, or nil where code of yours decides them and they were not declared with `schema:`.
    ///
    /// Never runs the pipeline: looks at one file of a table, and at the outputs that a model file declares.
    public func schema(options: RunOptions = RunOptions()) async throws -> Schema? {
        let optimized = Planner(machine: .current, options: options).optimize(plan).plan
        return try await SchemaReading(plan: optimized, backendLibrary: options.backendLibrary).schema()
    }

    /// Number of blocks that the source gives.
    ///
    /// Exact for rows in memory and where the number was set; for files it is that of the list, which is read for it.
    public func blockCount(options: RunOptions = RunOptions()) async throws -> Int {
        let physical = try Planner(machine: .current, options: options).plan(plan.appending(.deliver(.wholeBlock)))
        if let rebatch = physical.operators.last(where: { if case .rebatch = $0.stage { true } else { false } }) {
            switch rebatch.batch {
            case .evenly(_, let blocks): return blocks
            case .exactly(let rows):
                let count = try await count(options: options)
                return (count + rows - 1) / rows
            default: break
            }
        }
        switch physical.operators[0].stage {
        case .range(let range, let rowsPerBlock):
            if let blocks = range.blockCount { return min(blocks, range.count) }
            return range.count == 0 ? 0 : (range.count - 1) / rowsPerBlock + 1
        default: break
        }
        let sources = SourceBinding(plan: physical, options: options, stages: stages)
        let source = try sources.source(physical.operators[0].stage)
        return try await Blocking.run { () throws(StageError) in
            var count = 0
            try source.forEachBlock { _ in count += 1 }
            return count
        }
    }

    /// Bytes of the source's rows: exact in memory, for files their size on the disk, which is an estimate.
    public func sizeBytes(options: RunOptions = RunOptions()) async throws -> SizeEstimate {
        let physical = try Planner(machine: .current, options: options).plan(plan.appending(.deliver(.wholeBlock)))
        let isTransformed = plan.operators.count > 1
        switch physical.operators[0].stage {
        case .range(let range, _): return SizeEstimate(bytes: Bytes(range.byteCount), isEstimate: isTransformed)
        case .items(let rows): return SizeEstimate(bytes: rows.bytes, isEstimate: isTransformed || rows.limit != nil)
        default: break
        }
        let sources = SourceBinding(plan: physical, options: options, stages: stages)
        let source = try sources.source(physical.operators[0].stage)
        let bytes = try await Blocking.run { () throws(StageError) in
            var bytes = Bytes.zero
            try source.forEachBlock { block throws(StageError) in
                if case .int64(let sizes)? = block["size"]?.values {
                    bytes += Bytes(sizes.array.reduce(0) { $0 + Int($1) })
                } else {
                    bytes += block.byteCount
                }
            }
            return bytes
        }
        return SizeEstimate(bytes: bytes, isEstimate: true)
    }

    // MARK: Rows that are known before the run

    /// The dataset with `repartition(n)` made into rows per block.
    func resolvingRepartition(options: RunOptions) async throws -> Dataset {
        func isOpen(_ step: LogicalOperator) -> Bool { if case .repartition(.blocks) = step { true } else { false } }
        guard let index = plan.operators.firstIndex(where: isOpen),
            case .repartition(.blocks(let blocks)) = plan.operators[index]
        else { return self }
        let before = Dataset(plan: LogicalPlan(Array(plan.operators[..<index])), stages: stages)
        guard let rows = try await before.knownRowCount(options: options) else {
            throw PlanError(
                "repartition(\(blocks)) needs the number of rows, and \(plan.operators[index - 1].summary) may change it. Use repartition(rowsPerBlock:), or materialize() first."
            )
        }
        var resolved = plan
        resolved.operators[index] = .repartition(.evenly(rows: rows, blocks: blocks))
        return try await Dataset(plan: resolved, stages: stages).resolvingRepartition(options: options)
    }

    /// Rows by metadata; nil when only a run can tell.
    func knownRowCount(options: RunOptions) async throws -> Int? {
        let optimized = Planner(machine: .current, options: options).optimize(plan).plan
        guard let source = optimized.operators.first else { return nil }
        guard case .success(let limits) = CountRule.limits(of: optimized) else { return nil }
        guard let rows = try await rowCount(of: source, options: options) else { return nil }
        return ([rows] + limits).min()
    }

    private func rowCount(of source: LogicalOperator, options: RunOptions) async throws -> Int? {
        switch source {
        case .range(let range): return range.count
        case .items(let rows): return min(rows.rowCount, rows.limit ?? .max)
        case .union(let plans):
            var total = 0
            for plan in plans {
                guard let rows = try await Dataset(plan: plan, stages: stages).knownRowCount(options: options) else {
                    return nil
                }
                total += rows
            }
            return total
        case .readImages, .readBinaryFiles: return try await listedRows(source, options: options, column: nil)
        case .readTable(let read) where read.format == .parquet:
            return try await listedRows(source, options: options, column: "rows")
        default: return nil
        }
    }

    /// Rows that the source lists, or the sum of a column of what its second stage makes of the list.
    private func listedRows(_ source: LogicalOperator, options: RunOptions, column: String?) async throws -> Int {
        let physical = try Planner(machine: .current, options: options)
            .plan(LogicalPlan([source, .deliver(.wholeBlock)]))
        let binding = SourceBinding(plan: physical, options: options, stages: stages)
        let lister = try binding.source(physical.operators[0].stage)
        guard let column else {
            return try await Blocking.run { () throws(StageError) in
                var total = 0
                try lister.forEachBlock { total += $0.rowCount }
                return total
            }
        }
        let reader = try binding.transform(physical.operators[1].stage, workers: 1)
        return try await Blocking.run { () throws(StageError) in
            let context = StageContext.outsideOfRuns
            var state = try reader.makeState(try reader.load(context), context)
            var total = 0
            try lister.forEachBlock { block throws(StageError) in
                for made in try reader.apply(Batch(block), &state).blocks {
                    total += try made.int64s(column).array.reduce(0) { $0 + Int($1) }
                }
            }
            return total
        }
    }
}

extension AnySource {
    /// Runs through the source on this thread.
    func forEachBlock(_ body: (Block) throws(StageError) -> Void) throws(StageError) {
        let context = StageContext.outsideOfRuns
        var cursor = try start(context)
        while let block = try next(&cursor) { try body(block) }
    }
}
