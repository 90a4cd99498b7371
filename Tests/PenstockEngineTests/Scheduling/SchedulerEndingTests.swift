import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// How runs end that do not end by themselves.
@Suite struct SchedulerEndingTests {
    private let error = StageError(.inputOutput, "the disk is gone")

    @Test func cancellingWhileLoadingWaitsForTheLoadsAndOpensOnlyTheSink() {
        var run = SchedulerScript(chain(workers: 2))
        _ = run.send(.start)
        #expect(run.send(.cancel) == [])
        #expect(run.send(.loaded(op: 1)) == [])
        #expect(run.send(.loaded(op: 0)) == [])
        #expect(run.send(.loaded(op: 2)) == ["start write.0"])
        #expect(run.send(.workerReady(op: 2, worker: 0)) == ["close sink"])
        #expect(run.send(.sinkClosed(.success(SinkSummary()))) == ["stop list", "stop decode", "stop write"])
        #expect(run.stopAll() == ["finish cancelled"])
    }

    @Test func rowsThatWereFinishedBeforeTheSinkWasLoadedAreWritten() {
        var run = SchedulerScript(chain())
        _ = run.send(.start)
        for op in 0..<2 {
            _ = run.send(.loaded(op: op))
            _ = run.send(.workerReady(op: op, worker: 0))
        }
        _ = run.finish("list", rows: [8])
        _ = run.finish("decode", rows: [8])
        _ = run.send(.cancel)
        _ = run.finish("list", isEnd: true)
        #expect(run.send(.loaded(op: 2)) == ["start write.0"])
        #expect(run.send(.workerReady(op: 2, worker: 0)) == ["launch write.0 8 rows"])
    }

