import PenstockCore
import Testing

@testable import PenstockAdvisor

@Suite struct RunFactsTests {
    /// Seconds of a run beside six programs that only computed, 80 images in f32; alone the model took 0.48 of the core time.
    @Test func whatWaitedForACoreWhileItLoadedIsNotTakenOffItsTasks() throws {
        var report = RunReport()
        report.stages = [
            ScriptedStage(name: "decode", busy: 1.555, cpu: 0.35, coreWait: 1.214, starting: 0.005).report,
            ScriptedStage(name: "model", busy: 0.336, cpu: 0.005, coreWait: 0.202, starting: 0.588).report,
        ]
        let facts = RunFacts(report: report, cores: 2)
        let share = facts.coreShare(of: report.stages[1])
        #expect(share > 0.4 && share < 0.5)
        // A loading that waits longer than the tasks took does not make them nothing.
        report.stages[1].coreWaitSeconds = 0.4
        #expect(RunFacts(report: report, cores: 2).coreShare(of: report.stages[1]) > 0.3)
        report.stages[1] = ScriptedStage(name: "model", busy: 0, starting: 0).report
        #expect(RunFacts(report: report, cores: 2).coreShare(of: report.stages[1]) == 0)
    }
}
