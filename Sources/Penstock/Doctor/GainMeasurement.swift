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

    /// Pairs of rates: the job as it is, and with the changes.
    ///
    /// One run of each goes before, so that caches are warm; who comes first alternates from pair to pair.
    /// - Throws: `PlanError` when the changes cannot run, `RunError` when a run failed.
    package func measure(_ changes: SettingChanges) async throws -> PairedComparison {
        let plain = SettingChanges()
        _ = try await runner.run(plain, images: images)
        _ = try await runner.run(changes, images: images)
        var pairs = PairedComparison()
        for pair in 0..<repeats {
            let isPlainFirst = pair % 2 == 0
            let first = try await runner.run(isPlainFirst ? plain : changes, images: images).imagesPerSecond
            let second = try await runner.run(isPlainFirst ? changes : plain, images: images).imagesPerSecond
            pairs.add(before: isPlainFirst ? first : second, after: isPlainFirst ? second : first)
        }
        return pairs
    }
}
