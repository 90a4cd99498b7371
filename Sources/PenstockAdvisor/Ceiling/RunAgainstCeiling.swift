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
            let stage = report.stages.first { $0.name == name && $0.rows > 0 }
            return Stage(
                name: name,
                aloneMilliseconds: milliseconds,
                runMilliseconds: stage.map { Self.seconds($0, report, threads) / Double($0.rows) * 1000 }
            )
        }
    }

    /// CPU seconds that a stage took.
    ///
    /// The model computes on threads of its library, which its workers' CPU time knows nothing of. Both the time in which these
    /// were busy, be it that they waited for a core, and what the process took beyond the other stages, be it for loading the
    /// model, are too much rather than too little: the smaller one is nearer.
    private static func seconds(_ stage: StageReport, _ report: RunReport, _ threads: Int) -> Double {
        guard stage.name == "model" else { return stage.cpuSeconds }
        let busy = stage.busySeconds * Double(threads)
        let others = report.stages.reduce(0.0) { $0 + ($1.name == stage.name ? 0 : $1.cpuSeconds) }
        return report.cpuSeconds > others ? min(busy, report.cpuSeconds - others) : busy
    }
}
