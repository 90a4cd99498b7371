import PenstockCore
import PenstockPlan

/// The few runs that a cost model is made from.
struct TuningProbe {
    /// Runs that take turns at most, however much memory there is.
    private static let mostTogether = 8

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
    /// All runs take turns, so that a machine that gets faster or slower meanwhile does so for all of them alike. A search measures
    /// what the model proposes. Answers about `interests` stand as they are, so for them every run is made twice, the second
    /// time in the opposite order.
    /// - Throws: what the runs throw; an error when nothing could be measured.
    mutating func model(_ bench: inout TuningBench, interests: [SettingChanges] = []) async throws -> CostModel {
        let report = try await findSampleSize(&bench)
        let base = CostSettings(report.settings)
        let special = allowed(Self.special(base, interests))
        let others = allowed(Self.costs(base, images: bench.images)) + special
        // All of them may be stopped with what they hold in memory.
        let most = request.machineMemory / 2 / max(report.peakRssBytes, 1)
        bench.together = min(max(most, 2), Self.mostTogether)
        try await observe(others + [SettingChanges()], &bench)
        if !interests.isEmpty { try await observe(others.reversed(), &bench) }
        let rates = self.rates(SettingChanges())
        if let least = rates.min(), let most = rates.max(), most > 0 {
            noise = min(max(1 - least / most, 0.01), 0.2)
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
        guard let base = Statistics.median(rates(SettingChanges())), base > 0 else { return nil }
        return Statistics.median(rates(changes)).map { $0 / base }
    }

    private func rates(_ settings: SettingChanges) -> [Double] {
        observations.filter { $0.changes == settings }.map { CostFit.fullRate($0.report) }
    }

    /// Settings that tell what a task costs beside its rows, and what cores share.
    private static func costs(_ base: CostSettings, images: Int) -> [SettingChanges] {
        // What a batch costs shows only in a run that has some of them for each worker: of two, each worker's only one, the slower
        // counts, and two processors of a virtual machine may differ by half for that long.
        let batches = [1, 4, 16, 64].filter { $0 <= max(4, images / (4 * base.modelWorkers)) }
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
    ///
    /// - Returns: the last report.
    private mutating func findSampleSize(_ bench: inout TuningBench) async throws -> RunReport {
        var report = RunReport()
        for _ in 0..<3 {
            report = try await bench.run(SettingChanges())
            let wanted = CostFit.fullRate(report) * request.secondsPerRun
            let most = min(bench.images * 32, request.availableImages)
            let images = Self.wholeBatches(
                min(max(Int(min(wanted, 1e9)), fillingReaders(report), 16), most),
                workers: CostSettings(report.settings).modelWorkers,
                most: most
            )
            let isEnough = images <= bench.images + bench.images / 4
            bench.images = images
            if isEnough { break }
        }
        return report
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

    /// Runs these in turns with the job as it is, in groups.
    private mutating func observe(_ ways: [SettingChanges], _ bench: inout TuningBench) async throws {
        let others = bench.together - 1
        for start in stride(from: 0, to: ways.count, by: others) {
            let group = [SettingChanges()] + ways[start..<min(start + others, ways.count)]
            do {
                note(group, try await bench.run(inTurns: group))
            } catch is PlanError {
                // Some of these settings cannot run here, which tells nothing and is no reason to stop.
                for way in group { try await observeIfPossible(way, &bench) }
            }
        }
    }

    private mutating func observeIfPossible(_ changes: SettingChanges, _ bench: inout TuningBench) async throws {
        do { note([changes], [try await bench.run(changes)]) } catch is PlanError {
            // The model does without it, and says what it assumes.
        }
    }

    private mutating func note(_ ways: [SettingChanges], _ reports: [RunReport]) {
        for (changes, report) in zip(ways, reports) {
            observations.append(CostObservation(changes, report))
            let (rate, images) = (report.imagesPerSecond, report.rowsWritten)
            tell(.probe(settings: changes.description, imagesPerSecond: rate, images: images))
        }
    }
}
