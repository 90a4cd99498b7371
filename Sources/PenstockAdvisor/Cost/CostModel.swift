package import PenstockCore
package import PenstockPlan

/// Predicts how fast a job runs with other settings, from what each of its stages costs.
///
/// Stages that compute share the cores: their core seconds add up, and the cores bound the rate. Each stage is also bounded
/// by its own workers, and one that waits for storage by nothing else. What a probe could not show (`CostAssumption`) is
/// assumed, said, and learnt as soon as a run shows it. Pure: the same observations give the same answers.
package struct CostModel: Sendable {
    /// A rate, what bounds it, and how sure it is.
    package struct Prediction: Sendable, Hashable {
        /// Images per second once the pipeline is full.
        package var rate: Double
        /// Half the width of an interval about it, as a share of it.
        package var halfWidth: Double
        /// A stage's name, or `cores`.
        package var limit: String
        /// What is assumed and was not measured.
        package var unknowns: [CostAssumption]
        /// The model's batch, where it lies outside of what was measured.
        package var batchOutside: Int?
    }

    /// The stages, in the order of the plan.
    package let stages: [StageCost]
    /// Settings of the run that it began from, as reports have them.
    package let baseSettings: [String: SettingReport]
    /// The same as numbers.
    package let base: CostSettings
    /// Cores of the machine.
    package let machineCores: Int
    /// Batch sizes that were measured.
    package let batches: ClosedRange<Int>
    /// Seconds from the start of a run to full work, which overlap with reading and decoding.
    package let loadSeconds: Double
    /// Seconds of a run before its first row and after its last one.
    package let outsideSeconds: Double
    /// Rate with the settings of the probe ÷ what the stages' costs alone would give.
    package let efficiency: Double
    /// How far the model's answers lie from the probe's runs, as a share of 1.
    package let residual: Double
    /// Images of the job: with few of them some readers have nothing to read.
    package var images = Double.infinity
    /// What runs have shown of assumptions.
    package private(set) var learnt: [CostAssumption: Double] = [:]
    /// Whether reading bounds the job as it is.
    private var isReadBound = false

    package init(
        stages: [StageCost],
        baseSettings: [String: SettingReport],
        machineCores: Int,
        batches: ClosedRange<Int>,
        timing: CostTiming = CostTiming()
    ) {
        self.stages = stages
        self.baseSettings = baseSettings
        base = CostSettings(baseSettings)
        self.machineCores = max(machineCores, 1)
        self.batches = batches
        loadSeconds = timing.loadSeconds
        outsideSeconds = timing.outsideSeconds
        efficiency = timing.efficiency
        residual = timing.residual
        let read = stages.first { $0.pool == .read }
        isReadBound = read != nil && rate(base).limit == read?.name
    }

    /// Settings as numbers, the probe's with changes.
    package func settings(_ changes: SettingChanges = SettingChanges()) -> CostSettings {
        CostSettings(baseSettings, changes: changes)
    }

    /// How fast the job runs.
    package func prediction(_ changes: SettingChanges = SettingChanges()) -> Prediction {
        prediction(settings(changes))
    }

    /// How fast the job runs.
    package func prediction(_ settings: CostSettings) -> Prediction {
        let unknowns = assumptions(settings).filter { learnt[$0] == nil }
        let (rate, limit) = rate(settings)
        var prediction = Prediction(rate: rate * efficiency, halfWidth: 0, limit: limit, unknowns: unknowns)
        if let batch = settings.batch, !batches.contains(batch) { prediction.batchOutside = batch }
        // Independent errors add as squares do.
        var square = max(residual, 0.04) * max(residual, 0.04)
        for unknown in unknowns { square += unknown.uncertainty * unknown.uncertainty }
        if prediction.batchOutside != nil { square += 0.05 * 0.05 }
        prediction.halfWidth = min(1.5 * square.squareRoot(), 0.95)
        return prediction
    }

    /// Seconds of a run over so many images, from its start to its end.
    package func seconds(images: Int, _ settings: CostSettings) -> Double {
        let rate = prediction(settings).rate
        guard rate > 0 else { return .infinity }
        let computing = demand(settings, concurrency: Double(usedCores(settings))).coreSeconds
        // While one core loads the model, the others decode: what they do then is done.
        let cores = Double(usedCores(settings))
        let hidden = cores > 1 ? min(loadSeconds * (cores - 1) / cores, Double(images) * computing / cores / 2) : 0
        return outsideSeconds + loadSeconds - hidden + Double(images) / rate
    }

    /// Learns the one assumption about these settings that no run has shown yet; with none or several it learns nothing.
    ///
    /// - `rate`: what was measured, relative to the same machine state as the model's own base (see `TuningSearch`).
    package mutating func learn(_ changes: SettingChanges, rate measured: Double) {
        let settings = self.settings(changes)
        let unknown = assumptions(settings).filter { learnt[$0] == nil }
        guard unknown.count == 1, measured > 0 else { return }
        // Every assumption moves the rate one way only, so halving finds the value that explains the run.
        var (low, high) = (unknown[0].range.lowerBound, unknown[0].range.upperBound)
        learnt[unknown[0]] = low
        let lowest = prediction(settings).rate
        learnt[unknown[0]] = high
        let highest = prediction(settings).rate
        // Something else bounds the rate, and the run says nothing about it.
        guard abs(highest - lowest) > 1e-6 * lowest else {
            learnt[unknown[0]] = nil
            return
        }
        for _ in 0..<40 {
            let middle = (low + high) / 2
            learnt[unknown[0]] = middle
            let isBelow = prediction(settings).rate < measured
            if isBelow == (highest > lowest) { low = middle } else { high = middle }
        }
        learnt[unknown[0]] = (low + high) / 2
    }

    private func value(_ assumption: CostAssumption) -> Double { learnt[assumption] ?? assumption.prior }
}

