import PenstockCore
import PenstockPlan

/// PS004: batches so small that their fixed cost shows.
struct SmallBatchRule: DoctorRule {
    let id = "PS004"
    let slug = "batch-too-small"
    let title = "Batches are too small"
    /// Above this nobody's batch is suspected.
    private static let largest = 15
    private static let change = SettingChanges(["batch-size": "auto"])

    private func size(_ facts: DoctorFacts) -> Int? {
        facts.chosen("batch-size").flatMap { $0 <= Self.largest ? $0 : nil }
    }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] { size(facts) == nil ? [] : [Self.change] }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let size = size(facts), let run = facts.run, let model = run.model else { return [] }
        var evidence = [
            "batch-size \(size): \(model.tasks) batches of \(Words.seconds(model.wallSecondsPerTask.mean)) in the model"
        ]
        guard let gain = facts.gain(trying: Self.change) else {
            // Without a trial only what can hardly be right is said.
            guard size <= 2, run.rows >= 64 else { return [] }
            return [finding(.note, evidence, changes: Self.change, advice: advice)]
        }
        guard gain.likely > 1.03 else { return [] }
        if let cost = facts.trials.middle(Self.change)?.stages.compactMap(\.batch).first {
            evidence.append(
                "a batch costs \(Words.seconds(cost.fixedSeconds)) however small it is, and each row \(Words.seconds(cost.secondsPerRow)) more; \(cost.rows) rows are enough"
            )
        }
        return [finding(.warning, evidence, gain: gain, changes: Self.change, advice: advice)]
    }

    private var advice: String { "Leave the batch size to Penstock, which measures where more rows stop to pay." }
}

/// PS005: batches so large that workers wait for the first one and for the last one.
struct LargeBatchRule: DoctorRule {
    let id = "PS005"
    let slug = "batch-too-large"
    let title = "Batches are too large for so few rows"
    private static let change = SettingChanges(["batch-size": "auto"])

    private func size(_ facts: DoctorFacts) -> Int? {
        guard let size = facts.chosen("batch-size"), size >= 32, let run = facts.run, let model = run.model
        else { return nil }
        // Each worker has a first batch to wait for, and a last one at whose end others idle.
        return run.rows < size * model.workers * 4 ? size : nil
    }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] { size(facts) == nil ? [] : [Self.change] }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let size = size(facts), let run = facts.run, let model = run.model else { return [] }
        let gain = facts.gain(trying: Self.change)
        if let gain, gain.likely < 1.03 { return [] }
        let evidence =
            "batch-size \(size) for \(run.rows) rows: \(model.tasks) batches for \(Words.count(model.workers, "worker")), each \(Words.seconds(model.wallSecondsPerTask.mean)), while the cores were used to \(Words.percent(min(run.coreUse, 1)))"
        return [
            finding(
                gain == nil ? .note : .warning,
                [evidence],
                gain: gain,
                changes: Self.change,
                advice: "Use smaller batches: they keep all workers at work from the first image to the last."
            )
        ]
    }
}
