import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockAdvisor

@Suite("What a cost model predicts")
struct CostModelTests {
    private static let settings: [String: SettingReport] = Dictionary(
        uniqueKeysWithValues: [
            ("cores", "2"), ("batch-size", "4"), ("decode-workers", "2"), ("model-workers", "2"),
            ("threads-per-worker", "1"), ("read-workers", "2"), ("read-ahead", "64 MiB"), ("precision", "auto"),
            ("resize-quality", "exact"),
        ].map { ($0.0, SettingReport(value: $0.1, origin: "default", reason: "")) }
    )

    private func model(_ stages: [StageCost], cores: Int = 2) -> CostModel {
        var settings = Self.settings
        settings["cores"]?.value = "\(cores)"
        return CostModel(stages: stages, baseSettings: settings, machineCores: cores, batches: 1...16)
    }

    private func stages(
        decode: Double = 0.002,
        fixed: Double = 0,
        model: Double = 0.008,
        wait: Double = 0
    ) -> [StageCost] {
        [
            StageCost(name: "read", pool: .read, secondsPerRow: wait, computing: 0),
            StageCost(name: "decode", pool: .decode, secondsPerRow: decode),
            StageCost(name: "model", pool: .model, fixedSeconds: fixed, secondsPerRow: model),
        ]
    }

    /// Settings, the rate that follows by hand, and what bounds it.
    private static let cases: [(changes: [String: String], rate: Double, limit: String)] = [
        ([:], 200, "cores"),  // 2 ÷ (2 + 8 ms)
        (["model-workers": "1"], 125, "model"),  // 1 ÷ 8 ms, a core is left over
        (["decode-workers": "1"], 200, "cores"),  // 1 ÷ 2 ms is more than the cores allow
        (["cores": "1"], 100, "cores"),
        (["model-workers": "1", "threads-per-worker": "2"], 2 / (0.002 + 0.016 / 1.8), "cores"),
        (["model-workers": "3", "threads-per-worker": "1"], 200 * 0.975, "cores"),
        (["precision": "f32"], 2 / (0.002 + 0.016), "cores"),
        (["resize-quality": "fast"], 2 / (0.0014 + 0.008), "cores"),
    ]

    @Test("Core seconds add up, workers bound their stage", arguments: cases.indices)
    func arithmetic(index: Int) {
        let (changes, rate, limit) = Self.cases[index]
        let prediction = model(stages()).prediction(SettingChanges(changes))
        #expect(abs(prediction.rate - rate) < 0.01 * rate, "\(changes): \(prediction.rate), not \(rate)")
        #expect(prediction.limit == limit)
    }

    @Test("A batch shares its fixed cost among its rows")
    func batches() {
        let model = model(stages(decode: 0, fixed: 0.016, model: 0.002))
        #expect(abs(model.prediction(SettingChanges(["batch-size": "1"])).rate - 2 / 0.018) < 0.1)
        #expect(abs(model.prediction(SettingChanges(["batch-size": "8"])).rate - 2 / 0.004) < 0.1)
        #expect(model.prediction(SettingChanges(["batch-size": "64"])).batchOutside == 64)
    }

    @Test("Storage that waits is bounded by its readers and by what may lie ready")
    func storage() {
        let model = model(stages(decode: 0.001, model: 0.001, wait: 0.05))
        #expect(model.prediction().limit == "read")
        #expect(abs(model.prediction().rate - 40) < 0.1)
        // Two readers of the probe count whole, each of the others 0.9 of one.
        let more = model.prediction(SettingChanges(["read-workers": "8"]))
        #expect(abs(more.rate - (2 + 6 * 0.9) / 0.05) < 0.1)
        #expect(more.unknowns == [.readers])
        // Blocks of 4 × 150 kB: 1 MB holds one of them.
        let narrow = model.prediction(SettingChanges(["read-workers": "8", "read-ahead": "1MB"]))
        #expect(abs(narrow.rate - 1 / 0.05) < 0.1)
    }

    @Test("Readers beyond the blocks of a job have nothing to read")
    func fewImages() {
        var model = model(stages(decode: 1e-7, model: 1e-7, wait: 0.05))
        let changes = SettingChanges(["read-workers": "8"])
        // 16 images are 4 blocks of 4: four readers; 40 are ten, which eight readers take in two rounds of five.
        model.images = 16
        #expect(abs(model.prediction(changes).rate - (2 + 2 * 0.9) / 0.05) < 0.1)
        model.images = 40
        #expect(abs(model.prediction(changes).rate - (2 + 3 * 0.9) / 0.05) < 0.1)
    }

