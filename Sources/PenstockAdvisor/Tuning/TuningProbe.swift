import PenstockCore
import PenstockPlan

/// The few runs that a cost model is made from.
struct TuningProbe {
    private let request: TuningRequest
    private let tell: @Sendable (TuningEvent) -> Void
    private(set) var observations: [CostObservation] = []
    /// How much two runs of the same settings differ, as a share of 1.
    private(set) var noise = 0.01

    init(_ request: TuningRequest, tell: @escaping @Sendable (TuningEvent) -> Void) {
        self.request = request
        self.tell = tell
    }

    /// The model; what it can only guess of the settings that `interests` name is measured, one setting at a time.
    ///
    /// - Throws: what the runs throw; an error when nothing could be measured.
    mutating func model(_ bench: inout TuningBench, interests: [SettingChanges] = []) async throws -> CostModel {
        try await findSampleSize(&bench)
        let first = try await observe(SettingChanges(), &bench)
        let second = try await observe(SettingChanges(), &bench)
        let (a, b) = (CostFit.fullRate(first), CostFit.fullRate(second))
        noise = min(max(abs(a - b) / max(a, b), 0.01), 0.2)
        let base = CostSettings(first.settings)
        if !request.fixed.contains("batch-size") {
            // What a large batch costs shows only in a run that has some of them for each worker.
            for batch in [1, 4, 16, 64] where batch <= max(16, bench.images / 8) {
                _ = try await observe(SettingChanges(["batch-size": "\(batch)"]), &bench)
            }
        }
        if base.cores > 1, !request.fixed.contains("cores") {
            _ = try await observeIfPossible(SettingChanges(["cores": "1"]), &bench)
        }
        guard let fit = CostFit(observations) else {
            throw StageError(.invalidInput, "nothing could be measured: no image of the sample was classified.")
        }
        var model = fit.model(machineCores: request.machineCores)
        for changes in Self.special(base, interests) where !request.fixed.contains(where: { changes.values[$0] != nil })
        {
            guard let report = try await observeIfPossible(changes, &bench) else { continue }
            let ratio = CostFit.fullRate(report) / max(Statistics.median([a, b]) ?? a, 1e-9)
            model.learn(changes, rate: model.prediction().rate * ratio)
        }
        return model
    }

    /// Settings of which the model can only guess what they do.
    private static func special(_ base: CostSettings, _ interests: [SettingChanges]) -> [SettingChanges] {
        var found: [SettingChanges] = []
        if base.cores > 1 {
            found.append(SettingChanges(["model-workers": "1", "threads-per-worker": "\(base.cores)"]))
        }
        for name in ["precision", "resize-quality"] {
            for value in Set(interests.compactMap { $0.values[name] }).sorted() {
                found.append(SettingChanges([name: value]))
            }
        }
        if interests.contains(where: { $0.values["read-workers"].flatMap { Int($0) } ?? 0 > base.readWorkers }) {
            found.append(SettingChanges(["read-workers": "\(base.readWorkers * 2)"]))
        }
        return found
    }

    /// Images for which a run takes the wanted time, found in steps as a first guess says little.
    private mutating func findSampleSize(_ bench: inout TuningBench) async throws {
        for _ in 0..<3 {
            let report = try await bench.run(SettingChanges())
            let wanted = CostFit.fullRate(report) * request.secondsPerRun
            let most = min(bench.images * 32, request.availableImages)
            let images = Self.wholeBatches(
                min(max(Int(min(wanted, 1e9)), fillingReaders(report), 16), most),
                workers: CostSettings(report.settings).modelWorkers,
                most: most
            )
            let isEnough = images <= bench.images + bench.images / 4
            bench.images = images
            if isEnough { return }
        }
    }

    /// The number next to `images` that gives each of the workers as many whole batches as the others, if there is one.
    ///
    /// A model is compiled for a batch, and a last one that is nearly empty costs as much as a full one: a tenth of so short a
    /// run, and nothing in a whole job.
    static func wholeBatches(_ images: Int, workers: Int, most: Int) -> Int {
        let round = Planner.defaultBatchSize * max(workers, 1)
        let whole = (images + round / 2) / round * round
        if (1...most).contains(whole) { return whole }
        return most >= round ? most / round * round : images
    }

    /// Images that give every reader a block, where reading waits: with fewer a sample would show readers that have nothing to do.
    private func fillingReaders(_ report: RunReport) -> Int {
        guard let read = report.stages.first(where: { $0.name == "read" }), read.tasks > 0,
            read.cpuSeconds < read.busySeconds / 2
        else { return 0 }
        let perTask = Double(read.rows) / Double(read.tasks)
        // Where one block takes long, some readers stay without: a run must end in time.
        let seconds = read.busySeconds / Double(read.tasks)
        return Int(Double(read.workers) * perTask * min(1, 3 * request.secondsPerRun / max(seconds, 1e-9)))
    }

    private mutating func observe(_ changes: SettingChanges, _ bench: inout TuningBench) async throws -> RunReport {
        let report = try await bench.run(changes)
        observations.append(CostObservation(changes, report))
        tell(
            .probe(
                settings: changes.description,
                imagesPerSecond: report.imagesPerSecond,
                images: report.rowsWritten
            )
        )
        return report
    }

    /// Settings that cannot run here tell nothing, and are no reason to stop.
    private mutating func observeIfPossible(
        _ changes: SettingChanges,
        _ bench: inout TuningBench
    ) async throws -> RunReport? {
        do { return try await observe(changes, &bench) } catch is PlanError { return nil }
    }
}
