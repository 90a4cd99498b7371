import Foundation
import PenstockCore
import Testing

@testable import PenstockLedger

@Suite("Check for slowdowns")
struct SlowdownCheckTests {
    private static let steady = [10, 10.2, 9.9, 10.1, 9.8]

    @Test(
        "Slower is what is beyond both the allowed and the noise",
        arguments: [
            (steady, SlowdownCheck.Outcome.fine), (steady.map { $0 * 1.05 }, .fine), (steady.map { $0 * 0.7 }, .fine),
            (steady.map { $0 * 1.15 }, .slower), ([11.5], .slower), ([10.3, 14, 10.1, 10, 9.9], .fine),
            ([8, 10, 14, 15, 9], .undecided), ([9, 12.4, 13, 16, 8], .undecided),
        ]
    )
    func outcomes(runs: [Double], expected: SlowdownCheck.Outcome) throws {
        let check = try #require(checked(times(Self.steady), times(runs)))
        #expect(check.outcome == expected, "\(check.text)")
    }

    @Test("The sentence has change, uncertainty, and both times; of few runs also where the noise is from")
    func text() throws {
        let text = try #require(checked(times(Self.steady), times(Self.steady.map { $0 * 1.15 }))).text
        #expect(text.hasPrefix("Slower than allowed: 15 % slower ± "), "\(text)")
        for words in ["11.4 ms per image (the quiet ones of 5 runs)", "9.90 ms", "Allowed: 10 %."] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        let single = try #require(checked(times(Self.steady), times([11.5]))).text
        #expect(single.contains("11.5 ms per image (1 run)") && single.contains("from 5 runs of this job"), "\(single)")
    }

    @Test("Of normal noise of 3 %, 5 runs find 15 % and are silent without, nearly always")
    func rates() {
        var numbers = SeededNumbers(seed: 7)
        func runs(_ factor: Double) -> [RunTime] {
            times((0..<5).map { _ in 10 * factor * (1 + 0.03 * numbers.normal()) })
        }
        var (found, alarms) = (0, 0)
        for _ in 0..<500 {
            let baseline = runs(1)
            found += checked(baseline, runs(1.15))?.outcome == .slower ? 1 : 0
            alarms += checked(baseline, runs(1))?.outcome == .slower ? 1 : 0
        }
        #expect(found > 400 && alarms <= 2, "\(found) of 500 found, \(alarms) false alarms")
    }

    @Test(
        "Where half of the time work takes 10 to 70 % longer, a quota of 15 % is found and its absence is",
        arguments: 0..<5
    )
    func burstsAndQuota(seed: UInt64) throws {
        var machine = NoisyMachine(seed: seed, disturbed: 0.5)
        let patience = Patience(runs: 5, seconds: 30)
        let baseline = machine.repeated(patience).runs
        for _ in 0..<10 {
            let alike = try #require(machine.repeated(patience, against: baseline).check)
            #expect(alike.outcome != .slower, "\(alike.text)")
            let slowed = try #require(machine.repeated(patience, against: baseline, cores: 1.9 / 1.15).check)
            #expect(slowed.outcome == .slower, "\(slowed.text)")
        }
    }

    @Test(
        "15 % more work is found where the machine is quiet, and never called fine where it is not; none is never found",
        arguments: [(0, 40), (0.05, 30), (0.2, 12)]
    )
    func burstsAndWork(disturbed: Double, least: Int) throws {
        var (found, missed, fine, alarms) = (0, 0, 0, 0)
        for seed in 0..<40 {
            var machine = NoisyMachine(seed: UInt64(seed), disturbed: disturbed)
            let patience = Patience(runs: 5, seconds: 30)
            let baseline = machine.repeated(patience).runs
            let slowed = try #require(machine.repeated(patience, against: baseline, work: 11 * 1.15).check)
            let alike = try #require(machine.repeated(patience, against: baseline).check)
            found += slowed.outcome == .slower ? 1 : 0
            missed += slowed.outcome == .fine ? 1 : 0
            fine += alike.outcome == .fine ? 1 : 0
            alarms += alike.outcome == .slower ? 1 : 0
        }
        #expect(found >= least && missed == 0, "\(found) of 40 found, \(missed) called fine")
        #expect(fine >= 38 && alarms == 0, "\(fine) of 40 fine, \(alarms) false alarms")
    }

    @Test("A good answer is taken at once; a bad one only after it has lasted, and a baseline lasts as long")
    func patience() throws {
        let patience = Patience(runs: 3, seconds: 30)
        func check(_ factor: Double) throws -> SlowdownCheck {
            try #require(checked(times(Self.steady), times(Self.steady.map { $0 * factor })))
        }
        #expect(try !patience.isOver(runs: 2, seconds: 99, check: check(1)))
        #expect(try patience.isOver(runs: 3, seconds: 1, check: check(1)))
        for unsettled in [nil, try check(1.15)] {
            #expect(!patience.isOver(runs: 3, seconds: 29, check: unsettled))
            #expect(patience.isOver(runs: 3, seconds: 30, check: unsettled))
            #expect(patience.isOver(runs: 1000, seconds: 1, check: unsettled))
        }
    }

    @Test("More waiting that less work makes up for is fine, but looked at for longer")
    func madeUpFor() throws {
        let baseline = (0..<5).map { RunTime(milliseconds: 10 + 0.1 * Double($0), coresUsed: 1.9) }
        let runs = (0..<5).map { RunTime(milliseconds: 10 + 0.1 * Double($0), coresUsed: 1.6) }
        let check = try #require(checked(baseline, runs))
        #expect(check.outcome == .fine && !check.isSettled, "\(check.text)")
        #expect(try #require(checked(baseline, baseline)).isSettled)
    }

