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
        let noise = try #require(Noise(groups: [Self.steady, runs]))
        let check = SlowdownCheck(baseline: Self.steady, runs: runs, allowed: 0.1, noise: noise)
        #expect(check.outcome == expected, "\(check.text)")
    }

    @Test("The sentence has change, uncertainty, both times and where the noise is from")
    func text() throws {
        let runs = Self.steady.map { $0 * 1.15 }
        let noise = try #require(Noise(groups: [Self.steady, runs]))
        let check = SlowdownCheck(baseline: Self.steady, runs: runs, allowed: 0.1, noise: noise)
        let text = check.text
        #expect(text.hasPrefix("Slower than allowed: 15 % slower ± "), "\(text)")
        for words in ["11.5 ms per image (median of 5 runs)", "10.0 ms", "from 10 runs of this job", "Allowed: 10 %."] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
    }

    @Test("Of normal noise of 3 %, medians of 5 find 15 % and are silent without, nearly always")
    func rates() {
        var numbers = SeededNumbers(seed: 7)
        func runs(_ factor: Double) -> [Double] { (0..<5).map { _ in 10 * factor * (1 + 0.03 * numbers.normal()) } }
        var (found, alarms) = (0, 0)
        for _ in 0..<500 {
            let baseline = runs(1)
            func isSlower(_ runs: [Double]) -> Bool {
                guard let noise = Noise(groups: [baseline, runs]) else { return false }
                return SlowdownCheck(baseline: baseline, runs: runs, allowed: 0.1, noise: noise).outcome == .slower
            }
            found += isSlower(runs(1.15)) ? 1 : 0
            alarms += isSlower(runs(1)) ? 1 : 0
        }
        #expect(found > 450 && alarms <= 2, "\(found) of 500 found, \(alarms) false alarms")
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
        let saved = Baseline(imagesPerSecond: [100, 0, 50], report: report())
        let read = try Baseline(saved.json(), name: "b.json")
        #expect(read.milliseconds == [10, 20])
        #expect(JobTraits(read.report) == JobTraits(report()))
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        #expect(try Baseline(encoder.encode(report(rate: 40)), name: "").milliseconds == [25])
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

/// Numbers that are the same in each run of the tests.
private struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (Double(state >> 11) + 0.5) / Double(1 << 53)
    }

    /// Mean 0, deviation 1.
    mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}
