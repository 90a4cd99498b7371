import PenstockAdvisor
import PenstockCore
import PenstockPlan
import PenstockTestKit
import Synchronization

/// A machine whose speed follows a formula and chance, and whose time passes only while it runs something.
///
/// The formula is written out here on its own: nothing of the cost model is used, so the two can disagree.
final class FakeMachine: TrialRunner {
    /// What a machine and a job are like.
    struct Traits: Sendable {
        var cores = 2
        var decode = 0.002
        var modelFixed = 0.001
        var model = 0.008
        /// What a second thread of an inference adds to the first.
        var threadGain = 0.7
        /// Seconds that a read waits.
        var latency = 0.0
        /// Cost of each thread beyond the cores.
        var crowding = 0.1
        /// Resize quality fast ÷ exact.
        var fast = 1.0
        /// Spread of a run's rate.
        var noise = 0.0
        /// What each run is slower than the one before it, as a share of 1.
        var drift = 0.0
        /// Rate of a batch size ÷ what the formula says, for what no formula knows.
        var quirks: [Int: Double] = [:]
        /// Rate with this batch size and one model worker together ÷ what the formula says.
        var oneWorker: (batch: Int, factor: Double)?
        /// Settings that fail, as they are typed.
        var refused: Set<String> = []
    }

    let clock = ManualClock()
    private let traits: Traits
    private let state: Mutex<(random: SeededRandom, runs: [SettingChanges])>
    /// Called before each run, with its number.
    private let before: @Sendable (Int) -> Void

    init(_ traits: Traits, seed: Int = 1, before: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.traits = traits
        state = Mutex((SeededRandom(seed: seed), []))
        self.before = before
    }

    var runs: [SettingChanges] { state.withLock { $0.runs } }

    func run(_ changes: SettingChanges, images: Int?) async throws -> RunReport {
        before(state.withLock { $0.runs.count })
        try Task.checkCancellation()
        state.withLock { $0.runs.append(changes) }
        if let name = changes.values.keys.first(where: traits.refused.contains) {
            throw PlanError("\(name) is not for this machine.")
        }
        let setup = Setup(changes, traits)
        let images = images ?? 1000
        let slower = Double.pow(1 + traits.drift, Double(runs.count))
        let seconds = Double(images) / (rate(setup) * chance()) * slower
        clock.advance(seconds: seconds + 0.2)
        var report = report(setup, images, seconds)
        for stage in report.stages.indices {
            report.stages[stage].busySeconds *= slower
            report.stages[stage].cpuSeconds *= slower
        }
        return report
    }

    /// The rate without noise.
    func rate(_ changes: SettingChanges) -> Double { rate(Setup(changes, traits)) }

    private func rate(_ setup: Setup) -> Double {
        let decode = self.decode(setup)
        let model = self.model(setup)
        let speedup = 1 + traits.threadGain * Double(setup.threads - 1)
        let threads = setup.modelWorkers * setup.threads
        let beyond = max(threads - traits.cores, 0)
        let coreSeconds = decode + model * Double(setup.threads) / speedup
        var rate = Double(min(max(setup.cores, threads), traits.cores)) / coreSeconds
        rate *= 1 - traits.crowding * Double(beyond)
        rate = min(rate, Double(setup.decodeWorkers) / decode, Double(setup.modelWorkers) * speedup / model)
        if traits.latency > 0 { rate = min(rate, Double(setup.readWorkers) / traits.latency) }
        if let quirk = traits.oneWorker, setup.modelWorkers == 1, setup.batch == quirk.batch { rate *= quirk.factor }
        return rate * (traits.quirks[setup.batch] ?? 1)
    }

    private func decode(_ setup: Setup) -> Double { traits.decode * (setup.isFast ? traits.fast : 1) }
    private func model(_ setup: Setup) -> Double { traits.model + traits.modelFixed / Double(setup.batch) }

    private func chance() -> Double { state.withLock { 1 + traits.noise * $0.random.normal() } }

    private func report(_ setup: Setup, _ images: Int, _ seconds: Double) -> RunReport {
        var report = RunReport()
        report.rowsRead = images
        report.rowsWritten = images
        report.wallSeconds = seconds + 0.2
        report.startupSeconds = 0.1
        report.imagesPerSecond = Double(images) / seconds
        report.settings = setup.settings
        report.model = ModelReport()
        let speedup = 1 + traits.threadGain * Double(setup.threads - 1)
        report.stages = [
            stage("read", setup.readWorkers, 0, images, setup.batch, max(traits.latency, 1e-5), 1e-5),
            stage("decode", setup.decodeWorkers, 1, images, setup.batch, decode(setup), decode(setup)),
            stage("model", setup.modelWorkers, Double(setup.threads), images, setup.batch, model(setup) / speedup, 0),
            stage("write", 1, 0, images, setup.batch, 1e-6, 1e-6),
        ]
        return report
    }

    private func stage(
        _ name: String,
        _ workers: Int,
        _ cpus: Double,
        _ rows: Int,
        _ batch: Int,
        _ perRow: Double,
        _ cpuPerRow: Double
    ) -> StageReport {
        var stage = StageReport()
        stage.name = name
        stage.workers = workers
        stage.cpusPerTask = cpus
        stage.rows = rows
        stage.tasks = (rows + batch - 1) / batch
        stage.bytesOut = rows * 150_000
        stage.busySeconds = Double(rows) * perRow
        stage.cpuSeconds = Double(rows) * cpuPerRow
        return stage
    }
}

/// Settings as the fake machine takes them.
private struct Setup {
    let cores, batch, decodeWorkers, modelWorkers, threads, readWorkers: Int
    let isFast: Bool
    let settings: [String: SettingReport]

    init(_ changes: SettingChanges, _ traits: FakeMachine.Traits) {
        func number(_ name: String, _ usual: Int) -> Int { changes.values[name].flatMap { Int($0) } ?? usual }
        cores = number("cores", traits.cores)
        batch = number("batch-size", 4)
        threads = number("threads-per-worker", 1)
        decodeWorkers = number("decode-workers", cores)
        modelWorkers = number("model-workers", max(1, cores / threads))
        readWorkers = number("read-workers", 2)
        isFast = changes.values["resize-quality"] == "fast"
        var settings: [String: SettingReport] = [:]
        let numbers = [
            "cores": cores, "batch-size": batch, "threads-per-worker": threads, "decode-workers": decodeWorkers,
            "model-workers": modelWorkers, "read-workers": readWorkers,
        ]
        for (name, value) in numbers {
            let origin = changes.values[name] == nil ? "default" : "program"
            settings[name] = SettingReport(value: "\(value)", origin: origin, reason: "")
        }
        settings["read-ahead"] = SettingReport(value: "64 MiB", origin: "default", reason: "")
        settings["precision"] = SettingReport(value: "auto", origin: "default", reason: "")
        settings["resize-quality"] = SettingReport(value: isFast ? "fast" : "exact", origin: "default", reason: "")
        self.settings = settings
    }
}
