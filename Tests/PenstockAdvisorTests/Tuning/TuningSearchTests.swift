import PenstockCore
import PenstockPlan
import PenstockTestKit
import Synchronization
import Testing

@testable import PenstockAdvisor

@Suite("The search for faster settings")
struct TuningSearchTests {
    private struct Answers: AgreementRunner {
        let share: Double

        func agreement(_ changes: SettingChanges, without reference: SettingChanges, images: Int) async -> Double {
            share
        }
    }

    private func search(
        _ machine: FakeMachine,
        agreement: Double = 1,
        _ change: (inout TuningRequest) -> Void = { _ in },
        tell: @escaping @Sendable (TuningEvent) -> Void = { _ in }
    ) -> TuningSearch {
        var request = TuningRequest()
        request.machineCores = 2
        change(&request)
        let tools = TuningTools(runner: machine, agreement: Answers(share: agreement), clock: machine.clock, tell: tell)
        return TuningSearch(request, tools)
    }

    /// Jobs whose best settings are not the defaults.
    private static let slow: [(name: String, traits: FakeMachine.Traits)] = [
        ("a high cost per batch", .init(modelFixed: 0.04, model: 0.001)),
        ("a batch size with a fast kernel that no formula knows", .init(quirks: [32: 1.25])),
        ("storage that waits", .init(decode: 0.001, model: 0.001, latency: 0.05)),
        ("threads that beat streams", .init(threadGain: 1.3)),
        ("waiting that more threads fill", .init(crowding: -0.15)),
        (
            "two changes that help only together",
            .init(decode: 0.008, modelFixed: 0, model: 0.002, oneWorker: (batch: 8, factor: 1.07))
        ),
    ]

    @Test("It ends within 3 % of the best of all settings", arguments: slow.indices, [1, 2, 3])
    func converges(index: Int, seed: Int) async throws {
        var traits = Self.slow[index].traits
        traits.noise = 0.01
        let machine = FakeMachine(traits, seed: seed)
        let report = try await search(machine).run()
        var best = 0.0
        for batch in [1, 2, 4, 8, 16, 32, 64] {
            for (workers, threads) in [(1, 1), (2, 1), (3, 1), (4, 1), (1, 2)] {
                for readers in [1, 2, 4, 8, 16, 32, 64] {
                    let settings = [
                        "batch-size": "\(batch)", "model-workers": "\(workers)", "threads-per-worker": "\(threads)",
                        "read-workers": "\(readers)",
                    ]
                    best = max(best, machine.rate(SettingChanges(settings)))
                }
            }
        }
        let found = machine.rate(SettingChanges(report.settings))
        #expect(found >= 0.97 * best, "\(Self.slow[index].name): \(report.settings), \(report.conclusion)")
        #expect(report.speedup > 1.01)
    }

    @Test("Where nothing helps, noise is not reported as a gain", arguments: [0.01, 0.03, 0.06])
    func refusesNoise(noise: Double) async throws {
        var gains = 0
        for seed in 1...40 {
            let traits = FakeMachine.Traits(modelFixed: 0, threadGain: 0.6, crowding: 0.1, noise: noise)
            let report = try await search(FakeMachine(traits, seed: seed)).run()
            if report.settings.isEmpty {
                #expect(report.conclusion.hasPrefix("the defaults stay"))
                #expect(report.speedup == 1)
            } else {
                gains += 1
            }
        }
        #expect(gains <= 2, "\(gains) of 40 searches reported a gain that is not there")
    }

    @Test("A hopeless trial ends after one pair, and says so")
    func stopsEarly() async throws {
        let machine = FakeMachine(.init(modelFixed: 0.0, threadGain: 0.1, crowding: 0.4, noise: 0.005))
        let report = try await search(machine).run()
        let hopeless = report.trials.filter { $0.reason == "hopeless after one pair" }
        #expect(!hopeless.isEmpty)
        #expect(hopeless.allSatisfy { $0.pairs == 1 && !$0.isKept && $0.measured < 0.97 })
    }

    @Test("After each round of a race the slower half is out")
    func halves() async throws {
        let report = try await search(FakeMachine(.init(modelFixed: 0.04, model: 0.001, noise: 0.005))).run()
        // The first race has all seven; each of its rounds has fewer, and the best of them has had all rounds.
        let race = report.trials.prefix(7).map(\.pairs)
        #expect(race.count { $0 >= 2 } <= 4 && race.count { $0 >= 3 } <= 2)
        #expect(race.first == 3 && report.trials[0].isKept)
        #expect(report.trials.contains { $0.reason.hasPrefix("not in the faster half of") })
        #expect(TuningRace.runs(7) == 8 + 5 + 3 && TuningRace.runs(1) == 6)
    }

    @Test(
        "A batch is only probed where each worker gets more than one of that size",
        arguments: [(0.09, [1, 4]), (0.02, [1, 4, 16])]
    )
    func probedBatches(secondsPerImage: Double, expected: [Int]) async throws {
        let machine = FakeMachine(.init(model: secondsPerImage))
        _ = try await search(machine).whatIf([SettingChanges(["batch-size": "8"])], images: 1000)
        let batches = Set(machine.runs.compactMap { $0.values["batch-size"].flatMap { Int($0) } })
        #expect(batches.sorted() == expected)
    }