    @Test("Of the same program less work is the machine's doing, and does not make up for more waiting")
    func fasterMachine() throws {
        let baseline = (0..<5).map { RunTime(milliseconds: 10 + 0.1 * Double($0), coresUsed: 1.9) }
        let runs = (0..<5).map { RunTime(milliseconds: 8.3 + 0.1 * Double($0), coresUsed: 1.6) }
        let check = try #require(checked(baseline, runs, likeness: .program))
        #expect(check.outcome == .slower, "\(check.text)")
        #expect(try #require(checked(baseline, runs, likeness: .settings)).outcome == .fine)
        let faster = (0..<5).map { RunTime(milliseconds: 8.3 + 0.1 * Double($0), coresUsed: 1.9) }
        #expect(try #require(checked(baseline, faster, likeness: .program)).outcome == .fine)
    }

    @Test("Runs are alike in settings, or in the program as well")
    func likeness() {
        var first = RunReport()
        first.versions = ["penstock": "1"]
        var second = first
        #expect(JobLikeness(first, second) == .program)
        second.versions = ["penstock": "2"]
        #expect(JobLikeness(first, second) == .settings)
        second.settings["batch-size"] = SettingReport(value: "4", origin: "flag", reason: "")
        #expect(JobLikeness(first, second) == .other)
        #expect(JobLikeness(RunReport(), RunReport()) == .settings)
    }

    @Test("More waiting is certain where the work is not; of another job only the whole time counts")
    func parts() throws {
        let baseline = [11, 15, 12, 17, 11.5].map { RunTime(milliseconds: $0 / 1.9, coresUsed: 1.9) }
        let slowed = [16, 11, 17, 12, 14].map { RunTime(milliseconds: $0 / 1.65, coresUsed: 1.65) }
        let check = try #require(checked(baseline, slowed))
        #expect(check.outcome == .slower)
        #expect(check.text.hasPrefix("Slower than allowed: 15 % slower ± 0.0 %"), "\(check.text)")
        #expect(check.text.contains("cores kept busy 1.65 instead of 1.90"), "\(check.text)")
        #expect(try #require(checked(baseline, slowed, likeness: .other)).outcome == .undecided)
        #expect(
            SlowdownCheck(baseline: [], runs: slowed, allowed: 0.1, likeness: .settings, noise: JobNoise(batchesOf: []))
                == nil
        )
    }

    @Test("Noise comes from runs where there are enough of them, else from batches, never below what machines show")
    func noise() throws {
        #expect(Noise(groups: [[10, 11], [10]]) == nil)
        let fromRuns = try #require(Noise(groups: [[10, 10.5, 9.5], [20, 21, 19]]))
        #expect(fromRuns.source == .runs(6))
        #expect(abs(fromRuns.share - 1.2533 * 0.2 / 4) < 1e-6)
        let same = try #require(Noise(groups: [[10, 10, 10, 10]]))
        #expect(same.share == 0.005, "equal figures are no proof of exactness")
        #expect(Noise(batchesOf: [report()]).share == 0.03)
        var few = report()
        few.stages[3].tasks = 1
        let wide = Noise(batchesOf: [report(), few])
        #expect(abs(wide.share - 8 / 1.645 / 40) < 1e-9 && wide.source == .batches)
        #expect(Noise(batchesOf: [RunReport()]).share == 0.03)
    }

    @Test("A baseline file keeps the runs; a report is a baseline of one; anything else is refused")
    func baselineFile() throws {
        let saved = Baseline(
            [RunTime(milliseconds: 10, coresUsed: 1.5), RunTime(milliseconds: 20, coresUsed: nil)],
            report: report()
        )
        let read = try Baseline(saved.json(), name: "b.json")
        #expect(read.times == saved.times && read.times.map(\.coresUsed) == [1.5, nil])
        let earlier = "{\"penstock_baseline\": 1, \"images_per_second\": [100, 0, 50], \"report\": {}}"
        #expect(try Baseline(Data(earlier.utf8), name: "b.json").times == times([10, 20]))
        #expect(JobTraits(read.report) == JobTraits(report()))
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        #expect(try Baseline(encoder.encode(report(rate: 40)), name: "").times == times([25]))
        for text in ["", "{}", "[1]", "{\"penstock_baseline\": 2, \"images_per_second\": [], \"report\": {}}"] {
            let error = try #require(throws: StageError.self) { try Baseline(Data(text.utf8), name: "x.json") }
            #expect(error.message.contains("x.json"), "\(text)")
        }
    }

    @Test("Other models, machines, numbers of rows and inputs are not compared; other settings are")
    func obstacles() {
        let traits = JobTraits(report())
        #expect(traits.obstacles(to: JobTraits(report(settings: ["batch-size": "64"]))).isEmpty)
        var other = report()
        other.model?.hash = "fedcba9876543210"
        #expect(traits.obstacles(to: JobTraits(other)) == ["the models differ (0123456789ab and fedcba987654)"])
        other = report()
        other.machine?.cores = 4
        #expect(traits.obstacles(to: JobTraits(other)).first?.contains("2 cores") == true)
        other = report()
        other.machine = nil
        #expect(traits.obstacles(to: JobTraits(other)).isEmpty, "reports of earlier versions do not say")
        other = report()
        other.rowsRead = 10
        #expect(traits.obstacles(to: JobTraits(other)) == ["the numbers of rows differ (1000 and 10)"])
        other = report()
        other.stages[1].bytesOut = 31_000_000
        #expect(traits.obstacles(to: JobTraits(other)).isEmpty, "paths of another length")
        other.stages[1].bytesOut = 60_000_000
        #expect(traits.obstacles(to: JobTraits(other)).first?.hasPrefix("the inputs differ") == true)
    }
}
