package import PenstockCore

/// How long a run takes, by arithmetic over what its stages cost, and how long it would take if they cost something else.
///
/// Tasks share the cores, and a stage has no more than its workers: `seconds = max(Σ core time ÷ cores, longest busy time of a
/// worker)`. What a run took beyond that is its rest: starting, which stays, and waiting for each other at the beginning, at
/// the end and between, which may stay as it is or shrink with the work. The two cases are the ends of the interval.
package struct Forecast: Sendable, Equatable {
    /// What a stage costs.
    package struct Stage: Sendable, Equatable {
        /// Name, as in reports.
        package var name: String
        /// Tasks side by side.
        package var workers: Int
        /// Cores that a task takes.
        package var cpusPerTask: Double
        /// Worker seconds for each row of the run.
        package var secondsPerRow: Double
    }

    /// Cores that tasks share.
    package var cores: Int
    /// Rows of the run.
    package let rows: Int
    /// From its first row read to its last commit.
    package let seconds: Double
    /// Of that, until the last stage had started.
    package let startingSeconds: Double
    /// What each stage cost.
    package var stages: [Stage]

    /// The costs of a run.
    package init(_ report: RunReport, cores: Int) {
        let run = RunFacts(report: report, cores: cores)
        self.cores = cores
        rows = run.rows
        seconds = run.seconds
        startingSeconds = run.startingSeconds
        stages = report.stages.map {
            Stage(
                name: $0.name,
                workers: max($0.workers, 1),
                cpusPerTask: $0.cpusPerTask,
                secondsPerRow: $0.busySeconds / Double(run.rows)
            )
        }
    }

    /// Seconds that the stages' work takes for each row, when nothing waits that need not.
    package var workPerRow: Double {
        var demand = RowDemand()
        for stage in stages {
            let coreSeconds = stage.secondsPerRow * stage.cpusPerTask
            demand.add(
                stage.name,
                seconds: stage.secondsPerRow,
                workers: Double(stage.workers),
                coreSeconds: coreSeconds
            )
        }
        return 1 / demand.rate(cores: Double(max(cores, 1))).rate
    }

    /// How many times faster the run should be when stages cost and work as in `other`.
    private func gain(of other: Forecast) -> GainReport {
        let before = workPerRow * Double(rows)
        let after = other.workPerRow * Double(rows)
        guard before > 0, after > 0, seconds > 0 else { return GainReport(low: 1, likely: 1, high: 1) }
        // Where tasks took turns on the cores their times add up to more than the run's: then there is no rest.
        let rest = max(seconds - before, 0)
        let starting = min(rest, startingSeconds)
        let waiting = rest - starting
        let proportional = after * (1 + waiting / before) + starting
        let constant = after + waiting + starting
        let (low, high) = (seconds / max(constant, proportional), seconds / min(constant, proportional))
        return GainReport(low: low, likely: (low * high).squareRoot(), high: high)
    }

    /// How many times faster the run should be after a change of what stages cost.
    package func gain(_ change: (inout Forecast) -> Void) -> GainReport {
        var other = self
        change(&other)
        return gain(of: other)
    }

    /// Changes one stage.
    package mutating func update(_ name: String, _ change: (inout Stage) -> Void) {
        for index in stages.indices where stages[index].name == name { change(&stages[index]) }
    }
}
