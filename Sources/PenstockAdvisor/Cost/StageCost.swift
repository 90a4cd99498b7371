package import PenstockCore

/// What a stage costs: seconds of a task = fixed + rows × per row, and how far batches that were measured lie from that.
package struct StageCost: Sendable, Hashable {
    /// Who decides how many workers a stage has.
    package enum Pool: Sendable, Hashable {
        /// One thread, whatever the settings: listing, writing.
        case single
        case read, decode, model
    }

    /// A batch size that was measured.
    package struct Measured: Sendable, Hashable {
        /// Rows.
        package var batch: Int
        /// What a row cost ÷ what the line says.
        package var factor: Double

        /// A batch size and its factor.
        package init(batch: Int, factor: Double) {
            self.batch = batch
            self.factor = factor
        }
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
    /// Batch sizes that were set and measured, ascending: caches and kernels know no line.
    package var measured: [Measured] = []
    /// What a row costs with the settings of the probe ÷ what the line says.
    package var factorAsItIs = 1.0

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

    /// Seconds of a row with all cores at work; nil: in batches as the probe had them.
    ///
    /// Between two sizes that were measured, a size lies between them in its distance from the line too; beyond them it is as far
    /// from it as the nearest one.
    package func seconds(batch: Int?) -> Double {
        guard let batch else { return seconds(rows: rowsPerTask) * factorAsItIs }
        return seconds(rows: Double(batch)) * factor(batch)
    }

    private func factor(_ batch: Int) -> Double {
        guard let next = measured.firstIndex(where: { $0.batch >= batch }) else { return measured.last?.factor ?? 1 }
        guard next > 0, measured[next].batch > batch else { return measured[next].factor }
        let (low, high) = (measured[next - 1], measured[next])
        let part = Double(batch - low.batch) / Double(high.batch - low.batch)
        return low.factor + (high.factor - low.factor) * part
    }

    /// As it stands in reports.
    package var report: StageCostReport {
        StageCostReport(
            name: name,
            fixedSeconds: fixedSeconds,
            secondsPerRow: secondsPerRow,
            coreSecondsPerRow: seconds(batch: nil) * computing,
            aloneFactor: aloneFactor,
            sharesCores: sharesCores
        )
    }
}
