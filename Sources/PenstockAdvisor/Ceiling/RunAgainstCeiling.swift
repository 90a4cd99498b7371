package import PenstockCore

/// What a run's stages took for an image, beside what they take alone.
package struct RunAgainstCeiling: Sendable, Equatable {
    /// One stage, alone and in the run.
    package struct Stage: Sendable, Equatable {
        /// Stage name, as in reports.
        package let name: String
        /// Core milliseconds of an image when the stage runs alone.
        package let aloneMilliseconds: Double
        /// Core milliseconds of an image in the run; nil where the run has no such stage, or it had no rows.
        package let runMilliseconds: Double?

        /// Time alone ÷ time in the run: 1 when nothing was lost; nil without either.
        package var reached: Double? {
            guard let runMilliseconds, runMilliseconds > 0 else { return nil }
            return aloneMilliseconds / runMilliseconds
        }
    }

    /// Images per second of the run ÷ the ceiling; 0 without a ceiling.
    package let reached: Double
    /// The stages, in the order of the plan.
    package let stages: [Stage]

    /// - `alone`: core milliseconds of an image by stage, `threads` that one busy worker of the model keeps at work.
    package init(
        _ report: RunReport,
        ceiling: Double,
        alone: [(name: String, milliseconds: Double)],
        threads: Int
    ) {
        reached = ceiling > 0 ? report.imagesPerSecond / ceiling : 0
        stages = alone.map { name, milliseconds in
            let stage = report.stages.first { $0.name == name }
            return Stage(
                name: name,
                aloneMilliseconds: milliseconds,
                runMilliseconds: stage.flatMap { Self.milliseconds($0, threads: name == "model" ? threads : 1) }
            )
        }
    }

    /// Core milliseconds of a row.
    ///
    /// A worker with a CPU slot computes while it is busy, the model's on threads of its library that its own CPU time knows
    /// nothing of. One without mostly waits, and only its CPU time counts.
    private static func milliseconds(_ stage: StageReport, threads: Int) -> Double? {
        guard stage.rows > 0 else { return nil }
        let seconds = stage.cpusPerTask > 0 ? stage.busySeconds * Double(threads) : stage.cpuSeconds
        return seconds / Double(stage.rows) * 1000
    }
}
