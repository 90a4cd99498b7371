package import PenstockCore
import PenstockPlan

/// Divides Parquet files into tasks: `path` → `path: string, first_row_group: int32, row_group_count: int32, rows: int64,
/// bytes: int64`, a row for each row group, or for neighbours that are small.
///
/// Reads footers only. `bytes` are those of the encoded columns, not compressed, as the file claims. Files without rows give
/// none.
package struct SplitTablesTransform: BatchTransform {
    package let name = "split"
    private let runBytes: Bytes
    private let rowLimit: Int?
    private let shuffleSeed: UInt64?
    private let skipsBadFiles: Bool
    private let files: StoreAccess

    /// - `runBytes`: neighbours are joined up to this. `rowLimit`: stop once so many rows are covered; needs one worker.
    /// - `shuffleSeed`: shuffles what comes of each batch of files; for all together list them as one block.
    /// - `skipsBadFiles`: a file that cannot be read becomes a failed row instead of the end of the run.
    package init(
        runBytes: Bytes = .mebibytes(32),
        rowLimit: Int? = nil,
        shuffleSeed: UInt64? = nil,
        skipsBadFiles: Bool = false,
        files: StoreAccess = StoreAccess()
    ) {
        self.runBytes = runBytes
        self.rowLimit = rowLimit
        self.shuffleSeed = shuffleSeed
        self.skipsBadFiles = skipsBadFiles
        self.files = files
    }

    package struct State {
        var coveredRows = 0
        var random: SeededNumbers?
    }

    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> State {
        files.follow(context)
        return State(random: shuffleSeed.map { SeededNumbers(seed: $0) })
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        var output = TransformOutput([])
        var runs: [RowGroupRun] = []
        var rows = state.coveredRows
        for index in 0..<paths.count {
            // A shuffle chooses among all files of the batch, so that none may be left unread.
            if let rowLimit, rows >= rowLimit, state.random == nil { break }
            let path = paths.string(index)
            do throws(StageError) {
                let found = try split(path)
                rows += found.reduce(0) { $0 + $1.rows }
                runs += found
            } catch {
                if !skipsBadFiles || !error.isAboutOneFile { throw error }
                output.failures.append(RowFailure(path: path, stage: name, error: error))
            }
        }
        if state.random != nil { state.random.shuffle(&runs) }
        limit(&runs, &state, &output)
        output.retryCount += files.takeTableRetries()
        if !runs.isEmpty { output.blocks = [RowGroupRun.block(runs)] }
        return output
    }

    package func outputBytes(for block: Block) -> Bytes { block.byteCount + Bytes(block.rowCount * 4096) }

    private func limit(_ runs: inout [RowGroupRun], _ state: inout State, _ output: inout TransformOutput) {
        guard let rowLimit else { return }
        var kept = 0
        while kept < runs.count, state.coveredRows < rowLimit {
            state.coveredRows += runs[kept].rows
            kept += 1
        }
        runs.removeSubrange(kept...)
        output.isLast = state.coveredRows >= rowLimit
    }

    private func split(_ path: String) throws(StageError) -> [RowGroupRun] {
        let reader = try TableFileReader(path, format: .parquet, files: files)
        var runs: [RowGroupRun] = []
        for index in 0..<reader.rowGroupCount {
            let group = try reader.rowGroup(index)
            if let last = runs.last, last.bytes + group.bytes <= runBytes.count {
                runs[runs.count - 1].append(group)
            } else {
                runs.append(RowGroupRun(path: path, first: index, count: 1, rows: group.rows, bytes: group.bytes))
            }
        }
        return runs.filter { $0.rows > 0 }
    }
}

/// Neighbouring row groups of a file.
struct RowGroupRun {
    let path: String
    let first: Int
    var count: Int
    var rows: Int
    var bytes: Int

    mutating func append(_ group: TableFileReader.RowGroup) {
        count += 1
        rows += group.rows
        bytes += group.bytes
    }

    static func block(_ runs: [RowGroupRun]) -> Block {
        Block([
            "path": Column(strings: runs.map(\.path)),
            "first_row_group": Column(int32: runs.map { Int32($0.first) }),
            "row_group_count": Column(int32: runs.map { Int32($0.count) }),
            "rows": Column(int64: runs.map { Int64($0.rows) }),
            "bytes": Column(int64: runs.map { Int64($0.bytes) }),
        ])
    }
}

extension SeededNumbers? {
    fileprivate mutating func shuffle<Element>(_ elements: inout [Element]) {
        if var numbers = self {
            elements.shuffle(with: &numbers)
            self = numbers
        }
    }
}

extension StageError {
    /// Whether another file may well be read all the same.
    var isAboutOneFile: Bool {
        [.damagedData, .unsupportedFormat, .tooLarge, .notFound, .inputOutput].contains(code)
    }
}
