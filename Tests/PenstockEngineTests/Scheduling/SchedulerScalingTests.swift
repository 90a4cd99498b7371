import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// Pools that grow and shrink.
@Suite struct SchedulerScalingTests {
    @Test func aPoolGrowsByOneWhileABatchIsReadyThatNobodyCanTake() {
        var run = SchedulerScript(elastic(1...3))
        _ = run.startAll()
        #expect(run.finish("list", rows: [8]) == ["launch decode.0 8 rows", "launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8], after: 2) == ["launch list.0 0 rows", "start decode.1"])
        // One at a time: the next is asked for when this one is there and at work.
        #expect(run.finish("list", rows: [8, 8]) == ["launch list.0 0 rows"])
        #expect(run.send(.workerReady(op: 1, worker: 1)) == ["launch decode.1 8 rows", "start decode.2"])
        #expect(run.send(.workerReady(op: 1, worker: 2)) == ["launch decode.2 8 rows"])
        #expect(run.scheduler.scaling.map(\.to) == [2, 3])
        let first = ScalingDecision(
            seconds: 2,
            stage: "decode",
            from: 1,
            to: 2,
            reason: "8 rows wait and no worker is idle"
        )
        #expect(run.scheduler.scaling.first == first)
        #expect(run.scheduler.stageReports[1].workers == 3)
    }

