import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// Output in pieces, and an end that a transform asks for.
@Suite struct SchedulerPieceTests {
    @Test func aBatchGoesOnBeforeItsWorkerTakesAnother() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [1])
        #expect(run.finish("list", rows: [1]) == ["launch list.0 0 rows"])
        #expect(run.finish("decode", rows: [5], hasMore: true) == ["launch write.0 5 rows", "go on decode.0"])
        #expect(run.finish("decode", rows: [5], hasMore: true) == ["go on decode.0"])
        #expect(run.finish("decode", rows: [5]) == ["launch decode.0 1 rows"])
        #expect(run.scheduler.stageReports[1].rows == 1)
        #expect(run.scheduler.stageReports[1].tasks == 4)
        #expect(run.scheduler.stageReports[1].bytesIn == 20)
        #expect(run.scheduler.stageReports[1].bytesOut == 150)
    }

    @Test func anOpenBatchWaitsForItsOutputToBeTakenAndKeepsItsInput() {
        var specs = chain()
        specs[1].outputBudget = Bytes(60)
        var run = SchedulerScript(specs)
        _ = run.startAll()
        _ = run.finish("list", rows: [1])
        _ = run.finish("list", isEnd: true)
        #expect(run.finish("decode", rows: [5], hasMore: true) == ["launch write.0 5 rows", "go on decode.0"])
        #expect(run.finish("decode", rows: [6], hasMore: true) == [])
        #expect(run.hold(of: "decode") == "output waits for write")
        // 10 of the input, 50 at the sink, 60 before it.
        #expect(run.scheduler.bytesInUse == Bytes(120))
        #expect(run.finish("write", after: 2) == ["launch write.0 6 rows", "go on decode.0"])
        #expect(run.scheduler.stageReports[1].heldBy == ["output waits for write": 2])
        #expect(run.finish("decode") == ["stop decode"])
        #expect(run.finish("write") == ["close sink"])
        #expect(run.scheduler.bytesInUse == .zero)
    }

    @Test func anOpenBatchWaitsForACPU() {
        var run = SchedulerScript(chain(workers: 2), limits: RunLimits(cpus: 1, memory: .gibibytes(1)))
        _ = run.startAll()
        _ = run.finish("list", rows: [1])
        _ = run.finish("list", rows: [1])
        // The batch that was begun goes on before the other one is begun, although a worker is idle.
        #expect(run.finish("decode", hasMore: true) == ["go on decode.0"])
        #expect(run.hold(of: "decode") == "cpu")
        #expect(run.finish("decode") == ["launch decode.0 1 rows"])
    }

    @Test func withOrderPiecesOfTheOldestBatchGoOutAtOnceAndOthersWait() {
        let limits = RunLimits(cpus: 4, memory: .gibibytes(1), preservesOrder: true)
        var run = SchedulerScript(chain(workers: 2), limits: limits)
        _ = run.startAll()
        _ = run.finish("list", rows: [1])
        _ = run.finish("list", rows: [1])
        // Tasks 1 and 3 are the two batches, 5 and 6 go on with them.
        #expect(run.send(.taskFinished(3, piece(90, rows: 3, hasMore: true))) == ["go on decode.1"])
        #expect(
            run.send(.taskFinished(1, piece(91, rows: 2, hasMore: true))) == [
                "launch write.0 2 rows", "go on decode.0",
            ]
        )
        #expect(run.send(.taskFinished(5, piece(92, rows: 5, hasMore: false))) == [])
        #expect(run.send(.taskFinished(7, piece(93, rows: 4, hasMore: false))) == [])
        #expect(run.finish("write") == ["launch write.0 4 rows"])
        #expect(run.finish("write") == ["launch write.0 3 rows"])
        #expect(run.finish("write") == ["launch write.0 5 rows"])
    }

    @Test func theOldestBatchIsNotHeldUpByWhatWaitsForIt() {
        let limits = RunLimits(cpus: 4, memory: .gibibytes(1), preservesOrder: true)
        var specs = chain(workers: 2)
        specs[1].outputBudget = Bytes(100)
        var run = SchedulerScript(specs, limits: limits)
        _ = run.startAll()
        _ = run.finish("list", rows: [1])
        _ = run.finish("list", rows: [1])
        #expect(run.send(.taskFinished(3, piece(90, rows: 10, hasMore: true))) == [])
        #expect(run.hold(of: "decode") == "output waits for write")
        #expect(
            run.send(.taskFinished(1, piece(91, rows: 2, hasMore: true))) == [
                "launch write.0 2 rows", "go on decode.0",
            ]
        )
    }

    @Test func cancellingGivesUpOpenBatchesAndCountsTheirRows() {
        var specs = chain()
        specs[1].outputBudget = Bytes(60)
        var run = SchedulerScript(specs)
        _ = run.startAll()
        _ = run.finish("list", rows: [7])
        _ = run.finish("list", isEnd: true)
        _ = run.finish("decode", rows: [3], hasMore: true)
        _ = run.finish("decode", rows: [2], hasMore: true)
        #expect(run.send(.cancel) == ["abandon decode.0"])
        #expect(run.finish("write") == ["launch write.0 2 rows"])
        #expect(run.finish("write") == ["close sink"])
        _ = run.send(.sinkClosed(.success(SinkSummary(rowCount: 5))))
        #expect(run.stopAll() == ["finish cancelled"])
        #expect(run.scheduler.unfinishedRows == 2)
        #expect(run.scheduler.bytesInUse == .zero)
    }

    @Test func aBatchThatWouldGoOnAfterACancellationIsGivenUp() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [1])
        _ = run.finish("list", isEnd: true)
        _ = run.send(.cancel)
        #expect(run.finish("decode", rows: [5], hasMore: true) == ["abandon decode.0", "launch write.0 5 rows"])
        // Of a file that gave more rows than it is itself, one row is still not finished.
        #expect(run.scheduler.unfinishedRows == 1)
    }

    @Test func aBatchThatFailsLaterLosesWhatItHadNotGiven() {
        let error = StageError(.inputOutput, "the disk is gone")
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [7])
        _ = run.finish("list", isEnd: true)
        _ = run.finish("decode", rows: [5], hasMore: true)
        #expect(run.fail("decode", error) == [])
        #expect(run.finish("write") == ["close sink"])
        _ = run.send(.sinkClosed(.success(SinkSummary(rowCount: 5))))
        #expect(run.stopAll() == ["finish \(RunEnd.failed(error))"])
        #expect(run.scheduler.unfinishedRows == 2)
    }

    // MARK: Early end

    @Test func anEarlyEndStopsWhatComesBeforeItAndFinishesWhatComesAfter() {
        var run = SchedulerScript([source, transform("decode"), transform("limit"), sink])
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.finish("list", rows: [6])
        _ = run.finish("decode", rows: [8])
        _ = run.finish("list", rows: [5])
        #expect(
            run.finish("limit", rows: [3], isLast: true) == [
                "drop 5 rows", "end early before limit", "launch write.0 3 rows",
            ]
        )
        // What runs ends, and what it gives is dropped.
        #expect(run.finish("decode", rows: [6]) == ["drop 6 rows"])
        #expect(run.finish("list", rows: [4]) == ["drop 4 rows", "stop list", "stop decode", "stop limit"])
        #expect(run.finish("write") == ["close sink"])
        _ = run.send(.sinkClosed(.success(SinkSummary(rowCount: 3))))
        #expect(run.stopAll() == ["finish done"])
        #expect(run.scheduler.counts.rowsRead == 23)
        // 5 in the queue, 6 in decode, 4 of the source; the 5 that limit cut from its own batch are filtered rows.
        #expect(run.scheduler.counts.rowsNotNeeded == 15)
        #expect(run.scheduler.counts.rowsQuarantined == 0)
        #expect(run.scheduler.unfinishedRows == 0)
        #expect(run.scheduler.bytesInUse == .zero)
    }

    @Test func failuresOfWorkThatIsNotNeededAreNobodys() {
        var run = SchedulerScript([source, transform("decode"), transform("limit"), sink])
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.finish("list", rows: [6])
        _ = run.finish("decode", rows: [8])
        _ = run.finish("limit", rows: [8], isLast: true)
        #expect(run.fail("decode", StageError(.inputOutput, "too late")) == [])
        #expect(run.finish("list", isEnd: true) == ["stop list", "stop decode", "stop limit"])
        #expect(run.finish("write") == ["close sink"])
        _ = run.send(.sinkClosed(.success(SinkSummary(rowCount: 8))))
        #expect(run.stopAll() == ["finish done"])
        #expect(run.scheduler.counts.rowsNotNeeded == 6)
    }

    @Test func openBatchesEndWithTheirOperator() {
        var specs = [source, transform("decode"), transform("limit"), sink]
        specs[1].outputBudget = Bytes(10)
        var run = SchedulerScript(specs)
        _ = run.startAll()
        _ = run.finish("list", rows: [4])
        _ = run.finish("list", isEnd: true)
        #expect(run.finish("decode", rows: [1], hasMore: true) == ["launch limit.0 1 rows", "go on decode.0"])
        #expect(run.finish("decode", rows: [1], hasMore: true) == [])
        #expect(
            run.finish("limit", rows: [1], isLast: true) == [
                "abandon decode.0", "drop 1 rows", "end early before limit", "stop decode", "stop limit",
                "launch write.0 1 rows",
            ]
        )
        #expect(run.scheduler.counts.rowsNotNeeded == 3)
    }

    @Test func withOrderEarlierBatchesAreStillWanted() {
        let limits = RunLimits(cpus: 8, memory: .gibibytes(1), preservesOrder: true)
        var run = SchedulerScript([source, transform("limit", workers: 3), sink], limits: limits)
        _ = run.startAll()
        for rows in [2, 3, 4] { _ = run.finish("list", rows: [rows]) }
        // Tasks 1, 3 and 5 are the batches.
        #expect(run.send(.taskFinished(5, piece(90, rows: 4, hasMore: false))) == [])
        var last = piece(91, rows: 3, hasMore: false)
        last.isLast = true
        #expect(run.send(.taskFinished(3, last)) == ["drop 4 rows", "end early before limit"])
        #expect(run.scheduler.counts.rowsNotNeeded == 4)
        #expect(run.send(.taskFinished(1, piece(92, rows: 2, hasMore: false))) == ["launch write.0 2 rows"])
        #expect(run.finish("list", isEnd: true) == ["stop list", "stop limit"])
        #expect(run.finish("write") == ["launch write.0 3 rows"])
        #expect(run.finish("write") == ["close sink"])
    }

    private func piece(_ id: Int, rows: Int, hasMore: Bool) -> TaskOutcome {
        var outcome = TaskOutcome(outputs: [.fixture(id: id, rows: rows)])
        outcome.hasMore = hasMore
        return outcome
    }
}
