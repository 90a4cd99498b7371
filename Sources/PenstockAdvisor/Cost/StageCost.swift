package import PenstockCore

/// What a stage costs: seconds of a task = fixed + rows × per row.
package struct StageCost: Sendable, Hashable {
    /// Who decides how many workers a stage has.
    package enum Pool: Sendable, Hashable {
        /// One thread, whatever the settings: listing, writing.
        case single
        case read, decode, model
    }

    /// Operator name.
    package var name: String
    /// Its workers.
    package var pool: Pool
    /// Seconds that each task costs, whatever its rows, with all cores at work.
    package var fixedSeconds: Double
    /// Seconds that each row adds.
    package var secondsPerRow: Double
    /// Cost with one core at work ÷ cost with all of them: cores share caches, memory and, as hardware threads, themselves.
    package var aloneFactor: Double
    /// Share of a task's time that it computes; the rest it waits, for storage.
    package var computing: Double
    /// Rows of a task with the settings of the probe.
    package var rowsPerTask: Double
    /// Bytes of a row of its output.
    package var bytesPerRow: Double

    /// A stage; tests use it, `CostFit` makes those of real runs.
    package init(
        name: String,
        pool: Pool,
        fixedSeconds: Double = 0,
        secondsPerRow: Double,
        aloneFactor: Double = 1,
        computing: Double = 1
    ) {
        self.name = name
        self.pool = pool
        self.fixedSeconds = fixedSeconds
        self.secondsPerRow = secondsPerRow
        self.aloneFactor = aloneFactor
        self.computing = computing
        rowsPerTask = 4
        bytesPerRow = 150_000
    }

    /// Whether it takes time from the stages that compute.
    package var sharesCores: Bool { computing > 0.5 }

    /// Seconds of a row in tasks of so many, with all cores at work.
    package func seconds(rows: Double) -> Double { fixedSeconds / max(rows, 1) + secondsPerRow }

    /// As it stands in reports.
    package var report: StageCostReport {
        StageCostReport(
            name: name,
            fixedSeconds: fixedSeconds,
            secondsPerRow: secondsPerRow,
            coreSecondsPerRow: seconds(rows: rowsPerTask) * computing,
            aloneFactor: aloneFactor,
            sharesCores: sharesCores
        )
    }
}
