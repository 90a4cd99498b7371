import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// The executor with threads: output in pieces, early ends and large blocks.
@Suite(.timeLimit(.minutes(15))) struct ExecutorPieceTests {
    @Test(arguments: [1, 3], [false, true])
    func piecesGiveTheSameRowsAsWholes(workers: Int, preservesOrder: Bool) async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 300
        pipeline.workers = workers
        pipeline.preservesOrder = preservesOrder
        pipeline.pieceRows = 2
        pipeline.outputBudget = Bytes(200)
        pipeline.fate = { $0 % 10 == 3 ? .fail : $0 % 10 == 5 ? .skip : .rows(1) }
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        let expected = (0..<Int64(300)).filter { $0 % 10 != 3 && $0 % 10 != 5 }
        #expect((preservesOrder ? pipeline.probe.writtenIDs : pipeline.probe.writtenIDs.sorted()) == expected)
        #expect(outcome.end == .done)
        #expect(outcome.counts.rowsQuarantined == 30)
        #expect(outcome.counts.rowsSkipped == 30)
        #expect(outcome.stages[1].rows == 300)
        #expect(outcome.unfinishedRows == 0)
        #expect(pipeline.probe.calls(.proceed) > 100)
    }

    @Test func aBatchOfManyPiecesNeedsLittleMemory() async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 10
        pipeline.blockRows = 10
        pipeline.batch = .wholeBlock
        pipeline.workers = 1
        pipeline.pieceRows = 1
        pipeline.memory = .kibibytes(256)
        pipeline.outputBudget = .kibibytes(32)
        pipeline.fate = { _ in .rows(1000) }
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .done)
        #expect(pipeline.probe.writtenIDs.count == 10_000)
        // All of it at once would be 140 kB; a piece is 14, and there is one before the sink and one in it.
        #expect(outcome.peakBytesHeld < Bytes(80_000))
    }

    @Test func anErrorInALaterPieceNamesTheBatch() async {
        let failure = StageError(.inputOutput, "the disk is gone")
        var pipeline = FakePipeline(Probe([.proceed: (1, .fail(failure))]))
        pipeline.workers = 1
        pipeline.batch = .wholeBlock
        pipeline.pieceRows = 2
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        guard case .failed(let error) = outcome.end else {
            Issue.record("the run ended \(outcome.end)")
            return
        }
        #expect(error.location?.block == 0)
        #expect(error.location?.rows == 0..<7)
        #expect(error.location?.firstPath == "row-0")
        #expect(outcome.unfinishedRows == outcome.counts.rowsRead - outcome.summary.rowCount)
    }

    @Test(arguments: [1, 4])
    func aTransformMayEndTheRunEarly(workers: Int) async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 1_000_000
        pipeline.workers = workers
        pipeline.preservesOrder = true
        pipeline.batch = .wholeBlock
        pipeline.blockRows = 5
        pipeline.lastRow = 54
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .done)
        #expect(pipeline.probe.writtenIDs == Array(0..<55))
        #expect(outcome.summary.rowCount == 55)
        #expect(outcome.unfinishedRows == 0)
        #expect(outcome.counts.rowsRead < 10_000)
        #expect(outcome.counts.rowsRead == 55 + outcome.counts.rowsNotNeeded)
        #expect(pipeline.probe.committedWhileStopping == false)
    }

    @Test func anEarlyEndWhileTheSourceWorksWaitsForItAndDropsItsRows() async {
        let gate = Gate()
        var pipeline = FakePipeline(Probe([.sourceNext: (2, .hold(gate)), .commit: (0, .hold(gate))]))
        pipeline.blockRows = 10
        pipeline.batch = .wholeBlock
        pipeline.lastRow = 9
        let executor = pipeline.executor()
        let outcome = await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            gate.open()
            gate.open()
            return await group.next()
        }
        #expect(outcome?.end == .done)
        #expect(outcome?.bytesHeldAtEnd == .zero)
        #expect(Set(pipeline.probe.writtenIDs).isSuperset(of: 0..<10))
        #expect(outcome?.counts.rowsRead == pipeline.probe.writtenIDs.count + (outcome?.counts.rowsNotNeeded ?? 0))
    }

    @Test func failuresOfRowsThatAreNotNeededDoNotReachTheSink() async {
        let gate = Gate()
        var pipeline = FakePipeline(Probe([.apply: (0, .hold(gate))]))
        pipeline.rowCount = 1_000_000
        pipeline.blockRows = 5
        pipeline.batch = .wholeBlock
        pipeline.lastRow = 9
        pipeline.fate = { $0 % 2 == 0 ? .fail : .rows(1) }
        let executor = pipeline.executor()
        let outcome = await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            // One batch stands at the gate, rows 0 to 4 or 5 to 9; the source ends when the other worker had row 9.
            while executor.snapshot().stages[1].rows < 5 { await Task.yield() }
            gate.open()
            return await group.next()
        }
        #expect(outcome?.end == .done)
        #expect(outcome?.counts.rowsQuarantined == pipeline.probe.quarantined.count)
        let fates = pipeline.probe.writtenIDs.count + pipeline.probe.quarantined.count
        #expect(outcome?.counts.rowsRead == fates + (outcome?.counts.rowsNotNeeded ?? 0))
        #expect(outcome?.bytesHeldAtEnd == .zero)
    }

    @Test func aLargeBlockIsQueuedAsSeveral() async {
        var pipeline = FakePipeline()
        pipeline.blockRows = 50
        pipeline.batch = .wholeBlock
        // A row has 8 bytes of number and up to 10 of text.
        pipeline.maxBlockBytes = Bytes(200)
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(pipeline.probe.writtenIDs.sorted() == Array(0..<100))
        #expect(outcome.stages[0].blocksOut >= 8)
        #expect(outcome.stages[0].bytesPerBlock.max <= 200)
        #expect(outcome.stages[1].tasks == outcome.stages[0].blocksOut)
    }

    @Test func aRowLargerThanABlockMayBeStaysWhole() async {
        var pipeline = FakePipeline()
        pipeline.maxBlockBytes = Bytes(1)
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(pipeline.probe.writtenIDs.sorted() == Array(0..<100))
        #expect(outcome.stages[0].rowsPerBlock.max == 1)
    }
}
