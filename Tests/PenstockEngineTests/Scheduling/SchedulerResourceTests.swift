import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// GPUs, concurrency and what workers hold for themselves; and what the reports say of tasks and blocks.
@Suite struct SchedulerResourceTests {
    @Test func anOperatorWaitsForAGPU() {
        var specs = chain(workers: 3)
        specs[1].gpusPerTask = 0.5
        var limits = RunLimits(cpus: 8, memory: .gibibytes(1))
        limits.gpus = 1
        var run = SchedulerScript(specs, limits: limits)
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.finish("list", rows: [8])
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.hold(of: "decode") == "gpu")
        #expect(run.finish("decode") == ["launch decode.0 8 rows"])
        #expect(run.hold(of: "decode") == nil)
    }

    @Test func anOperatorWaitsForItsOwnTasks() {
        var specs = chain(workers: 3)
        specs[1].maxConcurrency = 2
        var run = SchedulerScript(specs)
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.finish("list", rows: [8])
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.hold(of: "decode") == "concurrency")
        #expect(run.finish("decode", after: 2) == ["launch decode.0 8 rows"])
        #expect(run.scheduler.stageReports[1].heldBy == ["concurrency": 2])
    }

    @Test func workersHoldMemoryUntilTheirThreadsHaveEnded() {
        var specs = chain(workers: 2)
        specs[1].memoryPerWorker = Bytes(100)
        var run = SchedulerScript(specs)
        _ = run.send(.start)
        // The first worker loads; the second is not there yet.
        #expect(run.scheduler.bytesInUse == Bytes(100))
        _ = run.send(.loaded(op: 1))
        #expect(run.scheduler.bytesInUse == Bytes(200))
        for op in [0, 2] { _ = run.send(.loaded(op: op)) }
        for worker in 0..<2 { _ = run.send(.workerReady(op: 1, worker: worker)) }
        _ = run.send(.workerReady(op: 2, worker: 0))
        _ = run.send(.workerReady(op: 0, worker: 0))
        #expect(run.send(.taskFinished(0, TaskOutcome(isEnd: true))).contains("stop decode"))
        #expect(run.scheduler.bytesInUse == Bytes(200))
        _ = run.send(.workersStopped(op: 1))
        #expect(run.scheduler.bytesInUse == .zero)
    }

    @Test func theReportHasTheSpreadOfBlocksAndTasks() {
        var run = SchedulerScript(chain())
        _ = run.startAll()
        _ = run.finish("list", rows: [8, 2], after: 1)
        _ = run.finish("list", rows: [0], after: 2)
        var outcome = TaskOutcome(outputs: [.fixture(id: 90, rows: 8)], cpuSeconds: 0.5)
        outcome.retries = 3
        _ = run.send(.taskFinished(1, outcome), after: 3)
        let list = run.scheduler.stageReports[0]
        #expect(list.blocksOut == 2)
        #expect([list.rowsPerBlock.min, list.rowsPerBlock.mean, list.rowsPerBlock.max] == [2, 5, 8])
        #expect([list.bytesPerBlock.min, list.bytesPerBlock.mean, list.bytesPerBlock.max] == [20, 50, 80])
        #expect(
            [list.wallSecondsPerTask.min, list.wallSecondsPerTask.mean, list.wallSecondsPerTask.max] == [1, 1.5, 2]
        )
        let decode = run.scheduler.stageReports[1]
        #expect(decode.wallSecondsPerTask.max == 5)
        #expect(decode.cpuSecondsPerTask.mean == 0.5)
        #expect(decode.retries == 3)
        #expect(run.scheduler.stageReports[2].rowsPerBlock == SpreadReport())
    }
}