    @Test func aPoolDoesNotGrowWhenAnotherTaskWouldBeHeld() {
        var run = SchedulerScript(elastic(1...3), limits: RunLimits(cpus: 1, memory: .gibibytes(1)))
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.scheduler.scaling.isEmpty)
    }

    @Test func aPoolDoesNotGrowBeyondTheMemoryOfItsWorkers() {
        var specs = elastic(1...3)
        specs[1].memoryPerWorker = Bytes(500)
        var run = SchedulerScript(specs, limits: RunLimits(cpus: 8, memory: Bytes(1100)))
        _ = run.startAll()
        #expect(run.scheduler.bytesInUse == Bytes(500))
        #expect(run.finish("list", rows: [8]) == ["launch decode.0 8 rows", "launch list.0 0 rows"])
        // 500 for the worker, 160 for its task, 80 waiting: another worker would make 1240.
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.finish("list", isEnd: true) == ["stop list"])
        #expect(run.finish("decode") == ["launch decode.0 8 rows"])
        #expect(run.scheduler.scaling.isEmpty)
    }

    @Test func aWorkerThatWasIdleForLongIsGivenUp() {
        var run = SchedulerScript(elastic(1...2))
        _ = run.startAll()
        _ = run.finish("list", rows: [8, 8])
        _ = run.send(.workerReady(op: 1, worker: 1))
        #expect(run.finish("decode", after: 1) == ["wake up after 30.0 s"])
        #expect(run.finish("decode", after: 1) == [])
        // The wake-up was for worker 0; when it comes, one worker has been idle long enough, and one must stay.
        #expect(run.send(.tick, after: 29) == ["end decode.0"])
        #expect(run.scheduler.scaling.last?.reason == "idle for 30.0 s")
        #expect(run.finish("list", rows: [8]) == ["launch decode.1 8 rows", "launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.send(.workerEnded(op: 1, worker: 0)) == ["start decode.0"])
        #expect(run.scheduler.scaling.map(\.to) == [2, 1, 2])
    }

    @Test func aTickThatComesTooEarlyAsksAgain() {
        var run = SchedulerScript(elastic(0...1))
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.send(.loaded(op: 1))
        _ = run.send(.workerReady(op: 1, worker: 0))
        #expect(run.finish("decode") == ["wake up after 30.0 s"])
        _ = run.finish("list", rows: [8], after: 20)
        #expect(run.finish("decode") == [])
        #expect(run.send(.tick, after: 10) == ["wake up after 20.0 s"])
        #expect(run.send(.tick, after: 20) == ["end decode.0 and unload"])
    }

    @Test func aPoolGoesDownToNoneAndComesBack() {
        var run = SchedulerScript(elastic(0...2))
        #expect(run.send(.start) == ["load list", "load write"])
        _ = run.send(.loaded(op: 0))
        _ = run.send(.loaded(op: 2))
        _ = run.send(.workerReady(op: 2, worker: 0))
        #expect(run.send(.workerReady(op: 0, worker: 0)) == ["launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8], after: 4) == ["launch list.0 0 rows", "load decode"])
        #expect(run.send(.loaded(op: 1), after: 1) == ["start decode.0"])
        #expect(run.send(.workerReady(op: 1, worker: 0), after: 1) == ["launch decode.0 8 rows"])
        #expect(run.finish("decode", rows: [8], after: 2) == ["launch write.0 8 rows", "wake up after 30.0 s"])
        #expect(run.send(.tick, after: 30) == ["end decode.0 and unload"])
        // Until the thread has ended, nobody loads anew.
        #expect(run.finish("list", rows: [8], after: 1) == ["launch list.0 0 rows"])
        #expect(run.send(.workerEnded(op: 1, worker: 0), after: 1) == ["load decode"])
        _ = run.send(.loaded(op: 1))
        _ = run.send(.workerReady(op: 1, worker: 0), after: 2)
        #expect(run.finish("list", isEnd: true) == ["stop list"])
        #expect(run.finish("decode", rows: [8], after: 3) == ["stop decode"])
        _ = run.send(.workersStopped(op: 1))
        let report = run.scheduler.stageReports[1]
        #expect(report.workers == 1)
        // Two lives: 2 + 2 + 32, then 2 + 3.
        #expect(report.workerSeconds == 41)
        #expect(report.startingSeconds == 4)
        #expect(report.busySeconds == 5)
        #expect(report.starvedSeconds == 32)
        #expect(report.lifetimeSeconds == 45)
        #expect(run.scheduler.scaling.map { [$0.from, $0.to] } == [[0, 1], [1, 0], [0, 1]])
        #expect(run.scheduler.scaling.map(\.reason).first == "8 rows wait and there is no worker")
    }

    @Test func anEmptyRunStartsNoWorkerOfAPoolThatMayHaveNone() {
        var run = SchedulerScript(elastic(0...2))
        _ = run.startAll()
        #expect(run.finish("list", isEnd: true) == ["stop list", "stop decode", "close sink"])
        #expect(run.scheduler.stageReports[1].workers == 0)
        #expect(run.scheduler.stageReports[1].workerSeconds == 0)
    }

    @Test func whenNothingRunsAWorkerIsStartedWhateverTheLimits() {
        var specs = elastic(0...2)
        specs[1].cpusPerTask = 4
        specs[1].memoryPerWorker = Bytes(1000)
        var run = SchedulerScript(specs, limits: RunLimits(cpus: 1, memory: Bytes(100)))
        _ = run.startAll()
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.finish("list", isEnd: true) == ["stop list", "load decode"])
        _ = run.send(.loaded(op: 1))
        #expect(run.send(.workerReady(op: 1, worker: 0)) == ["launch decode.0 8 rows"])
    }

    @Test func aWorkerThatDoesNotStartEndsTheRun() {
        let error = StageError(.outOfMemory, "no room for another model")
        var run = SchedulerScript(elastic(1...2))
        _ = run.startAll()
        _ = run.finish("list", rows: [8, 8])
        #expect(run.send(.startFailed(op: 1, worker: 1, error)) == [])
        _ = run.finish("list", isEnd: true)
        #expect(run.finish("decode", rows: [8]) == ["launch write.0 8 rows"])
        #expect(run.finish("write") == ["drop 8 rows", "close sink"])
        _ = run.send(.sinkClosed(.success(SinkSummary())))
        #expect(run.stopAll() == ["finish \(RunEnd.failed(error))"])
    }

    @Test func anOpenBatchIsNotIdleTime() {
        var specs = elastic(0...1)
        specs[1].outputBudget = Bytes(50)
        var run = SchedulerScript(specs)
        _ = run.startAll()
        _ = run.finish("list", rows: [5])
        _ = run.send(.loaded(op: 1))
        _ = run.send(.workerReady(op: 1, worker: 0))
        _ = run.finish("decode", rows: [5], hasMore: true)
        #expect(run.finish("decode", rows: [5], hasMore: true) == [])
        #expect(run.send(.tick, after: 100) == [])
        #expect(run.scheduler.stageReports[1].heldSeconds == 100)
    }

    private func elastic(_ workers: ClosedRange<Int>) -> [OperatorSpec] {
        var specs = chain()
        specs[1].workers = workers
        return specs
    }
}
