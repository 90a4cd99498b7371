import PenstockCore
import PenstockTestKit
import Testing

@testable import PenstockEngine

/// What the scheduler does, event by event.
@Suite struct SchedulerTests {
    @Test func everyOperatorLoadsAtOnceAndWorkersStartWhenItIsLoaded() {
        var run = SchedulerScript(chain(workers: 2))
        #expect(run.send(.start) == ["load list", "load decode", "load write"])
        #expect(run.send(.loaded(op: 1)) == ["start decode.0", "start decode.1"])
        #expect(run.send(.workerReady(op: 1, worker: 1)) == [])
        #expect(run.send(.loaded(op: 0)) == ["start list.0"])
        #expect(run.send(.workerReady(op: 0, worker: 0)) == ["launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8]) == ["launch decode.1 8 rows", "launch list.0 0 rows"])
    }

    @Test func aRunGoesFromStartToFinish() {
        var run = SchedulerScript(chain())
        #expect(run.startAll() == ["launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8]) == ["launch decode.0 8 rows", "launch list.0 0 rows"])
        #expect(run.finish("list", isEnd: true) == ["stop list"])
        #expect(run.send(.workersStopped(op: 0)) == [])
        #expect(run.finish("decode", rows: [8]) == ["stop decode", "launch write.0 8 rows"])
        #expect(run.finish("write") == ["close sink"])
        #expect(run.send(.sinkClosed(.success(SinkSummary(rowCount: 8)))) == ["stop write"])
        #expect(run.send(.workersStopped(op: 1)) == [])
        #expect(run.send(.workersStopped(op: 2)) == ["finish done"])
        #expect(run.scheduler.unfinishedRows == 0)
    }

