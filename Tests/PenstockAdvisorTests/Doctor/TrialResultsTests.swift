import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockAdvisor

@Suite("What trials of changes say")
struct TrialResultsTests {
    private let changes = SettingChanges(["batch-size": "auto"])

    /// Pairs of rates, each the job as it is and with the changes.
    private func facts(_ pairs: [(plain: Double, changed: Double)]) -> DoctorFacts {
        func report(_ rate: Double) -> RunReport {
            var report = RunReport()
            report.imagesPerSecond = rate
            return report
        }
        var facts = DoctorFacts(report: RunReport(), machine: MachineFacts(cores: 2, memory: .mebibytes(1024)))
        for pair in pairs {
            facts.trials.add(changes, plain: report(pair.plain), changed: report(pair.changed))
        }
        return facts
    }

    @Test("the gain is the ratio within a pair, whatever the machine does between two of them")
    func gain() throws {
        let steady = try #require(facts([(100, 200), (50, 102), (20, 39)]).gain(trying: changes))
        #expect(abs(steady.likely - 2) < 1e-9)
        // As many times below as above, and never narrower than rounds that agreed by chance.
        #expect(abs(steady.low * steady.high - 4) < 1e-9 && steady.high > 2.1 && steady.high < 2.5)
        let noisy = try #require(facts([(100, 200), (50, 150), (20, 30)]).gain(trying: changes))
        #expect(abs(noisy.likely - 2) < 1e-9 && noisy.high > 4)
    }

    @Test("changes that were not tried have none; the run of the middle is that of the middle rate")
    func others() throws {
        let facts = facts([(100, 200), (50, 102), (20, 39)])
        #expect(facts.gain(trying: SettingChanges(["cores": "2"])) == nil)
        #expect(facts.trials.middle(changes)?.imagesPerSecond == 102)
    }
}
