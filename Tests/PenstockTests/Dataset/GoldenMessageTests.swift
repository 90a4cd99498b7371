import Penstock
import Testing

/// Whole messages, as people read them: where, what came, what was expected, what to do.
@Suite("Messages about mistakes in code of the user's")
struct GoldenMessageTests {
    private static let advice =
        " To go on without such rows use onError: .skip(max:), to keep them without values .emitNull."

    /// Two rows with paths.
    private let files: Dataset
    /// Four rows with paths, in two blocks.
    private let moreFiles: Dataset

    init() throws {
        let blocks = try [0, 2].map { first in
            try Block(columns: [
                "path": Column(strings: ["\(first).jpg", "\(first + 1).jpg"]),
                "size": Column(int64: [Int64(first), Int64(first) + 1]),
            ])
        }
        files = try Dataset.fromBlocks([blocks[0]])
        moreFiles = try Dataset.fromBlocks(blocks)
    }

    /// Runs the dataset, which must fail with this message.
    private func expect(
        _ dataset: Dataset,
        _ wanted: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let text = try await message(dataset)
        #expect(text == wanted, sourceLocation: sourceLocation)
    }

    /// What a run says; the number of the task, which varies, as `#`.
    private func message(_ dataset: Dataset) async throws -> String {
        let error = try await runError { _ = try await dataset.takeAll(options: .cores(1)) }
        #expect(error.report.bytesHeldAtEnd == 0)
        #expect(error.report.outcome == .failed)
        return error.description.replacing(/\(task \d+,/, with: "(task #,")
    }

    @Test("An unknown column: operator, block, rows, first path, the columns there are, the nearest name")
    func unknownColumn() async throws {
        let columns = "there is no column \"sise\"; there are \"path\", \"size\". Did you mean \"size\"?"
        let place = "(task #, block 0, rows 0..<2, first \"0.jpg\"): "
        try await expect(
            files.filter { try $0.int("sise") > 1 },
            "filter \(place)row 0 of the batch: \(columns)\(Self.advice)"
        )
        try await expect(
            files.map("scale") { row, out in out.set("n", try row.int("sise")) },
            "scale \(place)row 0 of the batch: \(columns)\(Self.advice)"
        )
        try await expect(
            files.mapBatches { batch in try batch.block.dropping(["sise"]) },
            "mapBatches \(place)\(columns)\(Self.advice)"
        )
        for change in [
            files.selectColumns(["path", "sise"]), files.dropColumns(["sise"]), files.renameColumns(["sise": "n"]),
        ] {
            try await expect(change, "columns \(place)\(columns)")
        }
    }

    @Test("Code that throws: which row of which block, what was thrown, how to go on")
    func thrownError() async throws {
        let dataset = moreFiles.mapBatches("scale", batchSize: 2) { batch in
            if try batch.block.strings("path").string(1) == "3.jpg" { throw Refused() }
            return batch.block
        }
        try await expect(
            dataset,
            "scale (task #, block 1, rows 0..<2, first \"2.jpg\"): its code threw Refused: refused.\(Self.advice)"
        )
        let rows = files.map("scale") { row, out in
            if try row.string("path") == "1.jpg" { throw Refused() }
            try out.copy(row)
        }
        try await expect(
            rows,
            "scale (task #, block 0, rows 0..<2, first \"0.jpg\"): row 1 of the batch: its code threw Refused: refused.\(Self.advice)"
        )
    }

    @Test("In a chain that shares a task the message says which step it was")
    func chain() async throws {
        let dataset = files.map("first") { row, out in try out.copy(row) }
            .map("second") { row, out in out.set("n", try row.string("size")) }
        try await expect(
            dataset,
            "first → second (task #, block 0, rows 0..<2, first \"0.jpg\"): in \"second\": row 0 of the batch: the column \"size\" holds int64, and string was asked for. Read it as int64, or convert it.\(Self.advice)"
        )
    }

    @Test("Too few rows: what came, what was expected")
    func tooFewRows() async throws {
        let place = "(task #, block 0, rows 0..<2, first \"0.jpg\"): "
        try await expect(
            files.addColumn("score") { _ in Column(float32: [1]) },
            "score \(place)the new column \"score\" has 1 row and the batch has 2; return one value for each row.\(Self.advice)"
        )
        let uneven = files.mapBatches { batch in
            try Block(columns: ["a": Column(int64: [1, 2]), "b": Column(int64: [1])])
        }
        try await expect(
            uneven,
            "mapBatches \(place)the column \"b\" has 1 row and \"a\" has 2; all columns of a block have the same number.\(Self.advice)"
        )
    }

    @Test("Columns that were declared and do not come, or are of another type or shape")
    func declaredColumns() async throws {
        let place = "mapBatches (task #, block 0, rows 0..<2, first \"0.jpg\"): "
        func made(_ schema: [Field]) -> Dataset { files.mapBatches(schema: schema) { $0.block } }
        try await expect(
            made([Field("path", .string), Field("label", .string)]),
            "\(place)the batch that was returned lacks the column \"label\": it has [path: string, size: int64], and [path: string, label: string] was declared. Return that column, or change schema:.\(Self.advice)"
        )
        try await expect(
            made([Field("path", .string), Field("size", .float32)]),
            "\(place)the column \"size\" that was returned holds int64, and float was declared. Return float, or change schema:.\(Self.advice)"
        )
        try await expect(
            made([Field("path", .string)]),
            "\(place)the batch that was returned has the column \"size\", which was not declared: [path: string]. Leave it out, or add it to schema:.\(Self.advice)"
        )
        try await expect(
            files.addColumn("v", type: .tensorFloat32([3])) { _ in
                Column(.tensorFloat32(Tensor(shape: [2, 2], elements: Buffer([1, 2, 3, 4]))))
            },
            "v (task #, block 0, rows 0..<2, first \"0.jpg\"): the new column \"v\" holds tensor<float, [2]>, and tensor<float, [3]> was declared. Return tensor<float, [3]>, or change type:.\(Self.advice)"
        )
    }

    @Test("Values of a column that change their type from row to row")
    func changingTypes() async throws {
        let dataset = files.map { row, out in
            if try row.int("size") == 0 { out.set("n", 1) } else { out.set("n", "one") }
        }
        try await expect(
            dataset,
            "map (task #, block 0, rows 0..<2, first \"0.jpg\"): row 1 of the batch: the column \"n\" was set to string; it holds int64. Give every row's value the same type.\(Self.advice)"
        )
    }

    @Test("More rows than may be skipped end the run, with the last thing that was thrown")
    func tooManySkipped() async throws {
        let dataset = files.map(onError: .skip(max: 1)) { _, _ in throw Refused() }
        try await expect(
            dataset,
            "map (task #, block 0, rows 0..<2, first \"0.jpg\"): map: its code threw for 2 rows, more than skip(max: 1) allows. The last one, 1.jpg: its code threw Refused: refused. Mend what it threw for, or raise max."
        )
        let report = try await moreFiles.map(onError: .skip(max: 4)) { _, _ in throw Refused() }.stats()
        #expect((report.rowsQuarantined, report.rowsWritten, report.outcome) == (4, 0, .done))
    }

    @Test("The plan that can never be placed is refused with its arithmetic; the one that deadlocks in Ray runs")
    func deadlock() async throws {
        let numbers = Dataset.range(1000, overrideBlockCount: 20)
        let error = try await #require(
            #expect(throws: PlanError.self) {
                _ = try await numbers.mapBatches(compute: .actors(2), resources: Resources(cpus: 2)) { $0.block }
                    .stats(options: .cores(2))
            }
        )
        #expect(
            error.message
                == "mapBatches: 2 workers × 2 CPU = 4 CPUs, and there are 2 (shared with reading and decoding), so they could never all work. Use .actors(1), or Resources(cpus: 1) if each really needs less."
        )
        let report = try await numbers.map { row, out in try out.copy(row) }
            .mapBatches("model", batchSize: 8, compute: .actors(2)) { $0.block }
            .stats(options: .cores(2))
        #expect(report.rowsWritten == 1000)
        #expect(report.stages.first { $0.name == "model" }?.workers == 2)
    }

    @Test("A batch larger than the memory is refused where rows are known")
    func batchLargerThanMemory() async throws {
        let error = try await #require(
            #expect(throws: PlanError.self) {
                _ = try await Dataset.range(1_000_000_000).mapBatches(batchSize: 100_000_000) { $0.block }
                    .stats(options: .cores(2, memory: .mebibytes(64)))
            }
        )
        #expect(
            error.message
                == "mapBatches: a batch of 100000000 rows × 8 B = 762.9 MiB, and the run may take 64 MiB. Use at most 8388608 rows, or raise --memory."
        )
    }

    @Test("A batch larger than the memory ends the run where rows are known only there")
    func batchLargerThanMemoryAtRunTime() async throws {
        let dataset = Dataset.range(150)
            .mapBatches(batchSize: 1) { _ in
                let bytes = MutableBuffer<UInt8>(count: 1 << 20)
                let image = Tensor(shape: [1, 1 << 20], elements: bytes.freeze())
                return try Block(columns: ["image": Column(.tensorUInt8(image))])
            }
            .mapBatches("large", batchSize: 100) { $0.block }
        let error = try await runError { _ = try await dataset.stats(options: .cores(2, memory: .mebibytes(64))) }
        #expect(
            error.description.replacing(/\(task \d+,/, with: "(task #,")
                == "large (task #, block 0, rows 0..<1 and 99 more): one task needs 100 MiB, more than the memory limit of 64 MiB. Raise --memory or lower --batch-size."
        )
        #expect(error.report.bytesHeldAtEnd == 0)
    }
}
