public import PenstockCore
public import PenstockPlan

extension Dataset {
    /// Runs the pipeline and writes its rows as Parquet parts into a folder.
    ///
    /// - `partitionBy`: columns whose values become folders, `column=value/`. `rowsPerFile`, `bytesPerFile`: where a file ends.
    /// - Throws: `PlanError` before anything runs; `RunError` (with the report) when the run did not end well.
    @discardableResult
    public func writeParquet(
        to directory: String,
        existing: ExistingOutput = .refuse,
        partitionBy: [String] = [],
        rowsPerFile: Int? = nil,
        bytesPerFile: Bytes? = nil,
        options: RunOptions = RunOptions()
    ) async throws -> RunReport {
        var table = WriteTable(directory: directory, format: .parquet, existing: existing)
        table.cut(by: partitionBy, rowsPerFile, bytesPerFile)
        return try await write(table, options: options)
    }

    /// Runs the pipeline and writes its rows as CSV parts into a folder.
    ///
    /// - Throws: as `writeParquet`.
    @discardableResult
    public func writeCSV(
        to directory: String,
        existing: ExistingOutput = .refuse,
        partitionBy: [String] = [],
        rowsPerFile: Int? = nil,
        bytesPerFile: Bytes? = nil,
        options: RunOptions = RunOptions()
    ) async throws -> RunReport {
        var table = WriteTable(directory: directory, format: .csv, existing: existing)
        table.cut(by: partitionBy, rowsPerFile, bytesPerFile)
        return try await write(table, options: options)
    }

    /// Runs the pipeline and writes its rows as JSON lines into a folder.
    ///
    /// - Throws: as `writeParquet`.
    @discardableResult
    public func writeJSON(
        to directory: String,
        existing: ExistingOutput = .refuse,
        partitionBy: [String] = [],
        rowsPerFile: Int? = nil,
        bytesPerFile: Bytes? = nil,
        options: RunOptions = RunOptions()
    ) async throws -> RunReport {
        var table = WriteTable(directory: directory, format: .jsonl, existing: existing)
        table.cut(by: partitionBy, rowsPerFile, bytesPerFile)
        return try await write(table, options: options)
    }

    /// Runs the pipeline and writes its rows.
    ///
    /// - Throws: as `writeParquet`.
    @discardableResult
    public func write(_ table: WriteTable, options: RunOptions = RunOptions()) async throws -> RunReport {
        try await PipelineRun.prepared(writing(table), options: options).run().report
    }

    /// The dataset with a sink at its end; not run.
    ///
    /// For `explain`.
    public func writing(_ table: WriteTable) -> Dataset { appending(.write(table)) }
}

extension WriteTable {
    /// Where files and folders end.
    fileprivate mutating func cut(by columns: [String], _ rowsPerFile: Int?, _ bytesPerFile: Bytes?) {
        partitionBy = columns
        self.rowsPerFile = rowsPerFile
        self.bytesPerFile = bytesPerFile
    }
}
