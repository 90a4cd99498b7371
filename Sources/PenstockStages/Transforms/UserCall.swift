import PenstockCore
import PenstockPlan

/// One call of the user's code with a block: what it gave, checked, or what went wrong, said so that it can be mended.
struct UserCall {
    let transform: CustomTransform
    let code: UserCode
    /// Name of the operator, which messages carry in any case.
    let chainName: String
    let context: StageContext

    struct Result {
        var block: Block?
        var failures: [RowFailure] = []
    }

    func run(_ block: Block) throws(StageError) -> Result {
        switch code {
        case .map(let body): return try rows(block) { row, writer in try body(row, &writer.rows) }
        case .flatMap(let body): return try rows(block, body)
        case .filter(let isIncluded): return try filtered(block, isIncluded)
        case .mapBatches(let body): return try batches(block, body)
        case .addColumn(let body): return try column(block, body)
        case .rows(let choose): return Result(block: try block.taking(try choose(block)))
        }
    }

    /// Rows between two looks at whether the run is being stopped.
    private static let rowsPerLook = 4096

    // MARK: Rows

    private func rows(
        _ block: Block,
        _ body: (Row, inout RowsWriter) throws -> Void
    ) throws(StageError) -> Result {
        var result = Result()
        var writer = RowsWriter(capacity: block.rowCount, schema: transform.schema)
        do {
            try block.forEachRow { row in
                try stopIfCancelled(row.index)
                let finished = writer.rows.rowCount
                do {
                    try body(row, &writer)
                    if transform.kind == .map { try writer.rows.endRow() }
                } catch {
                    writer.rows.undo(to: finished)
                    try handle(error, row, &result) { writer.rows.appendNullRow() }
                }
            }
            try checkColumns(writer.rows)
            result.block = try writer.rows.finish()
        } catch {
            throw stageError(error)
        }
        return result
    }

    /// A batch whose rows all failed has no columns that `emitNull` could leave without values.
    private func checkColumns(_ rows: RowWriter) throws(StageError) {
        guard transform.onError == .emitNull, rows.rowCount > 0, !rows.hasColumns else { return }
        throw StageError(
            .userCode,
            "\(prefix)its code threw for all \(rows.rowCount) rows of the batch, so emitNull does not know the columns. Declare them: schema: [Field(\"name\", .float32)]."
        )
    }

    private func filtered(_ block: Block, _ isIncluded: (Row) throws -> Bool) throws(StageError) -> Result {
        var result = Result()
        var kept: [Int] = []
        kept.reserveCapacity(block.rowCount)
        do {
            try block.forEachRow { row in
                try stopIfCancelled(row.index)
                do {
                    if try isIncluded(row) { kept.append(row.index) }
                } catch {
                    // Without an answer there is no row to keep, whatever the policy; emitNull keeps it as it is.
                    try handle(error, row, &result) { kept.append(row.index) }
                }
            }
        } catch {
            throw stageError(error)
        }
        result.block = kept.isEmpty ? nil : try block.taking(kept)
        return result
    }

    private func stopIfCancelled(_ row: Int) throws {
        if row % Self.rowsPerLook == 0, context.isCancelled() {
            throw StageError(.cancelled, "the run was stopped while \(transform.name) worked.")
        }
    }

    private func handle(
        _ error: any Error,
        _ row: Row,
        _ result: inout Result,
        emitNull: () -> Void
    ) throws {
        if let error = error as? StageError, error.code == .cancelled { throw error }
        let described = StageError(.userCode, "\(prefix)row \(row.index) of the batch: \(text(error))\(advice)")
        switch transform.onError {
        case .fail: throw described
        case .skip: result.failures.append(failure(row.block, row.index, error))
        case .emitNull: emitNull()
        }
    }

    // MARK: Batches

    private func batches(_ block: Block, _ body: (Batch) throws -> Block) throws(StageError) -> Result {
        var result = Result()
        do {
            let made = try body(Batch(block))
            try check(made)
            // In the order that was declared, so that batches can be joined.
            result.block =
                try transform.schema.map { fields throws(StageError) in
                    try made.selecting(fields.map(\.name))
                } ?? made
        } catch {
            result = try handled(error, block) { () throws(StageError) in try nulls(block.rowCount) }
        }
        return result
    }

