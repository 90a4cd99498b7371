import Penstock
import Testing

@Suite("Memory of a run", .serialized, .timeLimit(.minutes(15)))
struct MemoryTests {
    private static let limit = Bytes.mebibytes(128)

    /// 2 GiB of rows, 1 MiB each batch, made from numbers.
    private let large = Dataset.range(2048, overrideBlockCount: 2048).mapBatches("make", batchSize: 1) { batch in
        var bytes = MutableBuffer<UInt8>(count: 1 << 20)
        let number = UInt8(truncatingIfNeeded: try batch.block.int64s("id")[0])
        bytes.withMutableSpan { span in
            for index in stride(from: 0, to: span.count, by: 4096) { span[index] = number }
        }
        return try Block(columns: [
            "image": Column(.tensorUInt8(Tensor(shape: [1, 1 << 20], elements: bytes.freeze())))
        ])
    }

    @Test("2 GiB through a run of 128 MiB never hold more than that")
    func stats() async throws {
        let report = try await large.mapBatches("pass", batchSize: 3, compute: .actors(1)) { batch in
            try batch.block.adding("n", Column(int64: Array(repeating: 1, count: batch.rowCount)))
        }
        .stats(options: .cores(2, memory: Self.limit))
        #expect(report.rowsWritten == 2048)
        #expect(report.stages[1].bytesOut >= 2 << 30)
        #expect(report.peakBytesHeld <= Self.limit.count)
        #expect(report.peakBytesHeld > 3 << 20)
        #expect(report.bytesHeldAtEnd == 0)
    }

    @Test("A slow consumer of batches holds the pipeline back")
    func slowConsumer() async throws {
        let made = Calls()
        let monitor = RunMonitor()
        var options = RunOptions.cores(2, memory: Self.limit)
        options.monitor = monitor
        let dataset = large.mapBatches("count", batchSize: 1, compute: .actors(1)) { batch in
            made.add()
            return batch.block
        }
        var taken = 0
        for try await batch in dataset.iterBatches(batchSize: 2, prefetch: 2, options: options) {
            taken += batch.rowCount
            // What is made beyond what was taken lies in queues, which have bounds.
            #expect(made.count - taken <= Self.limit.count >> 20)
            if taken == 400 { break }
        }
        #expect(taken == 400)
    }
}