    @Test("A short job waits for its first block, and computes what the last readers bring after them")
    func shortJobs() {
        // Read: 2 ÷ 50 ms; the last two blocks of four take 8 × (1 + 3) ms ÷ 2 cores.
        var waiting = model(stages(decode: 0.001, model: 0.003, wait: 0.05))
        waiting.images = 80
        #expect(abs(waiting.prediction().rate - 80 / (80 / 40 + 0.016)) < 0.1)
        // Cores: 2 ÷ 80 ms; the first block is read in 4 × 30 ms.
        var computing = model(stages(decode: 0.02, model: 0.06, wait: 0.03))
        computing.images = 80
        #expect(abs(computing.prediction().rate - 80 / (80 / 25 + 0.12)) < 0.1)
        computing.images = 1_000_000
        #expect(abs(computing.prediction().rate - 25) < 0.01)
    }

    @Test("Rows cost less while other cores rest")
    func contention() {
        var stages = stages()
        for index in stages.indices { stages[index].aloneFactor = 0.5 }
        let alone = model(stages).prediction(SettingChanges(["cores": "1"]))
        #expect(abs(alone.rate - 200) < 1)
        #expect(abs(model(stages).prediction().rate - 200) < 1)
    }

    @Test("What is assumed widens the interval, and a run that shows it narrows it again")
    func learning() {
        var model = model(stages())
        let changes = SettingChanges(["model-workers": "1", "threads-per-worker": "2"])
        let before = model.prediction(changes)
        #expect(before.unknowns == [.threads])
        #expect(before.halfWidth > model.prediction().halfWidth)
        model.learn(changes, rate: 150)
        let after = model.prediction(changes)
        #expect(abs(after.rate - 150) < 1)
        #expect(after.unknowns.isEmpty)
        #expect(after.halfWidth == model.prediction().halfWidth)
    }

    @Test("A run that no value explains gives the nearest one; one that another bound explains gives none")
    func outOfReach() {
        var model = model(stages())
        let crowded = SettingChanges(["model-workers": "3", "threads-per-worker": "1"])
        model.learn(crowded, rate: 230)
        #expect(abs(model.prediction(crowded).rate - 200) < 1, "more threads than cores cost nothing at best")
        let waiting = stages(decode: 0.001, model: 0.001, wait: 0.05)
        var slow = self.model(waiting)
        let readers = SettingChanges(["read-workers": "64", "read-ahead": "1MB"])
        slow.learn(readers, rate: 20)
        #expect(slow.prediction(readers).unknowns == [.readers])
    }

    @Test("Two unknown things cannot be told apart by one run")
    func ambiguous() {
        var model = model(stages())
        let changes = SettingChanges(["precision": "f32", "resize-quality": "fast"])
        let before = model.prediction(changes)
        model.learn(changes, rate: 10)
        #expect(model.prediction(changes) == before)
    }

    @Test("What-if says time, bounds and what it does not know")
    func whatIf() {
        let answer = model(stages()).whatIf(
            SettingChanges(["resize-quality": "fast", "block-bytes": "1MiB"]),
            images: 1000
        )
        #expect(answer.low < answer.imagesPerSecond && answer.imagesPerSecond < answer.high)
        #expect(answer.secondsLow < answer.seconds && answer.seconds < answer.secondsHigh)
        #expect(abs(answer.baseImagesPerSecond - 200) < 1)
        #expect(answer.unknowns.count == 2)
        #expect(answer.unknowns[0].contains("resize quality fast"))
        #expect(answer.unknowns[1].contains("block-bytes"))
    }

    @Test("Workers that were computed from cores follow them; those that somebody set do not")
    func settingsFollow() {
        var settings = Self.settings
        #expect(CostSettings(settings, changes: SettingChanges(["cores": "1"])).decodeWorkers == 1)
        #expect(CostSettings(settings, changes: SettingChanges(["threads-per-worker": "2"])).modelWorkers == 1)
        settings["decode-workers"]?.origin = "flag"
        #expect(CostSettings(settings, changes: SettingChanges(["cores": "1"])).decodeWorkers == 2)
        #expect(CostSettings(settings).batch == nil, "an automatic batch size is measured in the run")
        #expect(CostSettings(settings, changes: SettingChanges(["batch-size": "8"])).batch == 8)
    }
}

@Suite("What a cost model is made from")
struct CostFitTests {
    @Test("The line through batches is found, and never has a negative part")
    func line() {
        let exact = CostFit.line([(1, 0.012), (4, 0.006), (16, 0.0045)])
        #expect(abs(exact.fixed - 0.008) < 1e-9)
        #expect(abs(exact.perRow - 0.004) < 1e-9)
        let falling = CostFit.line([(1, 0.004), (16, 0.006)])
        #expect(falling.fixed == 0)
        #expect(abs(falling.perRow - 0.005) < 1e-9)
        let onlyFixed = CostFit.line([(1, 0.016), (16, 0.0005)])
        #expect(onlyFixed.perRow >= 0 && onlyFixed.fixed > 0)
        #expect(CostFit.line([]).fixed == 0 && CostFit.line([]).perRow == 0)
    }

