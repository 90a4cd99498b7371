import Penstock
import Testing

/// Adds the number of rows of its batch to each row.
private struct CountRows: BatchTransform {
    let name = "count rows"

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

    func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        let counts = Column(int64: Array(repeating: Int64(batch.rowCount), count: batch.rowCount))
        return TransformOutput([try batch.block.adding("batch_rows", counts)])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}

@Suite("A transform of the user's own")
struct MapBatchesTests {
    @Test("It sees batches of the size it asked for, and runs only when a terminal call is made")
    func batchesHaveTheSizeAskedFor() async throws {
        let dataset = Dataset.range(10, overrideBlockCount: 3)
            .mapBatches(CountRows(), batchSize: 4, compute: .actors(1))
        let rows = try await dataset.take(10)
        #expect(try rows.map { try $0.int("batch_rows") } == [4, 4, 4, 4, 4, 4, 4, 4, 2, 2])
        #expect(try dataset.explain().contains("MapBatches[count rows, batch 4, actors(1)]"))
    }

    @Test("Taking fewer rows than there are stops the run and gives the first ones")
    func takingStopsTheRun() async throws {
        let dataset = Dataset.range(100_000_000_000).mapBatches(CountRows(), batchSize: 4)
        #expect(try await dataset.take(5).map { try $0.int("id") } == [0, 1, 2, 3, 4])
    }
}