    private func column(_ block: Block, _ body: (Batch) throws -> Column) throws(StageError) -> Result {
        var result = Result()
        let name = transform.column ?? transform.name
        do {
            let made = try body(Batch(block))
            guard made.count == block.rowCount else {
                throw StageError(
                    .userCode,
                    "the new column \"\(name)\" has \(rows: made.count) and the batch has \(block.rowCount); return one value for each row."
                )
            }
            if let field = transform.schema?.first, field.type != made.type {
                throw StageError(
                    .userCode,
                    "the new column \"\(name)\" holds \(made.type), and \(field.type) was declared. Return \(field.type), or change type:."
                )
            }
            result.block = try block.adding(name, made)
        } catch {
            result = try handled(error, block) { () throws(StageError) in
                guard let type = transform.schema?.first?.type else {
                    throw StageError(
                        .userCode,
                        "emitNull needs the type of the column \"\(name)\": declare it with type:."
                    )
                }
                return try block.adding(name, try nullColumn(type, block.rowCount))
            }
        }
        return result
    }

    private func handled(
        _ error: any Error,
        _ block: Block,
        emitNull: () throws(StageError) -> Block
    ) throws(StageError) -> Result {
        let described = StageError(.userCode, "\(prefix)\(text(error))\(advice)")
        if let error = error as? StageError, error.code == .cancelled { throw error }
        switch transform.onError {
        case .fail: throw described
        case .skip: return Result(failures: (0..<block.rowCount).map { failure(block, $0, error) })
        case .emitNull: return Result(block: try emitNull())
        }
    }

    /// What was declared must come.
    private func check(_ made: Block) throws(StageError) {
        guard let wanted = transform.schema else { return }
        let names = made.schema.fields.map(\.name)
        if let missing = wanted.first(where: { !names.contains($0.name) }) {
            throw StageError(
                .userCode,
                "the batch that was returned lacks the column \"\(missing.name)\": it has [\(made.schema)], and [\(Schema(wanted))] was declared. Return that column, or change schema:."
            )
        }
        for field in wanted {
            if let type = made[field.name]?.type, type != field.type {
                throw StageError(
                    .userCode,
                    "the column \"\(field.name)\" that was returned holds \(type), and \(field.type) was declared. Return \(field.type), or change schema:."
                )
            }
        }
        if let extra = names.first(where: { name in !wanted.contains { $0.name == name } }) {
            throw StageError(
                .userCode,
                "the batch that was returned has the column \"\(extra)\", which was not declared: [\(Schema(wanted))]. Leave it out, or add it to schema:."
            )
        }
    }

    private func nulls(_ rowCount: Int) throws(StageError) -> Block {
        var columns: [(name: String, column: Column)] = []
        for field in transform.schema ?? [] { columns.append((field.name, try nullColumn(field.type, rowCount))) }
        return try Block(checking: columns, rowCount: rowCount)
    }

    private func nullColumn(_ type: ColumnType, _ rowCount: Int) throws(StageError) -> Column {
        let builder = ColumnBuilder.make(type)
        for _ in 0..<rowCount { builder.appendNull() }
        return try builder.finish()
    }

    // MARK: Words

    /// In a chain the operator's name is several names; this says which of them.
    private var prefix: String { chainName == transform.name ? "" : "in \"\(transform.name)\": " }

    private func text(_ error: any Error) -> String {
        if let error = error as? StageError { return error.message }
        return "its code threw \(type(of: error)): \(error)."
    }

    /// What to do, where the code itself failed.
    private var advice: String {
        " To go on without such rows use onError: .skip(max:), to keep them without values .emitNull."
    }

    private func failure(_ block: Block, _ row: Int, _ error: any Error) -> RowFailure {
        var path = "row \(row) of a batch"
        if case .string(let paths)? = block["path"]?.values { path = paths.string(row) }
        return RowFailure(path: path, stage: transform.name, error: StageError(.userCode, text(error)))
    }

    private func stageError(_ error: any Error) -> StageError {
        (error as? StageError) ?? StageError(.userCode, "\(prefix)\(text(error))\(advice)")
    }
}

extension String.StringInterpolation {
    /// `1 row`, `3 rows`.
    mutating func appendInterpolation(rows count: Int) { appendLiteral(count == 1 ? "1 row" : "\(count) rows") }
}
