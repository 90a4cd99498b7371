package import PenstockAdvisor
import PenstockCore
package import PenstockPlan

/// Runs a job as it is and with changes, in turn, so that a predicted gain can be compared with a measured one.
package struct GainMeasurement: Sendable {
    private let runner: any TrialRunner
    private let images: Int?
    private let repeats: Int

    /// - `images`: rows of the sample; nil: all. `repeats`: pairs of runs, at least three.
    package init(_ runner: any TrialRunner, images: Int?, repeats: Int = 5) {
        self.runner = runner
        self.images = images
        self.repeats = max(repeats, 3)
    }

    /// Two ways of doing the job.
    package typealias Comparison = (before: SettingChanges, after: SettingChanges)

    /// Pairs of rates for each comparison.
    ///
    /// One run of each way goes before, so that caches are warm. The two of a pair take turns where the runner can do that; which
    /// is first changes from round to round.
    /// - Throws: `PlanError` when changes cannot run, `RunError` when a run failed.
    package func measure(
        _ comparisons: [Comparison],
        tell: @Sendable (String) -> Void = { _ in }
    ) async throws -> [PairedComparison] {
        var ways: [SettingChanges] = []
        for way in comparisons.flatMap({ [$0.before, $0.after] }) where !ways.contains(way) { ways.append(way) }
        for way in ways { _ = try await runner.run(way, images: images) }
        var results = comparisons.map { _ in PairedComparison() }
        for round in 0..<repeats {
            let what = comparisons.count == 1 ? "the change" : "\(comparisons.count) changes"
            tell("measuring \(what): round \(round + 1) of \(repeats)")
            for (index, comparison) in comparisons.enumerated() {
                let ways = [comparison.before, comparison.after]
                let reports = try await runner.run(inTurns: ways, images: images, round: round)
                results[index].add(before: reports[0].imagesPerSecond, after: reports[1].imagesPerSecond)
            }
        }
        return results
    }
}
