import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// The executor with threads and fake stages: what comes out of a run that goes well.
@Suite(.timeLimit(.minutes(15))) struct ExecutorTests {
    @Test(arguments: [1, 2, 7], [BatchSize.wholeBlock, .exactly(10), .flexible(low: 4, high: 8)])
    func anyNumberOfWorkersGivesTheSameRows(workers: Int, batch: BatchSize) async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 500
        pipeline.workers = workers
        pipeline.batch = batch
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .done)
        #expect(pipeline.probe.writtenIDs.sorted() == Array(0..<500))
        #expect(outcome.counts.rowsRead == 500)
        #expect(outcome.summary.rowCount == 500)
        #expect(pipeline.probe.calls(.load) == 1)
        #expect(pipeline.probe.calls(.makeState) == workers)
        #expect(pipeline.probe.calls(.commit) == 1)
    }

    @Test(arguments: [2, 7])
    func orderIsKeptWhenAsked(workers: Int) async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 400
        pipeline.workers = workers
        pipeline.preservesOrder = true
        _ = await pipeline.run()
        #expect(pipeline.probe.writtenIDs == Array(0..<400))
    }

    @Test func aLaterBlockThatIsReadyFirstWaitsForTheEarlierOne() async {
        let gate = Gate()
        var pipeline = FakePipeline(Probe([.apply: (0, .hold(gate)), .sourceNext: (4, .hold(gate))]))
        pipeline.rowCount = 30
        pipeline.batch = .wholeBlock
        pipeline.preservesOrder = true
        let executor = pipeline.executor()
        let outcome = await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            gate.open()
            gate.open()
            return await group.next()
        }
        #expect(outcome?.end == .done)
        #expect(pipeline.probe.writtenIDs == Array(0..<30))
    }

    @Test(arguments: [1, 3])
    func failedAndSkippedRowsAreCountedAndFailedOnesReachTheSinkOnce(workers: Int) async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 300
        pipeline.workers = workers
        pipeline.fate = { $0 % 10 == 3 ? .fail : $0 % 10 == 5 ? .skip : .rows(1) }
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(outcome.counts.rowsQuarantined == 30)
        #expect(outcome.counts.rowsSkipped == 30)
        #expect(outcome.summary.rowCount == 240)
        #expect(outcome.unfinishedRows == 0)
        let failed = (0..<30).map { "row-\($0 * 10 + 3)" }
        #expect(pipeline.probe.quarantined.sorted() == failed.sorted())
    }

    @Test func rowsThatFailAfterTheLastGoodBlockReachTheSinkToo() async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 40
        pipeline.fate = { $0 < 10 ? .rows(1) : .fail }
        let outcome = await pipeline.run()
        #expect(outcome.end == .done)
        #expect(Set(pipeline.probe.quarantined) == Set((10..<40).map { "row-\($0)" }))
        #expect(pipeline.probe.quarantined.count == 30)
    }

    @Test func aRunWhoseRowsAllFailWritesOnlyFailures() async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 1000
        pipeline.fate = { _ in .fail }
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(pipeline.probe.writtenIDs.isEmpty)
        #expect(Set(pipeline.probe.quarantined).count == 1000)
        #expect(pipeline.probe.quarantined.count == 1000)
    }

    @Test func aSourceWithoutRowsGivesAnEmptyRun() async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 0
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .done)
        #expect(pipeline.probe.calls(.write) == 0)
        #expect(pipeline.probe.calls(.commit) == 1)
    }

    @Test func aTransformMayMultiplyRows() async {
        var pipeline = FakePipeline()
        pipeline.fate = { .rows(Int($0 % 4)) }
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(pipeline.probe.writtenIDs.sorted() == (0..<100).flatMap { Array(repeating: $0, count: Int($0 % 4)) })
        #expect(outcome.unfinishedRows == 0)
    }

    @Test func aTransformMayFilterRows() async {
        var pipeline = FakePipeline()
        pipeline.fate = { $0 % 9 == 0 ? .rows(1) : .rows(0) }
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(pipeline.probe.writtenIDs.sorted() == Array(stride(from: 0, to: 100, by: 9)))
        #expect(outcome.unfinishedRows == 0)
    }

    @Test(arguments: [1, 50, 4096])
    func littleMemoryMakesARunSlowNotStuck(budget: Int) async {
        var pipeline = FakePipeline()
        pipeline.workers = 7
        pipeline.outputBudget = Bytes(budget)
        pipeline.memory = .kibibytes(4)
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .done)
        #expect(pipeline.probe.writtenIDs.count == 100)
    }

    /// Ray's issue 65540: the reader goes on until memory is full, or leaves no CPU for the actor to start with.
    @Test(arguments: [0.0, 1.0])
    func aFastReaderNeitherStarvesASlowActorNorFillsTheMemory(sourceCPUs: Double) async {
        let gate = Gate()
        var pipeline = FakePipeline(Probe([.makeState: (0, .hold(gate))]))
        pipeline.rowCount = 100_000
        pipeline.blockRows = 50
        pipeline.workers = 1
        pipeline.cpus = 1
        pipeline.sourceCPUs = sourceCPUs
        let executor = pipeline.executor()
        let outcome = await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            // No event tells a test of a hold; a reader that is never held runs into the time limit.
            while executor.snapshot().stages[0].hold == nil { await Task.yield() }
            let snapshot = executor.snapshot()
            #expect(snapshot.stages[0].hold == "output waits for rows")
            #expect(snapshot.stages[0].busyWorkers == 0)
            #expect(snapshot.stages[1].queuedRows == snapshot.rowsRead)
            #expect(snapshot.rowsRead < 1000)
            gate.open()
            return await group.next()
        }
        #expect(outcome?.end == .done)
        #expect(pipeline.probe.writtenIDs.count == 100_000)
        #expect(outcome?.peakBytesHeld ?? .gibibytes(1) < .kibibytes(64))
        #expect(outcome?.bytesHeldAtEnd == .zero)
    }

    @Test func tooManyBadRowsEndTheRunAndWhatWasWrittenIsCommitted() async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 10_000
        pipeline.badRows = .count(20)
        pipeline.fate = { $0 % 2 == 0 ? .fail : .rows(1) }
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .tooManyBadRows)
        #expect(outcome.summary.rowCount == pipeline.probe.writtenIDs.count)
        #expect(outcome.counts.rowsQuarantined == pipeline.probe.quarantined.count)
        #expect(outcome.unfinishedRows >= 0)
    }

    @Test func theReportNamesEveryOperator() async {
        let outcome = await FakePipeline().run()
        #expect(outcome.stages.map(\.name) == ["numbers", "rows", "record"])
        #expect(outcome.stages.map(\.rows) == [100, 100, 100])
        #expect(outcome.latencies.count == 3)
        #expect(outcome.peakBytesHeld > .zero)
    }

    @Test func aSnapshotCanBeTakenBeforeWhileAndAfter() async {
        let gate = Gate()
        let executor = FakePipeline(Probe([.write: (0, .hold(gate))])).executor()
        #expect(executor.snapshot().rowsRead == 0)
        await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            #expect(executor.snapshot().stages[2].busyWorkers == 1)
            gate.open()
        }
        #expect(executor.snapshot().isFinished)
        #expect(executor.snapshot().rowsWritten == 100)
    }
}

/// What holds after every run: memory is back and every thread has let its state go.
func expectClean(_ outcome: RunOutcome, _ probe: Probe, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(outcome.bytesHeldAtEnd == .zero, sourceLocation: sourceLocation)
    #expect(probe.livingStates == 0, sourceLocation: sourceLocation)
    #expect(probe.livingShared == 0, sourceLocation: sourceLocation)
}
