public import PenstockCore
import PenstockEngine
public import PenstockPlan
import PenstockStages

extension Dataset {
    /// Makes a row of each row.
    ///
    /// ```swift
    /// let doubled = Dataset.range(1_000).map { row, out in out.set("x", try row.int("id") * 2) }
    /// ```
    /// Rows are views and values go straight into columns: nothing is boxed, and no dictionary is made.
    ///
    /// - `schema`: the columns that `body` sets, where they should be known before the run, or where a batch may have only
    ///   missing values. `onError`: what happens to rows for which `body` throws.
    /// - Cost: some tens of nanoseconds a value; where all values of a column can be computed at once `mapBatches` is faster.
    public func map(
        _ name: String = "map",
        compute: Compute = .tasks(),
        resources: Resources = .default,
        onError: ErrorPolicy = .fail,
        schema: [Field]? = nil,
        _ body: @escaping @Sendable (Row, inout RowWriter) throws -> Void
    ) -> Dataset {
        appending(.map, name, nil, compute, resources, onError, schema, .map(body))
    }

    /// Makes any number of rows of each row.
    ///
    /// ```swift
    /// let words = Dataset.readText(from: ["book.txt"]).flatMap { row, out in
    ///     for word in try row.string("text").split(separator: " ") { try out.append { $0.set("word", String(word)) } }
    /// }
    /// ```
    public func flatMap(
        _ name: String = "flatMap",
        compute: Compute = .tasks(),
        resources: Resources = .default,
        onError: ErrorPolicy = .fail,
        schema: [Field]? = nil,
        _ body: @escaping @Sendable (Row, inout RowsWriter) throws -> Void
    ) -> Dataset {
        appending(.flatMap, name, nil, compute, resources, onError, schema, .flatMap(body))
    }

    /// Keeps the rows for which `isIncluded` says so.
    ///
    /// ```swift
    /// let sure = try predictions.filter { try $0.float("confidence") > 0.9 }
    /// ```
    /// - `onError`: with `.emitNull` a row for which `isIncluded` throws stays as it is.
    public func filter(
        _ name: String = "filter",
        compute: Compute = .tasks(),
        resources: Resources = .default,
        onError: ErrorPolicy = .fail,
        _ isIncluded: @escaping @Sendable (Row) throws -> Bool
    ) -> Dataset {
        appending(.filter, name, nil, compute, resources, onError, nil, .filter(isIncluded))
    }

    /// Makes a block of each batch; it may have any number of rows and other columns.
    ///
    /// ```swift
    /// let doubled = Dataset.range(1_000).mapBatches { batch in
    ///     try batch.replacing("id") { (ids: Span<Int64>, out: inout MutableSpan<Int64>) in
    ///         for row in ids.indices { out[row] = ids[row] * 2 }
    ///     }
    /// }
    /// ```
    /// - `batchSize`: rows of one call, `.auto` for blocks of a good size, or `.wholeBlock`. `schema`: the columns that come
    ///   back; they are checked. `onError`: what happens to the rows of a batch for which `body` throws.
    public func mapBatches(
        _ name: String = "mapBatches",
        batchSize: BatchSize? = .auto,
        compute: Compute = .tasks(),
        resources: Resources = .default,
        onError: ErrorPolicy = .fail,
        schema: [Field]? = nil,
        _ body: @escaping @Sendable (Batch) throws -> Block
    ) -> Dataset {
        appending(.mapBatches, name, batchSize, compute, resources, onError, schema, .mapBatches(body))
    }

    /// Passes batches through a transform of your own, whose workers each keep a state, such as a model.
    ///
    /// - `batchSize`: rows of one call; `.auto` for blocks of a good size. `compute`: nil: one actor per core.
    public func mapBatches(
        _ transform: some BatchTransform,
        batchSize: BatchSize? = .auto,
        compute: Compute? = nil,
        resources: Resources = .default
    ) -> Dataset {
        var description = CustomTransform(
            name: transform.name,
            position: stages.count,
            batch: batchSize,
            compute: compute
        )
        description.resources = resources
        return appending(.transform(description), stage: EngineStage(transform: transform))
    }

    /// Adds a column, or computes one anew.
    ///
    /// ```swift
    /// let lengths = texts.addColumn("length") { batch in
    ///     Column(int64: batch.block.rows.map { Int64($0.index) })
    /// }
    /// ```
    /// - `type`: what `body` returns, where it should be known before the run. `body` returns one value for each row.
    public func addColumn(
        _ name: String,
        type: ColumnType? = nil,
        compute: Compute = .tasks(),
        resources: Resources = .default,
        onError: ErrorPolicy = .fail,
        _ body: @escaping @Sendable (Batch) throws -> Column
    ) -> Dataset {
        let schema = type.map { [Field(name, $0, isNullable: onError == .emitNull)] }
        return appending(.addColumn, name, nil, compute, resources, onError, schema, .addColumn(body), column: name)
    }

    /// One more step of user code, described in the plan and carried beside it.
    func appending(
        _ kind: CustomTransform.Kind,
        _ name: String,
        _ batch: BatchSize?,
        _ compute: Compute,
        _ resources: Resources,
        _ onError: ErrorPolicy,
        _ schema: [Field]?,
        _ code: UserCode,
        column: String? = nil
    ) -> Dataset {
        var description = CustomTransform(
            name: name,
            position: stages.count,
            kind: kind,
            batch: batch,
            compute: compute == .tasks() ? nil : compute
        )
        description.resources = resources
        description.onError = onError
        description.schema = schema
        description.column = column
        return appending(.transform(description), stage: code)
    }
}
