package import PenstockCore
package import PenstockPlan

/// A run whose stages a cost model is made from.
package struct CostObservation: Sendable {
    /// What differed from the probe's settings.
    package var changes: SettingChanges
    /// What it did.
    package var report: RunReport

    /// A run.
    package init(_ changes: SettingChanges = SettingChanges(), _ report: RunReport) {
        self.changes = changes
        self.report = report
    }
}

/// Makes a cost model from a few runs: with the job's own settings, with other batch sizes, and on one core.
///
/// Batch sizes tell what a task costs apart from its rows. One core tells what a row costs while nothing else runs. Costs are
/// without the time that a task waits for a core: with other workers it would be another.
package struct CostFit {
    private let observations: [CostObservation]
    private let base: RunReport
    private let baseSettings: CostSettings

    /// - `observations`: the first is the job as it is. Runs that change neither batch size nor cores only count for others.
    package init?(_ observations: [CostObservation]) {
        guard let first = observations.first, first.report.rowsWritten > 0 else { return nil }
        self.observations = observations
        base = first.report
        baseSettings = CostSettings(first.report.settings)
    }

    /// The model.
    package func model(machineCores: Int) -> CostModel {
        let stages = base.stages.filter { $0.rows > 0 && $0.tasks > 0 }.map(cost)
        let set = loaded.compactMap { CostSettings(base.settings, changes: $0.changes).batch.map(Double.init) }
        let batches = set + [modelBatch(base)].compactMap(\.self)
        let lower = max(1, Int(batches.min() ?? 1))
        let plain = CostModel(
            stages: stages,
            baseSettings: base.settings,
            machineCores: machineCores,
            batches: lower...max(lower, Int((batches.max() ?? 1).rounded(.up)))
        )
        return CostModel(
            stages: stages,
            baseSettings: base.settings,
            machineCores: machineCores,
            batches: plain.batches,
            timing: timing(plain)
        )
    }

    // MARK: Stages

    /// Runs with all the base's cores at work, which differ in their batches only.
    private var loaded: [CostObservation] {
        observations.filter { Set($0.changes.values.keys).isSubset(of: ["batch-size"]) }
    }

    /// The runs on one core.
    private var alone: [RunReport] {
        baseSettings.cores > 1 ? observations.filter { $0.changes.values == ["cores": "1"] }.map(\.report) : []
    }

    private func cost(_ stage: StageReport) -> StageCost {
        let pool: StageCost.Pool =
            switch stage.name {
            case "read": .read
            case "decode": .decode
            case "model": .model
            default: .single
            }
        let points = loaded.compactMap { point(of: stage.name, in: $0.report) }
        let line = pool == .decode || pool == .model ? Self.line(points) : (fixed: 0, perRow: 0)
        var cost = StageCost(name: stage.name, pool: pool, fixedSeconds: line.fixed, secondsPerRow: line.perRow)
        cost.rowsPerTask = Double(stage.rows) / Double(stage.tasks)
        cost.bytesPerRow = Double(stage.bytesOut) / Double(max(stage.rows, 1))
        if pool == .decode || pool == .model {
            (cost.measured, cost.factorAsItIs) = factors(cost)
            if let seconds = Statistics.median(alone.compactMap { point(of: stage.name, in: $0)?.seconds }) {
                let expected = cost.seconds(batch: baseSettings.batch)
                cost.aloneFactor = expected > 0 ? min(max(seconds / expected, 0.3), 1) : 1
            }
        } else {
            (cost.secondsPerRow, cost.computing) = waiting(stage.name)
        }
        return cost
    }

    /// How far the runs with all cores at work lie from the line: those of each batch size, the probe's own among them, and the latter
    /// alone.
    private func factors(_ cost: StageCost) -> (measured: [StageCost.Measured], asItIs: Double) {
        var bySize: [Int?: [Double]] = [:]
        for observation in loaded {
            guard let point = point(of: cost.name, in: observation.report) else { continue }
            let batch = CostSettings(base.settings, changes: observation.changes).batch
            bySize[batch, default: []].append(point.seconds / max(cost.seconds(rows: point.rows), 1e-12))
        }
        let middles = bySize.compactMapValues { Statistics.median($0) }
        let own = max(1, Int(cost.rowsPerTask.rounded()))
        let measured = middles.compactMap { batch, factor in
            batch == nil && middles[own] != nil ? nil : StageCost.Measured(batch: batch ?? own, factor: factor)
        }
        return (measured.sorted { $0.batch < $1.batch }, middles[nil] ?? 1)
    }

    /// Seconds of a row of a stage that waits, and the share of them that it computes: those of the run that waited least.
    ///
    /// Waiting for a core is neither: with fewer threads there is less of it, and more of them do not hide it.
    private func waiting(_ name: String) -> (seconds: Double, computing: Double) {
        let entries = observations.compactMap { $0.report.stages.first { $0.name == name && $0.rows > 0 } }
        let least = entries.min { $0.ownSeconds / Double($0.rows) < $1.ownSeconds / Double($1.rows) }
        guard let least, least.ownSeconds > 0 else { return (0, 0) }
        return (least.ownSeconds / Double(least.rows), min(max(least.cpuSeconds / least.ownSeconds, 0), 1))
    }

    private func point(of name: String, in report: RunReport) -> (rows: Double, seconds: Double)? {
        guard let stage = report.stages.first(where: { $0.name == name }), stage.rows > 0, stage.tasks > 0 else {
            return nil
        }
        let seconds = stage.name == "model" ? Self.inferring(stage, report) : stage.ownSeconds
        return (Double(stage.rows) / Double(stage.tasks), seconds / Double(stage.rows))
    }

    /// Seconds that inferences took without those for which they waited for a core, unseen: a backend's threads are its own, and while
    /// its worker waits for a core they may be at work.
    ///
    /// Cores cannot have worked for longer than the run took; what the stages claim beyond that, inferences waited.
    private static func inferring(_ model: StageReport, _ report: RunReport) -> Double {
        guard report.imagesPerSecond > 0 else { return model.busySeconds }
        let settings = CostSettings(report.settings)
        // A model that is being loaded computes too.
        let capacity = Double(settings.cores) * report.processingSeconds - Double(model.workers) * loading(report)
        let others = report.stages.reduce(0) { sum, stage in
            stage.name == "model" ? sum : sum + min(stage.ownSeconds, stage.cpuSeconds)
        }
        let most = (capacity - others) / Double(settings.threadsPerWorker)
        return max(min(model.busySeconds, most), 0.1 * model.busySeconds)
    }

    /// The line seconds of a row = fixed ÷ rows + per row that lies nearest to the points; neither of its parts is below 0.
    static func line(_ points: [(rows: Double, seconds: Double)]) -> (fixed: Double, perRow: Double) {
        guard !points.isEmpty else { return (0, 0) }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + 1 / $1.rows } / count
        let meanY = points.reduce(0) { $0 + $1.seconds } / count
        var (covariance, variance) = (0.0, 0.0)
        for point in points {
            covariance += (1 / point.rows - meanX) * (point.seconds - meanY)
            variance += (1 / point.rows - meanX) * (1 / point.rows - meanX)
        }
        let fixed = variance > 1e-6 ? max(covariance / variance, 0) : 0
        let perRow = meanY - fixed * meanX
        return perRow > 0 ? (fixed, perRow) : (meanY / meanX, 0)
    }

    private func modelBatch(_ report: RunReport) -> Double? { point(of: "model", in: report)?.rows }

    // MARK: Whole runs

    private func timing(_ plain: CostModel) -> CostTiming {
        var timing = CostTiming()
        let reports = observations.map(\.report).filter { $0.imagesPerSecond > 0 }
        timing.loadSeconds = Statistics.median(reports.map(loading)) ?? 0
        timing.outsideSeconds =
            Statistics.median(
                reports.map { max($0.wallSeconds - $0.processingSeconds, 0) }
            ) ?? 0
        let ratios = loaded.compactMap { observation -> Double? in
            var plain = plain
            plain.images = Double(observation.report.rowsWritten)
            let predicted = plain.prediction(observation.changes).rate
            let measured = Self.fullRate(observation.report)
            return predicted > 0 && measured > 0 ? measured / predicted : nil
        }
        timing.efficiency = Statistics.median(ratios) ?? 1
        let known = loaded.count == ratios.count ? ratios : []
        let squares = known.map { ($0 / timing.efficiency - 1) * ($0 / timing.efficiency - 1) }
        timing.residual = squares.isEmpty ? 0 : (squares.reduce(0, +) / Double(squares.count)).squareRoot()
        return timing
    }

    /// Seconds after the first row for which the model was still being loaded.
    private func loading(_ report: RunReport) -> Double { Self.loading(report) }

    static func loading(_ report: RunReport) -> Double {
        guard let model = report.stages.first(where: { $0.name == "model" }) else { return 0 }
        return max(model.startingSeconds / Double(max(model.workers, 1)) - report.startupSeconds, 0)
    }

    /// Images per second of a run once its model was loaded.
    ///
    /// While that went on, other cores already decoded; that is counted as done by one of them less.
    package static func fullRate(_ report: RunReport) -> Double {
        guard report.imagesPerSecond > 0 else { return 0 }
        let processing = report.processingSeconds
        let cores = report.settings["cores"].flatMap { Double($0.value) } ?? 1
        let lost = loading(report) / max(cores, 1)
        return Double(report.rowsWritten) / max(processing - lost, processing / 4)
    }
}