/// What the probe's runs say beside the stages' costs.
package struct CostTiming: Sendable, Hashable {
    package var loadSeconds = 0.0
    package var outsideSeconds = 0.0
    package var efficiency = 1.0
    package var residual = 0.0

    /// A run without losses.
    package init() {}
}

// MARK: - The arithmetic

extension CostModel {
    /// The rate without losses, and what bounds it.
    private func rate(_ settings: CostSettings) -> (rate: Double, limit: String) {
        let cores = Double(usedCores(settings))
        var concurrency = min(cores, Double(settings.threads))
        var result = (rate: 0.0, limit: "")
        var computing = 0.0
        // How many cores are at work decides what a row costs, and that decides how many are: a few rounds settle it.
        for _ in 0..<4 {
            let demand = demand(settings, concurrency: concurrency)
            result = demand.rate(cores: cores * crowding(settings))
            if !result.rate.isFinite { return (0, "") }
            computing = demand.coreSeconds / cores
            concurrency = max(1, min(cores, result.rate * demand.coreSeconds))
        }
        if images.isFinite { result.rate = images / (images / result.rate + lonely(result.limit, computing, settings)) }
        return result
    }

    /// Seconds of a job in which it only reads or only computes: before the first block is there nothing can be computed, and where
    /// reading bounds, what the last readers bring is computed after them.
    ///
    /// - `computing`: seconds of a row on all cores.
    private func lonely(_ limit: String, _ computing: Double, _ settings: CostSettings) -> Double {
        guard let read = stages.first(where: { $0.pool == .read && !$0.sharesCores }) else { return 0 }
        let rows = rows(read, settings)
        if limit == read.name { return min(images, readers(read, settings) * rows) * computing }
        return min(images, rows) * read.seconds(batch: settings.batch)
    }

    /// Cores that tasks can take: the setting, more where threads were oversubscribed knowingly, never more than there are.
    private func usedCores(_ settings: CostSettings) -> Int {
        min(machineCores, max(settings.cores, settings.modelWorkers * settings.threadsPerWorker))
    }

