/// The throughput that a machine allows for a job, from each stage's rate when it has the machine to itself.
///
/// Stages that compute share the cores: the time per image adds up, `1/ceiling = Σ 1/rate`. Stages that wait for a disk
/// share nothing with them: the slowest of those bounds the job on its own.
package struct Ceiling: Sendable, Equatable {
    /// One stage, alone on all cores.
    package struct Stage: Sendable, Equatable {
        /// Stage name, as in reports.
        package let name: String
        /// Images per second.
        package let rate: Double
        /// Whether it computes, and so takes time from the others.
        package let sharesCores: Bool

        /// A measured rate.
        package init(name: String, rate: Double, sharesCores: Bool) {
            self.name = name
            self.rate = rate
            self.sharesCores = sharesCores
        }
    }

    /// What was measured.
    package let stages: [Stage]

    /// The ceiling of these stages together.
    package init(_ stages: [Stage]) { self.stages = stages }

    /// Images per second; 0 when nothing was measured.
    package var imagesPerSecond: Double {
        let shared = stages.filter(\.sharesCores).reduce(0.0) { $0 + 1 / $1.rate }
        let waiting = stages.filter { !$0.sharesCores }.map { 1 / $0.rate }.max() ?? 0
        let seconds = max(shared, waiting)
        return seconds > 0 ? 1 / seconds : 0
    }

    /// A stage's share of the time per image, 0…1; 0 for one that takes none from the others.
    package func share(of stage: Stage) -> Double { stage.sharesCores ? imagesPerSecond / stage.rate : 0 }
}
