import PenstockCore
import PenstockPlan

/// PS010: tasks so small that handing them out takes longer than working on them.
struct SmallBlocksRule: DoctorRule {
    let id = "PS010"
    let slug = "blocks-too-small"
    let title = "Blocks are too small"
    /// Tasks below which it does not matter.
    private static let fewTasks = 200
    /// A hand-over takes some ten microseconds; work should take a hundred times as long.
    private static let shortTask = 0.001
    private static let batchChange = SettingChanges(["batch-size": "auto"])

    private static func secondsPerTask(_ stage: StageReport) -> Double {
        stage.ownSeconds / Double(max(stage.tasks, 1))
    }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        // The size of the model's batches is a matter of its own.
        let suspects = run.stages.dropFirst().filter { stage in
            !run.isOwnModel(stage) && stage.tasks >= Self.fewTasks && stage.rowsPerTask < 8
                && Self.secondsPerTask(stage) < Self.shortTask
        }
        guard let stage = suspects.max(by: { $0.tasks < $1.tasks }), run.computedShare < 0.7 else {
            return []
        }
        let isBatch = facts.followsFromBatch(stage)
        // One cause, one finding: what small batches cost is the matter of PS004, by a trial or because it says so already.
        if isBatch, facts.trials.middle(Self.batchChange) != nil || !SmallBatchRule().findings(facts).isEmpty {
            return []
        }
        let gain = Forecast(run.report, cores: run.cores).gainWithoutWaiting
        return [
            finding(
                .warning,
                [
                    "\(stage.name) ran \(stage.tasks) tasks of \(Words.tenths(stage.rowsPerTask)) rows, \(Words.seconds(Self.secondsPerTask(stage))) each; tasks used the cores to \(Words.percent(min(run.computedShare, 1)))"
                ],
                gain: gain,
                changes: isBatch ? Self.batchChange : SettingChanges(),
                advice: isBatch
                    ? "Leave the batch size to Penstock: blocks hold whole batches, so small batches make small blocks."
                    : "Use larger blocks: leave out repartition and override-block-count, or name a number of rows of a thousand or more."
            )
        ]
    }
}

/// PS011: fewer blocks than workers.
struct LargeBlocksRule: DoctorRule {
    let id = "PS011"
    let slug = "blocks-too-large"
    let title = "There are fewer blocks than workers"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run, run.coreUse < 0.85 else { return [] }
        let suspects = run.stages.dropFirst().filter { stage in
            !run.isOwnModel(stage) && stage.cpusPerTask > 0 && stage.workers > 1 && stage.tasks < stage.workers
                && stage.rows >= stage.workers * 16
        }
        guard let stage = suspects.max(by: { $0.busySeconds < $1.busySeconds }), !facts.isLargeBatch(stage) else {
            return []
        }
        let gain = Forecast(run.report, cores: run.cores).gainWithoutWaiting
        guard gain.likely > 1.1 else { return [] }
        return [
            finding(
                .warning,
                [
                    "\(stage.name) got \(stage.rows) rows in \(Words.count(stage.tasks, "block")) and has \(stage.workers) workers; the stages behind it waited \(Words.seconds(stage.wallSecondsPerTask.max)) for the first of them"
                ],
                gain: gain,
                advice:
                    "Read in more blocks: leave out override-block-count, or repartition into a few blocks for each worker."
            )
        ]
    }
}

/// PS022: one task goes on while all other workers have nothing left to do.
struct UnbalancedTailRule: DoctorRule {
    let id = "PS022"
    let slug = "unbalanced-tail"
    let title = "One long task keeps everything waiting"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run, run.coreUse < 0.85 else { return [] }
        let suspects = run.transforms.filter { stage in
            let longest = stage.wallSecondsPerTask.max
            let others =
                (stage.wallSecondsPerTask.mean * Double(stage.tasks) - longest) / Double(max(stage.tasks - 1, 1))
            return stage.workers > 1 && stage.tasks > stage.workers && stage.cpusPerTask > 0
                && longest > 0.4 * run.workingSeconds && longest > 4 * others
        }
        guard let stage = suspects.max(by: { $0.wallSecondsPerTask.max < $1.wallSecondsPerTask.max }),
            !facts.isLargeBatch(stage)
        else { return [] }
        let gain = Forecast(run.report, cores: run.cores).gainWithoutWaiting
        guard gain.likely > 1.05 else { return [] }
        return [
            finding(
                .warning,
                [
                    "the longest task of \(stage.name) took \(Words.seconds(stage.wallSecondsPerTask.max)) of \(Words.seconds(run.workingSeconds)), the mean one \(Words.seconds(stage.wallSecondsPerTask.mean)); the cores were used to \(Words.percent(min(run.coreUse, 1)))"
                ],
                gain: gain,
                advice:
                    "Cut the rows evenly before \(stage.name): repartition, a smaller batch, or Parquet files with smaller row groups."
            )
        ]
    }
}

extension DoctorFacts {
    /// Whether the stage's few tasks come from a batch of the user's that is found to be too large.
    fileprivate func isLargeBatch(_ stage: StageReport) -> Bool {
        followsFromBatch(stage) && !LargeBatchRule().findings(self).isEmpty
    }
}

extension Forecast {
    /// The gain if stages no longer waited for each other: nothing of the waiting goes, or all of it.
    var gainWithoutWaiting: GainReport {
        let work = workPerRow * Double(rows)
        let starting = min(max(seconds - work, 0), startingSeconds)
        guard work + starting > 0 else { return GainReport(low: 1, likely: 1, high: 1) }
        let most = max(seconds / (work + starting), 1)
        return GainReport(low: 1, likely: most.squareRoot(), high: most)
    }
}
