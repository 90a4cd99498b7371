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
    /// A search measures what the model proposes. Answers about `interests` stand as they are, so for them every run is made twice,
    /// the second time in the opposite order: then a machine that gets faster or slower meanwhile does so for all of them alike.
    /// - Throws: what the runs throw; an error when nothing could be measured.
    mutating func model(_ bench: inout TuningBench, interests: [SettingChanges] = []) async throws -> CostModel {
        try await findSampleSize(&bench)
        let first = try await observe(SettingChanges(), &bench)
        let second = try await observe(SettingChanges(), &bench)
        let (a, b) = (CostFit.fullRate(first), CostFit.fullRate(second))
        noise = min(max(abs(a - b) / max(a, b), 0.01), 0.2)
        let base = CostSettings(first.settings)
        let special = allowed(Self.special(base, interests))
        let others = allowed(Self.costs(base, images: bench.images)) + special
        for changes in others { try await observeIfPossible(changes, &bench) }
        if !interests.isEmpty {
            for changes in others.reversed() + [SettingChanges(), SettingChanges()] {
                try await observeIfPossible(changes, &bench)
            }
        }
        guard let fit = CostFit(observations) else {
            throw StageError(.invalidInput, "nothing could be measured: no image of the sample was classified.")
        }
        var model = fit.model(machineCores: request.machineCores)
        model.images = Double(bench.images)
        for changes in special {
            guard let speedup = speedup(changes) else { continue }
            model.learn(changes, rate: model.prediction().rate * speedup)
        }
        model.images = .infinity
        return model
    }

    /// Settings that nobody decided.
    private func allowed(_ settings: [SettingChanges]) -> [SettingChanges] {
        settings.filter { changes in !request.fixed.contains { changes.values[$0] != nil } }
    }

    /// How many times as fast as the job as it is the runs with these settings were; nil where none was possible.
    private func speedup(_ changes: SettingChanges) -> Double? {
        func rate(_ settings: SettingChanges) -> Double? {
            Statistics.median(observations.filter { $0.changes == settings }.map { CostFit.fullRate($0.report) })
        }
        guard let base = rate(SettingChanges()), base > 0 else { return nil }
        return rate(changes).map { $0 / base }
    }

    /// Settings that tell what a task costs beside its rows, and what cores share.
    private static func costs(_ base: CostSettings, images: Int) -> [SettingChanges] {
        // What a large batch costs shows only in a run that has some of them for each worker.
        let batches = [1, 4, 16, 64].filter { $0 <= max(16, images / 8) }
        let settings = batches.map { SettingChanges(["batch-size": "\($0)"]) }
        return base.cores > 1 ? settings + [SettingChanges(["cores": "1"])] : settings
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
    private mutating func observeIfPossible(_ changes: SettingChanges, _ bench: inout TuningBench) async throws {
        do { _ = try await observe(changes, &bench) } catch is PlanError {
            // The model does without it, and says what it assumes.
        }
    }
}