    @Test("It stays within its time, and tells each trial when it ends", arguments: [20.0, 45, 90])
    func time(seconds: Double) async throws {
        let told = Mutex<[TuningTrial]>([])
        let machine = FakeMachine(.init(modelFixed: 0.02, model: 0.002, noise: 0.02))
        let report = try await search(machine) {
            $0.seconds = seconds
        } tell: { event in
            if case .trial(let trial) = event { told.withLock { $0.append(trial) } }
        }.run()
        #expect(report.seconds <= seconds + 2)
        #expect(told.withLock { $0 } == report.trials)
        #expect(report.runs == machine.runs.count)
    }

    @Test(
        "A sample is as many whole batches for each worker as fit",
        arguments: [
            (33, 2, 1000, 32), (41, 2, 1000, 48), (100, 1, 1000, 104), (16, 4, 1000, 32), (60, 2, 60, 48), (9, 2, 9, 9),
        ]
    )
    func sample(images: Int, workers: Int, most: Int, expected: Int) {
        #expect(TuningProbe.wholeBatches(images, workers: workers, most: most) == expected)
    }

    @Test("Too little time to confirm leaves the defaults")
    func tooShort() async throws {
        let report = try await search(FakeMachine(.init(modelFixed: 0.04, model: 0.001))) { $0.seconds = 2 }.run()
        #expect(report.settings.isEmpty)
    }

    @Test("Settings that somebody decided are left alone")
    func fixed() async throws {
        let machine = FakeMachine(.init(modelFixed: 0.04, model: 0.001, noise: 0.01))
        let report = try await search(machine) { $0.fixed = ["batch-size", "model-workers"] }.run()
        #expect(machine.runs.allSatisfy { $0.values["batch-size"] == nil && $0.values["model-workers"] == nil })
        #expect(report.settings["batch-size"] == nil)
    }

    @Test("What can change answers is tried when it is allowed, and kept when answers agree")
    func allowed() async throws {
        let traits = FakeMachine.Traits(decode: 0.008, model: 0.001, fast: 0.5, noise: 0.01)
        let untouched = FakeMachine(traits)
        let without = try await search(untouched).run()
        #expect(untouched.runs.allSatisfy { $0.values["resize-quality"] == nil })
        #expect(without.leftAlone["resize-quality"]?.contains("--allow") == true)

        let allowed = try await search(FakeMachine(traits)) { $0.allowed = ["resize-quality"] }.run()
        #expect(allowed.settings["resize-quality"] == "fast")
        #expect(allowed.agreement == 1)

        let different = try await search(FakeMachine(traits), agreement: 0.98) { $0.allowed = ["resize-quality"] }.run()
        #expect(different.settings["resize-quality"] == nil)
        #expect(different.agreement == nil)
        #expect(different.trials.contains { $0.reason.contains("98.0 %") && $0.reason.contains("99.5 %") })
    }

    @Test("Settings that cannot run are dropped with the reason, and the search goes on")
    func refusals() async throws {
        let machine = FakeMachine(.init(modelFixed: 0.04, model: 0.001, noise: 0.01, refused: ["threads-per-worker"]))
        let report = try await search(machine).run()
        #expect(report.settings["batch-size"] != nil)
        let refused = report.trials.filter { $0.reason.hasPrefix("cannot run: threads-per-worker") }
        #expect(refused.allSatisfy { !$0.isKept && $0.pairs == 0 })
    }

    @Test("It can be cancelled at any run", arguments: [0, 3, 9, 15])
    func cancellation(after runs: Int) async throws {
        let machine = FakeMachine(.init(modelFixed: 0.04, model: 0.001, noise: 0.01)) { number in
            if number == runs { withUnsafeCurrentTask { $0?.cancel() } }
        }
        let search = search(machine)
        await #expect(throws: CancellationError.self) { try await Task { try await search.run() }.value }
        #expect(machine.runs.count == runs)
    }

    @Test(
        "What-if is right on a machine that gets slower meanwhile, and runs none of what it is asked about",
        arguments: [0, 0.03]
    )
    func whatIfOnADriftingMachine(drift: Double) async throws {
        let machine = FakeMachine(.init(modelFixed: 0.02, model: 0.004, drift: drift))
        let asked = [["batch-size": "8"], ["batch-size": "32", "model-workers": "1"], ["batch-size": "2"]]
        let answers = try await search(machine).whatIf(asked.map { SettingChanges($0) }, images: 1000)
        for (changes, answer) in zip(asked.map({ SettingChanges($0) }), answers) {
            let speedup = machine.rate(changes) / machine.rate(SettingChanges())
            #expect(abs(answer.imagesPerSecond / answer.baseImagesPerSecond / speedup - 1) < 0.05, "\(changes)")
            #expect(!machine.runs.contains(changes))
        }
    }

    @Test("The same machine gives the same search")
    func deterministic() async throws {
        let traits = FakeMachine.Traits(modelFixed: 0.02, model: 0.002, noise: 0.03)
        let first = try await search(FakeMachine(traits, seed: 5)).run()
        #expect(try await search(FakeMachine(traits, seed: 5)).run() == first)
    }
}