    @Test func aRunOfNothingEndsWell() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        #expect(run.finish("list", isEnd: true) == ["stop list", "stop decode", "close sink"])
        #expect(run.send(.sinkClosed(.success(SinkSummary()))) == ["stop write"])
        #expect(run.stopAll() == ["finish done"])
    }

    @Test func anEmptyBlockIsDroppedAtOnce() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        #expect(run.finish("list", rows: [0]) == ["drop 0 rows", "launch list.0 0 rows"])
    }

    @Test func operatorsNearestToTheSinkGoFirst() {
        let limits = RunLimits(cpus: 1, memory: .gibibytes(1))
        let specs = [source, transform("decode"), transform("model"), sink]
        var run = SchedulerScript(specs, limits: limits)
        _ = run.startAll()
        #expect(run.finish("list", rows: [8]) == ["launch decode.0 8 rows", "launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        // Both decode and model have input, one CPU is free: what was begun is finished first.
        #expect(run.finish("decode", rows: [8]) == ["launch model.0 8 rows"])
        #expect(run.hold(of: "decode") == "cpu")
        #expect(run.finish("model", rows: [8]) == ["launch write.0 8 rows", "launch decode.0 8 rows"])
    }

    @Test func batchesAreJoinedAndTheLastOneMayBeShort() {
        var run = SchedulerScript([source, transform("model", batch: .exactly(10)), sink])
        _ = run.startAll()
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8]) == ["launch model.0 10 rows", "launch list.0 0 rows"])
        #expect(run.finish("list", isEnd: true) == ["stop list"])
        #expect(run.finish("model", rows: [10]) == ["launch write.0 10 rows", "launch model.0 6 rows"])
    }

    @Test func orderIsRestoredWhenAsked() {
        let limits = RunLimits(cpus: 4, memory: .gibibytes(1), preservesOrder: true)
        var run = SchedulerScript(chain(workers: 2), limits: limits)
        _ = run.startAll()
        _ = run.finish("list", rows: [3])
        #expect(run.finish("list", rows: [5]) == ["launch decode.1 5 rows", "launch list.0 0 rows"])
        let second = TaskOutcome(outputs: [.fixture(id: 91, rows: 5)])
        #expect(run.send(.taskFinished(3, second)) == [])
        #expect(run.finish("decode", rows: [3]) == ["launch write.0 3 rows"])
        #expect(run.finish("write") == ["launch write.0 5 rows"])
    }

    @Test func failedRowsGoToTheSinkWithoutABlockOnceThereAreMany() {
        var run = SchedulerScript(chain(), limits: RunLimits(cpus: 4, memory: .gibibytes(1), badRows: .count(1000)))
        _ = run.startAll()
        _ = run.finish("list", rows: [400])
        _ = run.finish("list", rows: [255])
        #expect(run.finish("decode", failed: 400) == ["launch write.0 0 rows", "launch decode.0 255 rows"])
        #expect(run.finish("decode", failed: 255) == [])
        #expect(run.finish("list", isEnd: true) == ["stop list", "stop decode"])
        #expect(run.finish("write") == ["close sink"])
    }

    @Test func timesOfAWorkerAddUpToItsLifetime() {
        var run = SchedulerScript(chain(workers: 3))
        _ = run.startAll(after: 1.5)
        _ = run.finish("list", rows: [8], after: 0.25)
        _ = run.finish("list", rows: [8], after: 0.125)
        _ = run.finish("list", isEnd: true, after: 0.5)
        _ = run.finish("decode", rows: [8], after: 2)
        _ = run.finish("decode", rows: [8], after: 1)
        _ = run.finish("write", after: 0.75)
        _ = run.finish("write", after: 0.75)
        _ = run.send(.sinkClosed(.success(SinkSummary(rowCount: 16))), after: 3)
        for op in 0..<3 { _ = run.send(.workersStopped(op: op), after: 0.5) }
        let decode = run.scheduler.stageReports[1]
        #expect(decode.startingSeconds == 4.5)
        #expect(decode.busySeconds == 0.125 + 2 * 2.5 + 1)
        #expect(decode.rows == 16)
        #expect(decode.tasks == 2)
        #expect(decode.bytesIn == 160)
        #expect(decode.bytesOut == 160)
        for stage in run.scheduler.stageReports {
            let sum = stage.startingSeconds + stage.busySeconds + stage.starvedSeconds + stage.heldSeconds
            #expect(sum == Double(stage.workers) * stage.lifetimeSeconds, "\(stage.name)")
        }
    }

    @Test func theSinksCloseCountsAsItsWork() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", isEnd: true)
        _ = run.send(.sinkClosed(.success(SinkSummary())), after: 2)
        #expect(run.scheduler.stageReports[2].busySeconds == 2)
    }

    @Test func latenciesAreThoseOfTheTasks() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [8], after: 0.25)
        _ = run.finish("decode", rows: [8], after: 2)
        #expect(abs(run.scheduler.latency(of: 1).p50 - 2000) < 40)
    }

    @Test("What a library is compiled for is filled, before and after a task may have more of it")
    func unitsAreFilled() {
        var specs = [source, transform("model", batch: .flexible(low: 8, high: 8)), sink]
        (specs[1].unitRows, specs[1].tunedRows) = (8, 64)
        var run = SchedulerScript(specs)
        _ = run.startAll()
        for _ in 0..<BatchTuner.warmUp + BatchTuner.samples {
            #expect(!run.finish("list", rows: [4]).contains { $0.contains("model") })
            #expect(run.finish("list", rows: [4]).contains("launch model.0 8 rows"))
            _ = run.finish("model", rows: [8], after: 0.01)
            _ = run.finish("write")
        }
        // A task may have 64 rows now.
        #expect(!run.finish("list", rows: [4]).contains { $0.contains("model") })
        #expect(run.finish("list", rows: [4]).contains("launch model.0 8 rows"))
        _ = run.finish("list", rows: [20])
        #expect(run.finish("model", rows: [8], after: 0.01).contains("launch model.0 16 rows"))
        _ = run.finish("list", isEnd: true)
        #expect(run.finish("model", rows: [16], after: 0.01).contains("launch model.0 4 rows"))
    }

    @Test func aSnapshotShowsQueuesAndWorkers() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [8, 5], after: 2)
        let snapshot = run.scheduler.snapshot(now: run.now, start: RunInstant(nanoseconds: 0))
        #expect(snapshot.seconds == 2)
        #expect(snapshot.rowsRead == 13)
        #expect(snapshot.totalRows == nil)
        #expect(snapshot.stages.map(\.queuedRows) == [0, 5, 0])
        #expect(snapshot.stages.map(\.busyWorkers) == [1, 1, 0])
        #expect(!snapshot.isFinished)
        _ = run.finish("list", isEnd: true)
        #expect(run.scheduler.snapshot(now: run.now, start: run.now).totalRows == 13)
    }
}

let source = OperatorSpec(name: "list", kind: .source, cpusPerTask: 0)
let sink = OperatorSpec(name: "write", kind: .sink, cpusPerTask: 0)

func transform(_ name: String, workers: Int = 1, batch: BatchSize = .wholeBlock) -> OperatorSpec {
    OperatorSpec(name: name, kind: .transform, workers: workers, batch: batch)
}

/// list → decode → write.
func chain(workers: Int = 1) -> [OperatorSpec] { [source, transform("decode", workers: workers), sink] }