    @Test func cancellingWhileRunningFinishesWhatRunsAndCommits() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.send(.cancel)
        #expect(run.finish("list", rows: [5]) == [])
        #expect(run.finish("decode", rows: [8]) == ["launch write.0 8 rows"])
        #expect(run.finish("write") == ["drop 5 rows", "close sink"])
        #expect(run.send(.sinkClosed(.success(SinkSummary(rowCount: 8)))).count == 3)
        #expect(run.stopAll() == ["finish cancelled"])
        #expect(run.scheduler.unfinishedRows == 5)
        #expect(run.scheduler.bytesInUse == .zero)
    }

    @Test func cancellingWhileClosingChangesNothing() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        #expect(run.finish("list", isEnd: true).last == "close sink")
        #expect(run.send(.cancel) == [])
        _ = run.send(.sinkClosed(.success(SinkSummary())))
        #expect(run.send(.cancel) == [])
        #expect(run.stopAll() == ["finish done"])
    }

    @Test func aFailureAfterACancellationIsTold() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.send(.cancel)
        #expect(run.fail("list", error) == ["close sink"])
        _ = run.send(.sinkClosed(.success(SinkSummary())))
        #expect(run.stopAll() == ["finish \(RunEnd.failed(error))"])
    }

    @Test(arguments: [0, 1])
    func aStageThatDoesNotStartEndsTheRunAndWhatWasWrittenIsCommitted(op: Int) {
        var run = SchedulerScript(chain())
        _ = run.send(.start)
        for other in 0..<3 where other != op {
            _ = run.send(.loaded(op: other))
            _ = run.send(.workerReady(op: other, worker: 0))
        }
        let actions = run.send(.startFailed(op: op, worker: 0, error))
        // With the source at work, its task is waited for.
        #expect(
            (op == 0 ? actions : run.finish("list", rows: [8]))
                == (op == 0 ? ["close sink"] : ["drop 8 rows", "close sink"])
        )
        _ = run.send(.sinkClosed(.success(SinkSummary())))
        #expect(run.stopAll() == ["finish \(RunEnd.failed(error))"])
    }

    @Test func aSinkThatDoesNotOpenIsDiscarded() {
        var run = SchedulerScript(chain())
        _ = run.send(.start)
        _ = run.send(.loaded(op: 0))
        _ = run.send(.loaded(op: 1))
        _ = run.send(.workerReady(op: 1, worker: 0))
        _ = run.send(.workerReady(op: 0, worker: 0))
        _ = run.finish("list", rows: [8])
        #expect(run.send(.startFailed(op: 2, worker: 0, error)) == [])
        #expect(run.finish("list", isEnd: true) == [])
        #expect(run.finish("decode", rows: [8]) == ["drop 8 rows", "close sink, discarding"])
        _ = run.send(.sinkClosed(.success(SinkSummary())))
        #expect(run.stopAll() == ["finish \(RunEnd.failed(error))"])
    }

    @Test func aTaskThatFailsEndsTheRunAndWhatWasWrittenIsCommitted() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        #expect(run.fail("decode", error) == [])
        #expect(run.finish("list", rows: [8]) == ["drop 8 rows", "close sink"])
        _ = run.send(.sinkClosed(.success(SinkSummary())))
        #expect(run.stopAll() == ["finish \(RunEnd.failed(error))"])
    }

    @Test func aSinkTaskThatFailsDiscardsWhatIsNotFinal() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.finish("decode", rows: [8])
        #expect(run.fail("write", error) == [])
        #expect(run.finish("list", rows: [8]) == ["drop 8 rows", "close sink, discarding"])
    }

    @Test(arguments: [true, false])
    func aSinkThatCannotCommitFailsTheRunEvenACancelledOne(isCancelled: Bool) {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        if isCancelled { _ = run.send(.cancel) }
        _ = run.finish("list", isEnd: true)
        _ = run.send(.sinkClosed(.failure(error)))
        #expect(run.stopAll() == ["finish \(RunEnd.failed(error))"])
    }

    @Test func theFirstFailureIsTheOneThatIsTold() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.fail("decode", error)
        _ = run.fail("list", StageError(.notFound, "a later one"))
        _ = run.send(.sinkClosed(.failure(StageError(.inputOutput, "the last one"))))
        #expect(run.stopAll() == ["finish \(RunEnd.failed(error))"])
    }

    @Test func resultsThatWaitForAFailedTaskAreDropped() {
        let limits = RunLimits(cpus: 4, memory: .gibibytes(1), preservesOrder: true)
        var run = SchedulerScript(chain(workers: 2), limits: limits)
        _ = run.startAll()
        _ = run.finish("list", rows: [3])
        _ = run.finish("list", rows: [5])
        #expect(run.send(.taskFinished(3, TaskOutcome(outputs: [.fixture(id: 91, rows: 5)]))) == [])
        #expect(run.fail("decode", error) == [])
        #expect(run.finish("list", isEnd: true) == ["drop 5 rows", "close sink"])
        #expect(run.scheduler.bytesInUse == .zero)
    }

    @Test(arguments: [
        (limit: BadRowLimit.count(2), rows: 8, failed: 2, isExceeded: false),
        (.count(2), 8, 3, true),
        (.count(0), 8, 1, true),
        (.share(0.01), 199, 100, false),
        (.share(0.01), 200, 2, false),
        (.share(0.01), 200, 3, true),
        (.share(0), 8, 0, false),
        (.share(0), 8, 1, true),
    ])
    func tooManyBadRowsEndTheRun(limit: BadRowLimit, rows: Int, failed: Int, isExceeded: Bool) {
        let limits = RunLimits(cpus: 4, memory: .gibibytes(1), badRows: limit)
        var run = SchedulerScript(chain(), limits: limits)
        _ = run.startAll()
        _ = run.finish("list", rows: [rows])
        _ = run.finish("decode", failed: failed)
        #expect(run.finish("list", isEnd: true).last == "close sink")
        _ = run.send(.sinkClosed(.success(SinkSummary())))
        #expect(run.stopAll() == ["finish \(isExceeded ? RunEnd.tooManyBadRows : .done)"])
    }
}
