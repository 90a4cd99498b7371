import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// Each reason for holding an operator arises, is named, and clears.
@Suite struct SchedulerHoldTests {
    @Test func anOperatorWaitsForACPU() {
        var run = SchedulerScript(chain(workers: 2), limits: RunLimits(cpus: 1, memory: .gibibytes(1)))
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.hold(of: "decode") == "cpu")
        #expect(run.finish("decode", rows: [8]) == ["launch write.0 8 rows", "launch decode.0 8 rows"])
        #expect(run.hold(of: "decode") == nil)
    }

    @Test func anOperatorWaitsWhileItsOutputIsNotTaken() {
        var specs = chain()
        specs[0].outputBudget = Bytes(100)
        var run = SchedulerScript(specs)
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        #expect(run.finish("list", rows: [20]) == [])
        #expect(run.hold(of: "list") == "output waits for decode")
        #expect(
            run.finish("decode", rows: [8]) == [
                "launch write.0 8 rows", "launch decode.0 20 rows", "launch list.0 0 rows",
            ]
        )
        #expect(run.hold(of: "list") == nil)
    }

    @Test func reservationsOfRunningTasksCountAsOutput() {
        var specs = chain(workers: 2)
        specs[1].outputBudget = Bytes(150)
        var run = SchedulerScript(specs)
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.hold(of: "decode") == "output waits for write")
        #expect(run.finish("decode", rows: [8]) == ["launch write.0 8 rows", "launch decode.0 8 rows"])
    }

    @Test func anOperatorWaitsForMemory() {
        // A task holds its input (80 bytes) and what it will put out (80 bytes).
        var run = SchedulerScript(chain(workers: 2), limits: RunLimits(cpus: 4, memory: Bytes(300)))
        _ = run.startAll()
        #expect(run.finish("list", rows: [8]) == ["launch decode.0 8 rows", "launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8]) == ["launch list.0 0 rows"])
        #expect(run.hold(of: "decode") == "memory")
        #expect(run.finish("decode") == ["launch decode.0 8 rows"])
        #expect(run.hold(of: "decode") == nil)
    }

    @Test func whatIsNotTheSinkStopsWhenTheRunDoes() {
        var run = SchedulerScript(chain(workers: 2))
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        #expect(run.send(.cancel) == [])
        #expect(run.finish("list", rows: [8]) == [])
        #expect(run.hold(of: "list") == "stopping")
        #expect(run.hold(of: "decode") == "stopping")
        #expect(run.finish("decode", rows: [8]) == ["launch write.0 8 rows"])
    }

    @Test func timeIsBookedUnderTheReason() {
        var run = SchedulerScript(chain(workers: 2), limits: RunLimits(cpus: 1, memory: .gibibytes(1)))
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.finish("list", rows: [8])
        _ = run.finish("decode", rows: [8], after: 3)
        let decode = run.scheduler.stageReports[1]
        #expect(decode.heldBy == ["cpu": 3])
        #expect(decode.busySeconds == 3)
    }

    @Test(arguments: [
        RunLimits(cpus: 4, memory: Bytes(1)),
        RunLimits(cpus: 0.25, memory: .gibibytes(1)),
    ])
    func whenNothingRunsALimitGivesWay(limits: RunLimits) {
        var specs = chain()
        specs[0].outputBudget = .zero
        specs[1].outputBudget = .zero
        var run = SchedulerScript(specs, limits: limits)
        #expect(run.startAll() == ["launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8]).first == "launch decode.0 8 rows")
        #expect(run.finish("decode", rows: [8]).first == "launch write.0 8 rows")
    }

    @Test func whileAWorkerStartsQueuesKeepTheirBounds() {
        var specs = chain()
        specs[0].outputBudget = .zero
        var run = SchedulerScript(specs)
        _ = run.send(.start)
        _ = run.send(.loaded(op: 0))
        #expect(run.send(.workerReady(op: 0, worker: 0)) == ["launch list.0 0 rows"])
        #expect(run.finish("list", rows: [8]) == [])
        #expect(run.hold(of: "list") == "output waits for decode")
        _ = run.send(.loaded(op: 1))
        #expect(run.send(.workerReady(op: 1, worker: 0)) == ["launch decode.0 8 rows", "launch list.0 0 rows"])
    }

    @Test func theSinkFinishesItsWorkWhateverItsCPUs() {
        var specs = chain()
        specs[2].cpusPerTask = 2
        var run = SchedulerScript(specs, limits: RunLimits(cpus: 1, memory: .gibibytes(1)))
        _ = run.startAll()
        _ = run.finish("list", rows: [8])
        _ = run.send(.cancel)
        _ = run.finish("list", rows: [8])
        #expect(run.finish("decode", rows: [8]) == ["launch write.0 8 rows"])
        #expect(run.finish("write") == ["drop 8 rows", "close sink"])
    }
}