    /// What is left of the rate when threads wait for each other's cores.
    private func crowding(_ settings: CostSettings) -> Double {
        let extra = Double(settings.modelWorkers * settings.threadsPerWorker - usedCores(settings))
        guard extra > 0 else { return 1 }
        return max(0.05, 1 - value(.oversubscription) * extra / Double(usedCores(settings)))
    }

    private func demand(_ settings: CostSettings, concurrency: Double) -> RowDemand {
        var demand = RowDemand()
        let span = Double(max(machineCores - 1, 1))
        for stage in stages {
            let crowd = machineCores > 1 ? (concurrency - 1) / span : 1
            let contention = stage.aloneFactor + (1 - stage.aloneFactor) * min(max(crowd, 0), 1)
            let seconds = stage.seconds(batch: settings.batch) * contention * factor(stage, settings)
            switch stage.pool {
            case .single:
                demand.add(stage.name, seconds: seconds, workers: 1, coreSeconds: seconds * stage.computing)
            case .read:
                let readers = readers(stage, settings)
                demand.add(stage.name, seconds: seconds, workers: readers, coreSeconds: seconds * stage.computing)
            case .decode:
                demand.add(stage.name, seconds: seconds, workers: Double(settings.decodeWorkers), coreSeconds: seconds)
            case .model:
                let speedup = 1 + value(.threads) * Double(settings.threadsPerWorker - 1)
                let own = seconds / speedup
                let coreSeconds = own * Double(settings.threadsPerWorker)
                demand.add(stage.name, seconds: own, workers: Double(settings.modelWorkers), coreSeconds: coreSeconds)
            }
        }
        return demand
    }

    /// Rows of a block of files: a batch at most, and no more than without a batch size that is set.
    private func rows(_ stage: StageCost, _ settings: CostSettings) -> Double {
        min(settings.batch.map(Double.init) ?? .infinity, max(stage.rowsPerTask, 1))
    }

    private func factor(_ stage: StageCost, _ settings: CostSettings) -> Double {
        switch stage.pool {
        case .model where settings.precision != base.precision: value(.precision(settings.precision))
        case .decode where settings.resizeQuality != base.resizeQuality: value(.resizeQuality(settings.resizeQuality))
        default: 1
        }
    }

    /// Reads that go on at the same time: one for each worker, as far as what they read may lie there.
    private func readers(_ stage: StageCost, _ settings: CostSettings) -> Double {
        let taskBytes = max(stage.bytesPerRow * rows(stage, settings), 1)
        let ahead = max(1, (Double(settings.readAhead.count) / taskBytes).rounded(.down))
        var wanted = min(Double(settings.readWorkers), ahead)
        if images.isFinite {
            // Blocks are read in rounds, one for each reader, and the last round may leave some of them idle.
            let blocks = max(1, (images / rows(stage, settings)).rounded(.up))
            wanted = blocks / (blocks / wanted).rounded(.up)
        }
        let known = Double(base.readWorkers)
        return wanted <= known ? wanted : known + (wanted - known) * value(.readers)
    }

    /// What the model has to assume for these settings.
    private func assumptions(_ settings: CostSettings) -> [CostAssumption] {
        var found: [CostAssumption] = []
        if settings.threadsPerWorker > 1, settings.threadsPerWorker != base.threadsPerWorker { found.append(.threads) }
        if settings.modelWorkers * settings.threadsPerWorker > usedCores(settings) { found.append(.oversubscription) }
        if settings.precision != base.precision { found.append(.precision(settings.precision)) }
        if settings.resizeQuality != base.resizeQuality { found.append(.resizeQuality(settings.resizeQuality)) }
        // Where the probe's readers were not the limit, more of them change nothing, however slow the storage.
        if settings.readWorkers > base.readWorkers, isReadBound { found.append(.readers) }
        return found
    }
}
