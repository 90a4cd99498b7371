import Penstock
import Testing

/// Adds the number of rows of its batch to each row.
private struct CountRows: BatchTransform {
    let name = "count rows"

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

    func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        let paths = try batch.block.strings("path")
        let counts = Column(int64: Array(repeating: Int64(batch.rowCount), count: batch.rowCount))
        return TransformOutput([Block(["path": Column(.string(paths)), "batch_rows": counts])])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}

@Suite("A transform of the user's own")
struct MapBatchesTests {
    @Test("It sees batches of the size it asked for, and runs only when a terminal call is made")
    func batchesHaveTheSizeAskedFor() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<10 { _ = try folder.file("image\(number).jpg") }
        let dataset = Dataset.readImages(from: [folder.path]).mapBatches(
            CountRows(),
            batchSize: .exactly(4),
            workers: 1
        )
        let rows = try #require(try await dataset.take(10))
        #expect(rows.rowCount == 10)
        #expect(try rows.int64s("batch_rows").array == [4, 4, 4, 4, 4, 4, 4, 4, 2, 2])
        #expect(try dataset.explain().contains("MapBatches[count rows, batch 4]"))
    }

    @Test("Taking fewer rows than there are stops the run and gives the first ones")
    func takingStopsTheRun() async throws {
        let folder = try TemporaryFolder()
        for number in 100..<400 { _ = try folder.file("image\(number).jpg") }
        let rows = try #require(
            try await Dataset.readImages(from: [folder.path]).mapBatches(CountRows(), batchSize: .exactly(4)).take(5)
        )
        let names = try rows.strings("path")
        #expect((0..<rows.rowCount).map { names.string($0).suffix(12) } == (100..<105).map { "image\($0).jpg" })
    }
}
