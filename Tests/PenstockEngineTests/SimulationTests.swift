import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// Properties of the scheduler over random plans, completion orders and incidents.
@Suite struct SimulationTests {
    @Test(arguments: [false, true])
    func everyRowOfEveryPlanHasExactlyOneFate(preservesOrder: Bool) {
        for seed in 0..<300 {
            let run = SimulatedRun.ended(SimulatedPlan(seed: seed, preservesOrder: preservesOrder))
            expectSoundEnd(run)
            #expect(run.ends == [.done], "seed \(seed)")
            let fates = run.ledger.written + run.ledger.failed + run.ledger.skipped
            #expect(fates.sorted() == Array(0..<run.plan.rowCount), "seed \(seed)")
            #expect(run.scheduler.unfinishedRows == 0, "seed \(seed)")
            if preservesOrder { #expect(run.ledger.written == run.ledger.written.sorted(), "seed \(seed)") }
        }
    }

    @Test(arguments: [false, true])
    func anEarlyEndKeepsWhatCameBeforeIt(preservesOrder: Bool) {
        var endings = 0
        for seed in 0..<400 {
            var plan = SimulatedPlan(seed: seed, preservesOrder: preservesOrder)
            plan.lastTask = (op: 1 + seed % (plan.specs.count - 2), task: 1 + seed % 7)
            let run = SimulatedRun.ended(plan)
            expectSoundEnd(run)
            expectRowsAtMostOnce(run)
            #expect(run.ends == [.done], "seed \(seed)")
            #expect(run.scheduler.unfinishedRows == 0, "seed \(seed)")
            if preservesOrder, let last = run.lastRow {
                #expect(run.ledger.written.allSatisfy { $0 <= last }, "seed \(seed)")
                // In the blocks of the source before it, every row has come to its end.
                let fates = Set(run.ledger.written + run.ledger.failed + run.ledger.skipped)
                #expect((0...last).allSatisfy { fates.contains($0) }, "seed \(seed)")
            }
            endings += run.scheduler.counts.rowsNotNeeded > 0 ? 1 : 0
        }
        #expect(endings > 50)
    }

    @Test(arguments: 0..<20)
    func anEarlyEndAndACancellationGoTogether(step: Int) {
        for seed in 0..<20 {
            var plan = SimulatedPlan(
                seed: 20 * seed + step,
                preservesOrder: seed % 2 == 0,
                incident: .cancel(step: 30 + step)
            )
            plan.lastTask = (op: 1 + seed % (plan.specs.count - 2), task: 1 + step % 3)
            let run = SimulatedRun.ended(plan)
            expectSoundEnd(run)
            expectRowsAtMostOnce(run)
            #expect(run.ends == [.cancelled] || run.ends == [.done], "seed \(plan.seed)")
        }
    }

    @Test(arguments: 0..<50)
    func aCancelledRunEndsAtAnyPoint(step: Int) {
        for seed in 0..<8 {
            let plan = SimulatedPlan(
                seed: 50 * seed + step,
                preservesOrder: seed % 2 == 0,
                incident: .cancel(step: step)
            )
            let run = SimulatedRun.ended(plan)
            expectSoundEnd(run)
            expectRowsAtMostOnce(run)
            #expect(run.ends == [.cancelled] || run.ends == [.done], "seed \(plan.seed)")
        }
    }

    @Test(arguments: 0..<50)
    func aFailedTaskEndsTheRunWithItsError(task: Int) {
        for seed in 0..<8 {
            let plan = SimulatedPlan(seed: 60 * seed + task, preservesOrder: seed % 2 == 0, incident: .failTask(task))
            let run = SimulatedRun.ended(plan)
            expectSoundEnd(run)
            expectRowsAtMostOnce(run)
            #expect(run.ends == [task < run.endedTasks ? madeUp : .done], "seed \(plan.seed)")
        }
    }

    @Test(arguments: [
        SimulatedPlan.Incident.failLoad(op: 0), .failLoad(op: 1), .failWorker(op: 0), .failWorker(op: 1),
        .failWorker(op: 2), .failClose,
    ])
    func aStageThatDoesNotOpenOrCloseEndsTheRun(incident: SimulatedPlan.Incident) {
        for seed in 0..<60 {
            let run = SimulatedRun.ended(SimulatedPlan(seed: seed, preservesOrder: seed % 2 == 0, incident: incident))
            expectSoundEnd(run)
            expectRowsAtMostOnce(run)
            #expect(run.ends == [run.incidentHappened ? madeUp : .done], "seed \(seed)")
        }
    }

    private let madeUp = RunEnd.failed(StageError(.inputOutput, "made up"))

    /// What holds however a run ended.
    private func expectSoundEnd(_ run: SimulatedRun) {
        let seed = run.plan.seed
        #expect(run.ends.count == 1, "seed \(seed) after \(run.steps) steps")
        #expect(run.violations.isEmpty, "seed \(seed)")
        #expect(run.endedTasks == run.launchedTasks, "seed \(seed)")
        #expect(run.scheduler.bytesInUse == .zero, "seed \(seed)")
        #expect(run.forgottenBlocks == 0, "seed \(seed)")
        #expect(run.ledger.openCount == 0, "seed \(seed)")
        #expect(run.scheduler.counts.rowsRead == run.ledger.readCount, "seed \(seed)")
        #expect(run.scheduler.counts.rowsQuarantined == run.ledger.failed.count, "seed \(seed)")
        #expect(run.scheduler.counts.rowsSkipped == run.ledger.skipped.count, "seed \(seed)")
        let committed = run.committedRows + run.ledger.failed.count + run.ledger.skipped.count
        let rest = run.scheduler.unfinishedRows + run.scheduler.counts.rowsNotNeeded
        #expect(run.ledger.readCount == committed + rest, "seed \(seed)")
        for stage in run.scheduler.stageReports {
            let sum = stage.startingSeconds + stage.busySeconds + stage.starvedSeconds + stage.heldSeconds
            #expect(abs(sum - stage.workerSeconds) < 1e-9, "seed \(seed), \(stage.name)")
        }
    }

    private func expectRowsAtMostOnce(_ run: SimulatedRun) {
        let fates = run.ledger.written + run.ledger.failed + run.ledger.skipped
        #expect(Set(fates).count == fates.count, "seed \(run.plan.seed)")
        if run.plan.limits.preservesOrder { #expect(run.ledger.written == run.ledger.written.sorted()) }
    }
}
