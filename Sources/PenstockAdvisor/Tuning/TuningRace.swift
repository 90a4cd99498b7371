import PenstockCore
import PenstockPlan

/// Candidates that take turns with the best settings so far, all at once, so that one run of the best serves all of them.
///
/// It goes round by round. After each, who is hopeless is out, and so is the slower half (successive halving): much is looked at, and
/// what looks good is looked at again. A round turns the order of the one before, so that drift favours nobody.
struct TuningRace {
    /// Rounds of those that are not out before.
    static let rounds = 3

    /// A candidate and what it has shown.
    struct Entry {
        let changes: SettingChanges
        var trial: TuningTrial
        private(set) var comparison = PairedComparison()
        private var rates: [Double] = []
        /// Whether it ran in all rounds and was faster by enough.
        var isFaster = false
        /// Whether it takes part in the next round.
        fileprivate var isIn = true

        init(_ changes: SettingChanges, _ trial: TuningTrial) { (self.changes, self.trial) = (changes, trial) }

        fileprivate mutating func add(before: RunReport, after: RunReport) {
            comparison.add(before: before.imagesPerSecond, after: after.imagesPerSecond)
            rates.append(after.imagesPerSecond)
            trial.pairs = comparison.ratios.count
            trial.measured = comparison.ratio
            trial.imagesPerSecond = Statistics.median(rates) ?? 0
        }
    }

    private(set) var entries: [Entry]
    private let best: SettingChanges
    /// What a gain must exceed, and how much two runs of the same settings differ; shares of 1.
    private let (minimumGain, noise): (Double, Double)

    init(_ entries: [Entry], against best: SettingChanges, minimumGain: Double, noise: Double) {
        (self.entries, self.best, self.minimumGain, self.noise) = (entries, best, minimumGain, noise)
    }

    /// Runs all rounds.
    ///
    /// - Throws: what a run throws; `PlanError` when one of the settings cannot run.
    mutating func run(_ bench: inout TuningBench) async throws {
        for round in 0..<Self.rounds {
            let others = entries.indices.filter { entries[$0].isIn }
            if others.isEmpty { return }
            let ways = [best] + others.map { entries[$0].changes }
            let reports = try await bench.run(inTurns: ways, round: round)
            for (index, report) in zip(others, reports.dropFirst()) {
                entries[index].add(before: reports[0], after: report)
                judge(&entries[index], report)
            }
            if round + 1 < Self.rounds { halve(others.count) }
        }
    }

    /// Runs that a race with so many candidates takes at most.
    static func runs(_ candidates: Int) -> Int {
        var (left, runs) = (candidates, 0)
        for _ in 0..<rounds {
            runs += left + 1
            left = (left + 1) / 2
        }
        return runs
    }

    /// Of so many that ran in a round only the fastest half goes on.
    private mutating func halve(_ count: Int) {
        let left = entries.indices.filter { entries[$0].isIn }
        let order = left.sorted { entries[$0].trial.measured > entries[$1].trial.measured }
        for index in order.dropFirst((count + 1) / 2) {
            entries[index].isIn = false
            entries[index].trial.reason = "not in the faster half of \(count)"
        }
    }

    private func judge(_ entry: inout Entry, _ report: RunReport) {
        if let reason = Self.excess(report) ?? hopeless(entry.comparison) {
            (entry.trial.reason, entry.isIn) = (reason, false)
        } else if entry.comparison.ratios.count == Self.rounds {
            entry.isFaster = entry.comparison.ratio > 1 + minimumGain
            if !entry.isFaster { entry.trial.reason = "not faster by more than \(minimumGain.percent)" }
        }
    }

    /// Why a trial need not go on.
    private func hopeless(_ comparison: PairedComparison) -> String? {
        let pairs = comparison.ratios.count
        if pairs == 1, comparison.ratio < 1 - max(0.03, 2 * noise) { return "hopeless after one pair" }
        if pairs == 2, comparison.ratio < 1 { return "slower over two pairs" }
        if pairs == 2, comparison.ratios.allSatisfy({ $0 < 1 + minimumGain }) {
            return "not faster by more than \(minimumGain.percent) in either of two pairs"
        }
        return nil
    }

    /// What the engine held above the run's memory limit, in words.
    private static func excess(_ report: RunReport) -> String? {
        guard let limit = report.settings["memory"].flatMap({ Bytes(parsing: $0.value) }),
            report.peakBytesHeld > limit.count
        else { return nil }
        return "held \(Bytes(report.peakBytesHeld)), more than the memory limit of \(limit)"
    }
}

extension Double {
    /// A share of 1 in percent with one decimal, such as "1.5 %".
    var percent: String { "\(Double(Int((self * 1000).rounded())) / 10) %" }
}
