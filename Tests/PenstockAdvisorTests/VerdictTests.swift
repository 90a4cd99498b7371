import PenstockAdvisor
import PenstockCore
import Testing

@Suite struct VerdictTests {
    /// What a stage did in a run of 100 seconds, all but `busy` given by defaults.
    struct Stage: Sendable {
        var name: String
        var workers = 2
        var cpus = 1.0
        var busy: Double
        var starting = 0.0

        var report: StageReport {
            var report = StageReport()
            report.name = name
            report.workers = workers
            report.cpusPerTask = cpus
            report.busySeconds = busy
            report.startingSeconds = starting
            report.lifetimeSeconds = 100
            report.workerSeconds = 100 * Double(workers)
            return report
        }
    }

    /// Stages and what is said of them.
    struct Case: Sendable {
        var stages: [Stage]
        var limiting: String
        var text: String
    }

    private static let busyCores = [
        Case(
            stages: [Stage(name: "decode", busy: 40), Stage(name: "model", busy: 155)],
            limiting: "model",
            text: "model-bound: the 2 cores were busy, 79 % of it with model. Next comes decode with 21 %."
        ),
        Case(
            stages: [Stage(name: "decode", busy: 150), Stage(name: "model", busy: 40)],
            limiting: "decode",
            text: "decode-bound: the 2 cores were busy, 79 % of it with decode. Next comes model with 21 %."
        ),
        Case(
            stages: [Stage(name: "decode", busy: 95), Stage(name: "model", busy: 100)],
            limiting: "balanced",
            text: "balanced: model (51 %) and decode (49 %) use the 2 cores alike."
        ),
        Case(
            stages: [Stage(name: "model", busy: 190)],
            limiting: "model",
            text: "model-bound: the 2 cores were busy, 100 % of it with model."
        ),
        // Waiting for a disk takes no core, however many workers do it.
        Case(
            stages: [Stage(name: "read", cpus: 0, busy: 200), Stage(name: "model", busy: 180)],
            limiting: "model",
            text: "model-bound: the 2 cores were busy, 100 % of it with model."
        ),
    ]

    @Test(arguments: busyCores)
    func whenTheCoresAreBusyTheLargestConsumerLimits(example: Case) {
        let report = verdict(example.stages)
        #expect(report.limitingStage == example.limiting)
        #expect(report.text == example.text)
    }

    @Test func theShareIsThatOfTheCoreTime() {
        let report = verdict([Stage(name: "decode", busy: 40), Stage(name: "model", busy: 160)])
        #expect(report.share == 0.8)
    }

    private static let idleCores = [
        Case(
            stages: [
                Stage(name: "read", cpus: 0, busy: 196), Stage(name: "decode", busy: 20),
                Stage(name: "model", busy: 60),
            ],
            limiting: "read",
            text: "read-bound: its 2 workers were busy 98 % of the time while cores were idle."
        ),
        Case(
            stages: [Stage(name: "decode", workers: 1, busy: 97), Stage(name: "model", busy: 30)],
            limiting: "decode",
            text: "decode-bound: its worker was busy 97 % of the time while cores were idle."
        ),
        // The workers' start is not counted against them.
        Case(
            stages: [
                Stage(name: "model", workers: 1, busy: 76, starting: 20),
                Stage(name: "read", workers: 1, cpus: 0, busy: 80),
            ],
            limiting: "model",
            text: "model-bound: its worker was busy 95 % of the time while cores were idle."
        ),
    ]

    @Test(arguments: idleCores)
    func whenCoresAreIdleTheBusiestWorkersLimit(example: Case) {
        let report = verdict(example.stages)
        #expect(report.limitingStage == example.limiting)
        #expect(report.text == example.text)
    }

    @Test func aWorkerWithSeveralThreadsTakesSeveralCores() {
        let report = verdict([Stage(name: "decode", busy: 15), Stage(name: "model", workers: 1, cpus: 2, busy: 90)])
        #expect(report.limitingStage == "model")
        #expect(report.text == "model-bound: the 2 cores were busy, 92 % of it with model. Next comes decode with 8 %.")
    }

    @Test(arguments: [(workers: 1, starting: 60.0), (2, 120), (16, 960)])
    func aRunThatMostlyLoadsIsBoundByItsStart(workers: Int, starting: Double) {
        let report = verdict([Stage(name: "model", workers: workers, busy: 30, starting: starting)])
        #expect(report.limitingStage == "start")
        #expect(abs(report.share - 0.6) < 1e-9)
        #expect(
            report.text
                == "start-bound: loading took 60 % of the 100.0 s; use more images to see what limits the rest."
        )
    }

    @Test(arguments: [2, 16])
    func manyWorkersThatStartAtOnceAreNotAddedUp(workers: Int) {
        let report = verdict([Stage(name: "model", workers: workers, busy: 180, starting: Double(workers) * 40)])
        #expect(report.limitingStage == "model")
    }

    @Test func oneCoreIsNamedInTheSingular() {
        let stages = [Stage(name: "model", workers: 1, busy: 95).report]
        let report = Verdict(stages: stages, cores: 1, wallSeconds: 100).report
        #expect(report.text == "model-bound: the core was busy, 100 % of it with model.")
    }

    @Test(arguments: [[], [Stage(name: "model", busy: 0)]])
    func nothingRanWhenNoStageWasBusy(stages: [Stage]) {
        #expect(verdict(stages).text == "nothing ran.")
        #expect(verdict(stages).limitingStage == "")
    }

    @Test func aRunWithoutTimeHasNoVerdict() {
        let report = Verdict(stages: [Stage(name: "model", busy: 1).report], cores: 2, wallSeconds: 0).report
        #expect(report.text == "nothing ran.")
    }

    private func verdict(_ stages: [Stage]) -> VerdictReport {
        Verdict(stages: stages.map(\.report), cores: 2, wallSeconds: 100).report
    }
}