    @Test("A model of a machine predicts what that machine does", arguments: [1, 2, 4, 8, 16])
    func predictsTheMachine(batch: Int) async throws {
        let machine = FakeMachine(.init(modelFixed: 0.006, model: 0.004))
        var observations: [CostObservation] = []
        for changes in [[:], ["batch-size": "1"], ["batch-size": "16"], ["cores": "1"]] {
            let changes = SettingChanges(changes)
            observations.append(CostObservation(changes, try await machine.run(changes, images: 320)))
        }
        let model = try #require(CostFit(observations)).model(machineCores: 2)
        for workers in 1...2 {
            let changes = SettingChanges(["batch-size": "\(batch)", "model-workers": "\(workers)"])
            #expect(abs(model.prediction(changes).rate / machine.rate(changes) - 1) < 0.02, "\(changes)")
        }
    }

    @Test("Batches that lie off the line cost what was measured, and those between them something between")
    func offTheLine() async throws {
        let machine = FakeMachine(.init(decode: 0.0001, modelFixed: 0, model: 0.004))
        var observations: [CostObservation] = []
        for batch in [nil, "1", "4", "16", "64"] {
            let changes = SettingChanges(batch.map { ["batch-size": $0] } ?? [:])
            var report = try await machine.run(changes, images: 300)
            let slower = ["16", "64"].contains(batch) ? 1.5 : 1
            for stage in report.stages.indices { report.stages[stage].busySeconds *= slower }
            report.imagesPerSecond /= slower
            report.wallSeconds *= slower
            observations.append(CostObservation(changes, report))
        }
        let model = try #require(CostFit(observations)).model(machineCores: 2)
        func times(_ batch: Int) -> Double {
            model.prediction().rate / model.prediction(SettingChanges(["batch-size": "\(batch)"])).rate
        }
        #expect(abs(times(4) - 1) < 0.02)
        #expect(abs(times(16) - 1.5) < 0.02)
        #expect(abs(times(10) - 1.25) < 0.05)
        #expect(abs(times(64) - 1.5) < 0.02)
        // 300 images are tasks of 60 rows on average.
        #expect(model.prediction(SettingChanges(["batch-size": "64"])).batchOutside == nil)
    }

    @Test("The job's own batches are a size that was measured: larger ones are as far from the line as they")
    func ownBatches() async throws {
        let machine = FakeMachine(.init(decode: 0.0001, modelFixed: 0, model: 0.004))
        var observations: [CostObservation] = []
        for batch in [nil, "1", "2"] {
            let changes = SettingChanges(batch.map { ["batch-size": $0] } ?? [:])
            var report = try await machine.run(changes, images: 320)
            let slower = batch == "2" ? 1.5 : 1
            for stage in report.stages.indices { report.stages[stage].busySeconds *= slower }
            report.imagesPerSecond /= slower
            report.wallSeconds *= slower
            observations.append(CostObservation(changes, report))
        }
        let model = try #require(CostFit(observations)).model(machineCores: 2)
        func rate(_ batch: String) -> Double { model.prediction(SettingChanges(["batch-size": batch])).rate }
        #expect(model.batches == 1...4)
        #expect(abs(rate("4") / model.prediction().rate - 1) < 0.02)
        #expect(abs(rate("8") / rate("4") - 1) < 0.1)
        #expect(rate("2") < 0.75 * rate("4"))
    }

    @Test("Waiting for a core is no cost: with fewer workers there is less of it", arguments: [1.0, 1.2, 1.5])
    func waitingForCores(crowd: Double) async throws {
        let machine = FakeMachine(.init())
        var observations: [CostObservation] = []
        for changes in [[:], ["batch-size": "1"], ["batch-size": "16"]] {
            let changes = SettingChanges(changes)
            var report = try await machine.run(changes, images: 320)
            for stage in report.stages.indices {
                let waited = report.stages[stage].busySeconds * (crowd - 1)
                report.stages[stage].busySeconds += waited
                // An inference waits in the backend's threads, which nobody sees.
                if report.stages[stage].name != "model" { report.stages[stage].coreWaitSeconds = waited }
            }
            observations.append(CostObservation(changes, report))
        }
        let model = try #require(CostFit(observations)).model(machineCores: 2)
        for changes in [[:], ["model-workers": "1"], ["decode-workers": "1"]].map({ SettingChanges($0) }) {
            #expect(abs(model.prediction(changes).rate / machine.rate(changes) - 1) < 0.02, "\(changes)")
        }
    }

    @Test("A run that classified nothing makes no model")
    func nothing() {
        #expect(CostFit([]) == nil)
        #expect(CostFit([CostObservation(SettingChanges(), RunReport())]) == nil)
    }
}
