/// The throughput that a machine allows for a job, from each stage's rate when it has the machine to itself.
///
/// Stages that compute share the cores: the time per image adds up, `1/ceiling = Σ 1/rate`. Stages that wait for a disk
/// share nothing with them but the core time that they do take: the slowest of those bounds the job on its own.
package struct Ceiling: Sendable, Equatable {
    /// One stage, alone on all cores.
    package struct Stage: Sendable, Equatable {
        /// Stage name, as in reports.
        package let name: String
        /// Images per second.
        package let rate: Double
        /// Seconds of the whole machine that an image takes from the other stages.
        package let machineSeconds: Double

        /// A measured rate of a stage that takes `coreSeconds` of one of the `cores` for an image: all of its time where it computes, and little
        /// where it mostly waits.
        package init(name: String, rate: Double, coreSeconds: Double, cores: Int) {
            self.name = name
            self.rate = rate
            machineSeconds = coreSeconds / Double(cores)
        }
    }

    /// What was measured.
    package let stages: [Stage]

    /// The ceiling of these stages together.
    package init(_ stages: [Stage]) { self.stages = stages }

    /// Images per second; 0 when nothing was measured.
    package var imagesPerSecond: Double {
        let shared = stages.reduce(0.0) { $0 + $1.machineSeconds }
        let slowest = stages.map { 1 / $0.rate }.max() ?? 0
        let seconds = max(shared, slowest)
        return seconds > 0 ? 1 / seconds : 0
    }

    /// A stage's share of the time per image, 0…1; 0 for one that takes none from the others.
    package func share(of stage: Stage) -> Double { imagesPerSecond * stage.machineSeconds }
}
