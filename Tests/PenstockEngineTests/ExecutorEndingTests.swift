import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// The executor with threads and fake stages: failure and cancellation at every stage, while it works.
@Suite(.timeLimit(.minutes(15))) struct ExecutorEndingTests {
    private static let failure = StageError(.inputOutput, "the disk is gone")

    @Test(arguments: Moment.allCases)
    func aFailureAnywhereEndsTheRunAndGivesEverythingBack(moment: Moment) async {
        var pipeline = FakePipeline(Probe([moment: (0, .fail(Self.failure))]))
        pipeline.pieceRows = moment == .proceed ? 2 : nil
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(error(of: outcome)?.code == .inputOutput)
        #expect(error(of: outcome)?.message == "the disk is gone")
        #expect(error(of: outcome)?.location?.operatorName == operatorName(of: moment))
        expectRowsAtMostOnce(pipeline.probe)
    }

    @Test(arguments: [Moment.sourceNext, .apply, .write])
    func aFailureInTheMiddleKeepsWhatWasFinished(moment: Moment) async {
        let pipeline = FakePipeline(Probe([moment: (5, .fail(Self.failure))]))
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(error(of: outcome) != nil)
        expectRowsAtMostOnce(pipeline.probe)
        // Only a sink that failed itself gives up what is not final.
        #expect(pipeline.probe.aborts == (moment == .write ? 1 : 0))
        #expect(pipeline.probe.calls(.commit) == (moment == .write ? 0 : 1))
        #expect(outcome.summary.rowCount == (moment == .write ? 0 : pipeline.probe.writtenIDs.count))
        #expect(outcome.unfinishedRows == outcome.counts.rowsRead - outcome.summary.rowCount)
    }

    @Test func aCommitThatFailsIsAborted() async {
        let pipeline = FakePipeline(Probe([.commit: (0, .fail(Self.failure))]))
        _ = await pipeline.run()
        #expect(pipeline.probe.aborts == 1)
    }

    @Test func oneWorkerOfSevenThatDoesNotStartEndsTheRun() async {
        var pipeline = FakePipeline(Probe([.makeState: (4, .fail(Self.failure))]))
        pipeline.workers = 7
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(error(of: outcome)?.location?.operatorName == "rows")
    }

    @Test func anErrorSaysWhereItHappened() async {
        var pipeline = FakePipeline(Probe([.apply: (2, .fail(Self.failure))]))
        pipeline.workers = 1
        pipeline.batch = .exactly(10)
        let outcome = await pipeline.run()
        let location = error(of: outcome)?.location
        #expect(location?.operatorName == "rows")
        #expect(location?.task != nil)
        #expect(location?.firstPath == "row-20")
        #expect(location?.rowCount == 10)
        // Blocks have 7 rows: row 20 is the last of the third block.
        #expect(location?.block == 2)
        #expect(location?.rows == 6..<7)
        let place = "block 2, rows 6..<7 and 9 more, first \"row-20\"): the disk is gone"
        #expect(error(of: outcome)?.description.hasSuffix(place) == true)
    }

    @Test func anErrorInOneBlockNamesItsRows() async {
        var pipeline = FakePipeline(Probe([.apply: (4, .fail(Self.failure))]))
        pipeline.workers = 1
        pipeline.batch = .exactly(4)
        pipeline.blockRows = 8
        let outcome = await pipeline.run()
        let task = error(of: outcome)?.location?.task ?? -1
        let text = "rows (task \(task), block 2, rows 0..<4, first \"row-16\"): the disk is gone"
        #expect(error(of: outcome)?.description == text)
    }

    @Test func anOutputLargerThanTheMemoryIsAnErrorThatNamesTheRows() async {
        var pipeline = FakePipeline()
        pipeline.memory = Bytes(600)
        pipeline.fate = { _ in .rows(100) }
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(error(of: outcome)?.code == .tooLarge)
        #expect(error(of: outcome)?.location?.firstPath == "row-0")
    }

    @Test func aReservationLargerThanTheMemoryIsAnError() async {
        var pipeline = FakePipeline()
        pipeline.memory = Bytes(200)
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(error(of: outcome)?.code == .tooLarge)
        #expect(error(of: outcome)?.location?.operatorName == "rows")
    }

    @Test(arguments: [Moment.sourceStart, .sourceNext, .load, .makeState, .apply, .proceed, .open, .write])
    func cancellingWhileAStageWorksEndsTheRunAndGivesEverythingBack(moment: Moment) async throws {
        let gate = Gate()
        var pipeline = FakePipeline(Probe([moment: (0, .hold(gate))]))
        pipeline.rowCount = 100_000
        pipeline.pieceRows = moment == .proceed ? 2 : nil
        let outcome = try #require(await pipeline.runCancelled(at: gate))
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .cancelled)
        #expect(outcome.summary.rowCount == pipeline.probe.writtenIDs.count)
        #expect(outcome.counts.rowsRead == outcome.summary.rowCount + outcome.unfinishedRows)
        #expect(pipeline.probe.calls(.commit) == 1)
        expectRowsAtMostOnce(pipeline.probe)
    }

    @Test func cancellingWhileTheSinkClosesChangesNothing() async throws {
        let gate = Gate()
        let pipeline = FakePipeline(Probe([.commit: (0, .hold(gate))]))
        let outcome = try #require(await pipeline.runCancelled(at: gate))
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .done)
        #expect(pipeline.probe.writtenIDs.count == 100)
    }

    @Test func cancellingWithOrderKeepsTheFirstRows() async throws {
        let gate = Gate()
        var pipeline = FakePipeline(Probe([.apply: (20, .hold(gate))]))
        pipeline.rowCount = 100_000
        pipeline.preservesOrder = true
        let outcome = try #require(await pipeline.runCancelled(at: gate))
        expectClean(outcome, pipeline.probe)
        let written = pipeline.probe.writtenIDs
        #expect(written == Array(0..<Int64(written.count)))
    }

    @Test func aRunThatWasCancelledBeforeItBeganEndsAtOnce() async {
        let pipeline = FakePipeline()
        let executor = pipeline.executor()
        let outcome = await withTaskGroup(of: RunOutcome.self) { group in
            group.cancelAll()
            group.addTask { await executor.run() }
            return await group.next()
        }
        #expect(outcome?.end == .cancelled)
        #expect(outcome?.counts.rowsRead == 0)
        #expect(outcome?.bytesHeldAtEnd == .zero)
        #expect(pipeline.probe.calls(.sourceStart) == 0)
        #expect(pipeline.probe.livingStates == 0)
    }

    @Test(arguments: [Moment.sourceNext, .load, .apply])
    func stagesSeeThatTheRunStopsAfterAFailureElsewhere(moment: Moment) async {
        let pipeline = FakePipeline(Probe([moment: (0, .fail(Self.failure))]))
        _ = await pipeline.run()
        #expect(pipeline.probe.committedWhileStopping == true)
    }

    @Test func stagesSeeNoStopInARunThatGoesWell() async {
        let pipeline = FakePipeline()
        _ = await pipeline.run()
        #expect(pipeline.probe.committedWhileStopping == false)
    }

    // MARK: Helping hands

    private func error(of outcome: RunOutcome) -> StageError? {
        if case .failed(let error) = outcome.end { error } else { nil }
    }

    private func operatorName(of moment: Moment) -> String {
        switch moment {
        case .sourceStart, .sourceNext: "numbers"
        case .load, .makeState, .apply, .proceed: "rows"
        case .open, .write, .commit: "record"
        }
    }

    private func expectRowsAtMostOnce(_ probe: Probe) {
        #expect(Set(probe.writtenIDs).count == probe.writtenIDs.count)
    }
}
