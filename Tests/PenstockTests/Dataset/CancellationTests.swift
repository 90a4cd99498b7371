import Penstock
import Synchronization
import Testing

@Suite("Runs that are left or cancelled", .timeLimit(.minutes(15)))
struct CancellationTests {
    /// Endless rows through one watched worker.
    private func endless(_ watched: Watched) -> Dataset {
        Dataset.range(.max).mapBatches(watched, batchSize: 100, compute: .actors(1))
    }

    @Test("Leaving a loop over batches or rows ends the run and its threads")
    func leaving() async throws {
        let watched = Watched()
        for try await batch in endless(watched).iterBatches(batchSize: 10) {
            #expect(batch.rowCount == 10)
            break
        }
        for await _ in watched.ended { break }
        let rows = Watched()
        for try await row in endless(rows).iterRows() where try row.int("id") == 5 { break }
        for await _ in rows.ended { break }
        #expect((watched.loads.count, watched.states.count) == (1, 1))
    }

    @Test("A run that is left gives its memory back")
    func memoryAfterLeaving() async throws {
        let monitor = RunMonitor()
        var options = RunOptions.cores(2)
        options.monitor = monitor
        let watched = Watched()
        for try await _ in endless(watched).iterBatches(batchSize: 10, options: options) { break }
        for await _ in watched.ended { break }
        // The state's end is one of the last things of a run; its own end follows without anything else to wait for.
        while monitor.snapshot()?.isFinished != true { await Task.yield() }
        #expect(monitor.snapshot()?.stages.map(\.busyWorkers) == [0, 0, 0])
    }

    @Test("An iterator that was never asked starts nothing")
    func neverAsked() async throws {
        let watched = Watched()
        let iterator = endless(watched).iterBatches().makeAsyncIterator()
        withExtendedLifetime(iterator) {}
        #expect(watched.loads.count == 0)
    }

    @Test("A consumer that is cancelled while it waits gets a CancellationError, and the run ends")
    func cancelledConsumer() async throws {
        let door = Door()
        let watched = Watched { batch, _ throws(StageError) in
            door.arriveAndWait()
            return batch.block
        }
        let dataset = endless(watched)
        let consumer = Task {
            for try await _ in dataset.iterBatches(batchSize: 10) {}
        }
        await door.arrival()
        consumer.cancel()
        await #expect(throws: CancellationError.self) { try await consumer.value }
        door.open()
        for await _ in watched.ended { break }
    }

    enum Terminal: CaseIterable, Sendable { case take, takeAll, materialize, stats, count, write }

    @Test("Cancelling the calling task ends any terminal call, with memory given back", arguments: Terminal.allCases)
    func cancelledTerminal(terminal: Terminal) async throws {
        let folder = try TemporaryFolder()
        let door = Door()
        let watched = Watched { batch, _ throws(StageError) in
            door.arriveAndWait()
            return batch.block
        }
        let dataset = Dataset.range(1000, overrideBlockCount: 10)
            .mapBatches(watched, batchSize: 100, compute: .actors(1))
        let out = folder("out")
        let call = Task {
            switch terminal {
            case .take: _ = try await dataset.take(500)
            case .takeAll: _ = try await dataset.takeAll()
            case .materialize: _ = try await dataset.materialize()
            case .stats: _ = try await dataset.stats()
            case .count: _ = try await dataset.count()
            case .write: try await dataset.writeParquet(to: out)
            }
        }
        await door.arrival()
        call.cancel()
        door.open()
        let error = try await #require(#expect(throws: RunError.self) { try await call.value })
        #expect(error.reason == .interrupted)
        #expect(error.report.bytesHeldAtEnd == 0)
        #expect(error.report.rowsWritten <= 100, "nothing new was begun")
        for await _ in watched.ended { break }
        if terminal == .write { #expect(try writtenIDs(out).count == error.report.rowsWritten) }
    }

    private func writtenIDs(_ directory: String) throws -> [Int] {
        guard try !partNames(directory).isEmpty else { return [] }
        return try Predictions(in: directory).rows(atMost: .max).flatMap { try $0.integers("id") }
    }

    @Test("Code that watches the run is told, and may end early")
    func watchingCode() async throws {
        let door = Door()
        let watched = Watched { batch, context throws(StageError) in
            door.arriveAndWait()
            while !context.isCancelled() {}
            throw StageError(.cancelled, "stopped")
        }
        let dataset = Dataset.range(10).mapBatches(watched, compute: .actors(1))
        let call = Task { _ = try await dataset.stats() }
        await door.arrival()
        door.open()
        call.cancel()
        let error = try await #require(#expect(throws: RunError.self) { try await call.value })
        #expect(error.reason == .interrupted)
        #expect(error.report.bytesHeldAtEnd == 0)
    }

    @Test("A closure over rows is stopped between rows")
    func stoppedBetweenRows() async throws {
        let door = Door()
        let calls = Calls()
        let dataset = Dataset.range(1_000_000, overrideBlockCount: 1).map { row, out in
            if row.index == 100 { door.arriveAndWait() }
            calls.add()
            try out.copy(row)
        }
        let call = Task { _ = try await dataset.stats() }
        await door.arrival()
        call.cancel()
        door.open()
        let error = try await #require(#expect(throws: RunError.self) { try await call.value })
        #expect(error.reason == .interrupted)
        #expect(calls.count < 10_000)
        #expect(error.report.bytesHeldAtEnd == 0)
    }

    @Test("A task that is cancelled before it calls runs nothing")
    func cancelledBefore() async throws {
        let calls = Calls()
        let dataset = Dataset.range(10).mapBatches { batch in
            calls.add()
            return batch.block
        }
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await dataset.stats()
        }
        let error = try await #require(#expect(throws: RunError.self) { try await call.value })
        #expect(error.reason == .interrupted)
        #expect(calls.count == 0)
    }

    @Test("A failure in the middle reaches the consumer after the batches before it")
    func failureInTheMiddle() async throws {
        let dataset = Dataset.range(100, overrideBlockCount: 10).mapBatches(batchSize: 10) { batch in
            if try batch.block.int64s("id")[0] == 50 { throw Refused() }
            return batch.block
        }
        var ids: [Int64] = []
        let error = try await runError {
            for try await batch in dataset.iterBatches(batchSize: 10, prefetch: 3, options: .cores(1)) {
                ids += try batch.block.int64s("id").array
            }
        }
        #expect(error.description.contains("its code threw Refused: refused."))
        #expect(ids == Array(ids.indices).map(Int64.init))
        #expect(ids.count <= 50)
        #expect(error.report.bytesHeldAtEnd == 0)
    }

    @Test("A stage that cannot load ends the run with its own words", arguments: [Compute.actors(2), .actors(0...2)])
    func failingLoad(compute: Compute) async throws {
        struct Broken: BatchTransform {
            let name = "broken"
            func load(_ context: StageContext) throws(StageError) { throw StageError(.invalidModel, "no model here") }
            func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}
            func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
                TransformOutput([])
            }
            func outputBytes(for block: Block) -> Bytes { .zero }
        }
        let error = try await runError {
            _ = try await Dataset.range(100).mapBatches(Broken(), compute: compute).stats(options: .cores(2))
        }
        #expect(error.description.contains("no model here"))
        #expect(error.report.bytesHeldAtEnd == 0)
    }
}
