import Penstock
import Testing

@Suite("Terminal calls of a dataset")
struct TerminalTests {
    @Test("Nothing runs before a terminal call, and then only what is needed")
    func laziness() async throws {
        let calls = Calls()
        let rows = Calls()
        let dataset = Dataset.range(1_000_000, overrideBlockCount: 1000)
            .map { row, out in
                calls.add()
                try out.copy(row)
            }
            .filter { row in
                rows.add()
                return try row.int("id") >= 0
            }
            .mapBatches(batchSize: 10) { batch in
                calls.add()
                return batch.block
            }
            .addColumn("n", type: .int64) { batch in
                calls.add()
                return try batch.block.selecting(["id"]).columns[0]
            }
        _ = dataset.limit(3).union(Dataset.range(2))
        _ = try dataset.explain()
        _ = try await dataset.schema()
        _ = try await dataset.blockCount()
        _ = try await dataset.sizeBytes()
        _ = dataset.iterBatches().makeAsyncIterator()
        #expect(calls.count == 0)
        #expect(rows.count == 0)
        #expect(try await dataset.take(3).count == 3)
        #expect(rows.count < 500_000, "a take stops the rest")
        #expect(try await dataset.take(0).isEmpty)
    }

    @Test("count looks at what is known, and runs only otherwise")
    func count() async throws {
        let calls = Calls()
        let mapped = Dataset.range(123).map { row, out in
            calls.add()
            try out.copy(row)
        }
        #expect(try await mapped.count() == 123)
        #expect(try await mapped.limit(5).repartition(3).count() == 5)
        #expect(calls.count == 0)
        #expect(try await mapped.filter { try $0.int("id") < 23 }.count() == 23)
        #expect(calls.count == 123)
        await #expect(throws: PlanError("range(-4): a range has 0 or more rows.")) {
            _ = try await Dataset.range(-4).count()
        }
        await #expect(throws: PlanError.self) { _ = try await Dataset.range(4).limit(-1).count() }
    }

    @Test("takeAll wants a limit to be raised knowingly")
    func takeAll() async throws {
        #expect(try await Dataset.range(10).takeAll(limit: 10).count == 10)
        let error = try await #require(
            #expect(throws: StageError.self) { _ = try await Dataset.range(11).takeAll(limit: 10) }
        )
        #expect(error.code == .tooLarge)
        #expect(
            error.message
                == "there are more than 10 rows, and takeAll collects them all in memory. Use iterBatches or writeParquet, or raise the limit knowingly: takeAll(limit: …)."
        )
        #expect(try await Dataset.range(200_000).takeAll(limit: .max).count == 200_000)
    }

    @Test("Facts of a source are exact where they are known, at any size")
    func facts() async throws {
        #expect(try await Dataset.range(100, overrideBlockCount: 7).blockCount() == 7)
        #expect(try await Dataset.range(3, overrideBlockCount: 7).blockCount() == 3)
        #expect(try await Dataset.range(0).blockCount() == 0)
        #expect(try await Dataset.range(.max).blockCount() > 1_000_000)
        #expect(try await Dataset.range(.max).sizeBytes().bytes == Bytes(.max))
        let exact = try await Dataset.range(10).sizeBytes()
        #expect((exact.bytes, exact.isEstimate) == (Bytes(80), false))
        #expect(try await Dataset.range(10).filter { _ in true }.sizeBytes().isEstimate)
        #expect(try await Dataset.range(10).repartition(4).blockCount() == 4)
        #expect(try await Dataset.range(10).repartition(rowsPerBlock: 4).blockCount() == 3)
        for dataset in [Dataset.range(5000, overrideBlockCount: 9), Dataset.range(50_000)] {
            #expect(try await dataset.materialize().blockCount == (try await dataset.blockCount()))
        }
    }

    @Test("A range without end can be taken from")
    func endless() async throws {
        let odd = Dataset.range(.max).filter { try $0.int("id") % 2 == 1 }
        #expect(try await odd.take(3).map { try $0.int("id") } == [1, 3, 5])
    }

    @Test("The schema is what the plan knows, and nil where code decides")
    func schema() async throws {
        let range = Dataset.range(5)
        #expect(try await range.schema()?.description == "id: int64")
        #expect(try await range.map { row, out in try out.copy(row) }.schema() == nil)
        #expect(
            try await range.map(schema: [Field("a", .string)]) { _, out in out.set("a", "") }.schema()?.description
                == "a: string"
        )
        #expect(
            try await range.addColumn("b", type: .bool) { _ in throw Refused() }.renameColumns(["id": "n"]).schema()?
                .description == "n: int64, b: bool"
        )
    }

    @Test("What is materialized can be used again, and knows what it is")
    func materialize() async throws {
        let calls = Calls()
        let made = try await Dataset.range(100, overrideBlockCount: 4).map { row, out in
            calls.add()
            try out.copy(row)
        }.materialize()
        #expect((made.rowCount, made.bytes) == (100, Bytes(800)))
        #expect(made.schema?.description == "id: int64")
        #expect(made.report.rowsWritten == 100)
        #expect(made.stats.contains("map"))
        #expect(try await made.dataset.filter { try $0.int("id") > 89 }.count() == 10)
        #expect(
            try await made.dataset.randomizeOrder(seed: 1).takeAll().map { try $0.int("id") }.sorted() == Array(0..<100)
        )
        #expect(calls.count == 100)
        let error = try await runError {
            _ = try await Dataset.range(10_000_000).materialize(options: .cores(2, memory: .mebibytes(64)))
        }
        #expect(
            error.description.contains(
                "the rows take more than 64 MiB, the run's memory, and materialize keeps them all."
            )
        )
        #expect(error.report.bytesHeldAtEnd == 0)
    }

    @Test("stats says what each stage did")
    func stats() async throws {
        let report = try await Dataset.range(100, overrideBlockCount: 10).mapBatches(batchSize: 20) { $0.block }.stats()
        #expect(report.stages.map(\.name) == ["range", "mapBatches", "deliver"])
        #expect(report.stages.map(\.rows) == [100, 100, 100])
        #expect((report.stages[1].tasks, report.stages[1].rowsPerBlock.max) == (5, 20))
        #expect(report.peakBytesHeld > 0 && report.bytesHeldAtEnd == 0)
        #expect(try report.json().contains("\"peak_bytes_held\""))
    }

    @Test("Batches that are iterated have the size asked for, in order", arguments: [1, 7, 256])
    func iterBatches(size: Int) async throws {
        var sizes: [Int] = []
        var ids: [Int64] = []
        let dataset = Dataset.range(500, overrideBlockCount: 9).map { row, out in try out.copy(row) }
        for try await batch in dataset.iterBatches(batchSize: size, prefetch: 2) {
            sizes.append(batch.rowCount)
            ids += try batch.block.int64s("id").array
        }
        #expect(ids == Array(0..<500))
        #expect(sizes.dropLast().allSatisfy { $0 == size })
        #expect(sizes.last == (500 % size == 0 ? size : 500 % size))
        var rows: [Int] = []
        for try await row in dataset.iterRows() { rows.append(try row.int("id")) }
        #expect(rows == Array(0..<500))
    }

    @Test("Each pass over batches is a run of its own; a finished one stays finished")
    func passes() async throws {
        let batches = Dataset.range(10).iterBatches(batchSize: 4)
        for _ in 0..<2 {
            var count = 0
            for try await batch in batches { count += batch.rowCount }
            #expect(count == 10)
        }
        let iterator = Dataset.range(1).iterBatches().makeAsyncIterator()
        #expect(try await iterator.next()?.rowCount == 1)
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
        await #expect(throws: PlanError.self) {
            for try await _ in Dataset.range(1).iterBatches(batchSize: 0) {}
        }
    }

    @Test("A local shuffle keeps every row, and is the same for the same seed however blocks are cut")
    func localShuffle() async throws {
        func ids(_ seed: UInt64, blocks: Int) async throws -> [Int64] {
            var ids: [Int64] = []
            let dataset = Dataset.range(1000, overrideBlockCount: blocks)
            for try await batch in dataset.iterBatches(batchSize: 64, localShuffleBufferSize: 100, seed: seed) {
                ids += try batch.block.int64s("id").array
            }
            return ids
        }
        let first = try await ids(5, blocks: 3)
        #expect(first.sorted() == Array(0..<1000))
        #expect(first != first.sorted())
        #expect(try await ids(5, blocks: 40) == first)
        #expect(try await ids(6, blocks: 3) != first)
    }

    @Test("Writing gives every row, in parts that are read back")
    func writing() async throws {
        let folder = try TemporaryFolder()
        let dataset = Dataset.range(100, overrideBlockCount: 3).map { row, out in out.set("n", try row.int("id") * 3) }
        for (name, write) in [("parquet", OutputFormat.parquet), ("csv", .csv), ("jsonl", .jsonl)] {
            let report = try await dataset.write(WriteTable(directory: folder(name), format: write))
            #expect(report.rowsWritten == 100)
            let blocks = try Predictions(in: folder(name)).rows(atMost: .max)
            #expect(try blocks.flatMap { try $0.integers("n") }.sorted() == (0..<100).map { $0 * 3 })
        }
        await #expect(throws: (any Error).self) { try await dataset.writeParquet(to: folder("parquet")) }
    }
}
