import PenstockAdvisor
import PenstockCore
import Testing

@Suite("Verdict") struct VerdictTests {
    typealias Stage = ScriptedStage

    /// Stages and what is said of them.
    struct Case: Sendable, CustomTestStringConvertible {
        var what: String
        var stages: [Stage]
        var elsewhere = 0.0
        var cores = 2
        var limiting: String
        var resource: VerdictReport.Resource?
        var testDescription: String { what }
    }

    private func verdict(_ stages: [Stage], elsewhere: Double = 0, cores: Int = 2) -> VerdictReport {
        let run = ScriptedRun(stages: stages, cores: cores, elsewhere: elsewhere)
        return Verdict.ofRun(run.snapshot, ready: nil)
    }

    private static let limited = [
        Case(
            what: "the largest consumer of busy cores",
            stages: [Stage(name: "decode", busy: 40), Stage(name: "model", busy: 155)],
            limiting: "model",
            resource: .cores
        ),
        Case(
            what: "cores that threads of a library used belong to the task that waited for them",
            stages: [Stage(name: "decode", busy: 40), Stage(name: "model", busy: 155, cpu: 0)],
            elsewhere: 155,
            limiting: "model",
            resource: .cores
        ),
        Case(
            what: "waiting for a disk takes no core, however many workers do it",
            stages: [Stage(name: "read", cpus: 0, busy: 100), Stage(name: "model", busy: 190)],
            limiting: "model",
            resource: .cores
        ),
        Case(
            what: "a stage that says it takes no core, and computes all the same",
            stages: [
                Stage(name: "read", workers: 4, cpus: 0, busy: 300, cpu: 120, coreWait: 180),
                Stage(name: "decode", busy: 120, cpu: 40, coreWait: 80),
                Stage(name: "model", busy: 80, cpu: 35, coreWait: 45),
            ],
            limiting: "read",
            resource: .cores
        ),
        Case(
            what: "tasks that sleep hold the places of those that would compute",
            stages: [Stage(name: "map", busy: 150, cpu: 1), Stage(name: "model", busy: 40)],
            limiting: "map",
            resource: .slots
        ),
        Case(
            what: "readers that wait while cores are idle",
            stages: [
                Stage(name: "read", cpus: 0, busy: 196, cpu: 2), Stage(name: "decode", busy: 20),
                Stage(name: "model", busy: 60),
            ],
            limiting: "read",
            resource: .workers
        ),
        Case(
            what: "readers that sleep, though threads of others queue for cores that are used to three quarters",
            stages: [
                Stage(name: "read", workers: 4, cpus: 0, busy: 392, cpu: 2),
                Stage(name: "decode", busy: 150, cpu: 75, coreWait: 75),
                Stage(name: "model", busy: 150, cpu: 75, coreWait: 75),
            ],
            limiting: "read",
            resource: .workers
        ),
        Case(
            what: "one worker where two would find a core",
            stages: [Stage(name: "decode", workers: 1, busy: 97), Stage(name: "model", busy: 30)],
            limiting: "decode",
            resource: .workers
        ),
        Case(
            what: "one worker that has a core for itself, though the others fill the second one",
            stages: [Stage(name: "decode", workers: 1, busy: 100), Stage(name: "model", busy: 93)],
            limiting: "decode",
            resource: .workers
        ),
        Case(
            what: "a source with one cursor",
            stages: [
                Stage(name: "list", workers: 1, cpus: 0, busy: 99, cpu: 1), Stage(name: "decode", busy: 60),
                Stage(name: "model", busy: 60),
            ],
            limiting: "list",
            resource: .workers
        ),
        Case(
            what: "a listing that was done early, and busy until then, limits nothing",
            stages: [
                Stage(name: "list", workers: 1, cpus: 0, busy: 5, lifetime: 5),
                Stage(name: "read", workers: 1, cpus: 0, busy: 80, cpu: 1), Stage(name: "model", busy: 20),
            ],
            limiting: "read",
            resource: .workers
        ),
        Case(
            what: "the heaviest stage when a quota leaves half of the cores",
            stages: [
                Stage(name: "decode", busy: 60, cpu: 30, coreWait: 30),
                Stage(name: "model", busy: 140, cpu: 70, coreWait: 70),
            ],
            limiting: "model",
            resource: .cores
        ),
        Case(
            what: "the start of workers is not counted against them",
            stages: [
                Stage(name: "model", workers: 1, busy: 79, starting: 20),
                Stage(name: "read", workers: 1, cpus: 0, busy: 60, cpu: 1),
            ],
            limiting: "model",
            resource: .workers
        ),
        Case(
            what: "tasks that may not run side by side",
            stages: [
                Stage(name: "map", workers: 4, cpus: 0, busy: 98, cpu: 1, held: 300, heldBy: "concurrency"),
                Stage(name: "model", busy: 60),
            ],
            limiting: "map",
            resource: .workers
        ),
    ]

    @Test("A stage limits when its absence would make most room", arguments: limited)
    func namesTheStage(example: Case) {
        let report = verdict(example.stages, elsewhere: example.elsewhere, cores: example.cores)
        #expect(report.limitingStage == example.limiting, "\(report.text)")
        #expect(report.resource == example.resource)
        #expect(report.text.hasPrefix("\(example.limiting)-bound: "))
    }

    private static let balanced = [
        Case(
            what: "two stages that use the cores alike",
            stages: [Stage(name: "decode", busy: 95), Stage(name: "model", busy: 100)],
            limiting: "balanced"
        ),
        Case(
            what: "a disk as slow as the cores",
            stages: [
                Stage(name: "read", workers: 1, cpus: 0, busy: 98, cpu: 1), Stage(name: "decode", busy: 100),
                Stage(name: "model", busy: 90),
            ],
            limiting: "balanced"
        ),
        Case(
            what: "single workers that wait alike",
            stages: [
                Stage(name: "list", workers: 1, cpus: 0, busy: 90, cpu: 1),
                Stage(name: "write", workers: 1, cpus: 0, busy: 92, cpu: 1),
            ],
            limiting: "balanced"
        ),
        Case(
            what: "nobody had much to do",
            stages: [Stage(name: "decode", busy: 40), Stage(name: "model", busy: 60)],
            limiting: "balanced"
        ),
    ]

    @Test("No stage is named where none would make room", arguments: balanced)
    func namesNobody(example: Case) {
        let report = verdict(example.stages)
        #expect(report.limitingStage == "balanced", "\(report.text)")
        #expect(report.text.hasPrefix("balanced: ") && report.nextStage == "")
    }

    @Test("The numbers say what would come next, and what there is to gain")
    func numbers() {
        let report = verdict([
            Stage(name: "read", workers: 2, cpus: 0, busy: 60, cpu: 0), Stage(name: "decode", busy: 150),
            Stage(name: "model", busy: 40), Stage(name: "write", workers: 1, cpus: 0, busy: 10, cpu: 0),
        ])
        #expect(report.limitingStage == "decode")
        #expect(abs(report.share - 150.0 / 190) < 1e-9)
        // 1,000 rows in 100 s; the cores could have done it in 95 s.
        #expect(abs(report.potentialShare - 0.95) < 1e-9)
        #expect(abs(report.potentialImagesPerSecond - 10 / 0.95) < 1e-9)
        // Without decode, two readers would be busy for 30 s, and the cores for 20 s.
        #expect(report.nextStage == "read")
        #expect(abs(report.nextImagesPerSecond - 10 / 0.3) < 1e-9)
        // read 140 of 200, model 160 of 200, write 90 of 100.
        #expect(abs(report.waitedShare - 390.0 / 500) < 1e-9)
        #expect(
            report.text
                == "decode-bound: the 2 cores were busy, 79 % of it with decode. Without it read would limit, at 33.3/s."
        )
        #expect(report.evidence.first == "a task of decode took 1500 ms: 1500 ms computing, 0 ms ready without a core")
    }

    @Test("A stage that waits is told from one that computes")
    func waitingIsSaid() {
        let waits = verdict([Stage(name: "read", cpus: 0, busy: 196, cpu: 2), Stage(name: "model", busy: 60)])
        #expect(waits.text.contains("It waits rather than computes"))
        let computes = verdict([
            Stage(name: "read", workers: 1, cpus: 0, busy: 98, cpu: 96), Stage(name: "model", busy: 40),
        ])
        #expect(computes.limitingStage == "read" && !computes.text.contains("It waits"))
    }

    @Test("A quota shows: threads are ready, and cores are idle")
    func quotaIsSaid() {
        let report = verdict([Stage(name: "model", busy: 195, cpu: 98, coreWait: 97)])
        #expect(report.limitingStage == "model")
        #expect(
            report.evidence.contains { $0.contains("got 0.98 of 2 cores: a CPU quota or other programs had the rest") }
        )
        let full = verdict([Stage(name: "model", busy: 195)])
        #expect(!full.evidence.contains { $0.contains("quota") })
    }

    @Test("A run that its memory limit holds is bound by that")
    func memoryLimits() {
        let report = verdict([
            Stage(name: "read", cpus: 0, busy: 10, cpu: 0, held: 170, heldBy: "memory"), Stage(name: "model", busy: 50),
        ])
        #expect(report.limitingStage == "memory" && report.resource == .memory)
        #expect(abs(report.share - 0.85) < 1e-9)
    }

    @Test("Workers without room for their output, before a stage that starves, are no slow stage")
    func roomIsShort() {
        let stages = [
            Stage(name: "decode", busy: 106, held: 92, heldBy: "output waits for model"),
            Stage(name: "model", busy: 24),
        ]
        let report = verdict(stages)
        #expect(report.limitingStage == "memory" && report.resource == .memory)
        #expect(abs(report.share - 0.46) < 1e-9)
        #expect(report.text.contains("decode was held 46 % of its time for want of room"))
        #expect(report.text.contains("model was without input 88 %"))
        // Held by a stage that works is what being before the slowest one is like.
        let slow = verdict([stages[0], Stage(name: "model", workers: 1, busy: 98, cpu: 5)])
        #expect(slow.limitingStage == "model")
        // On busy cores nothing is gained by room.
        let busy = verdict([
            Stage(name: "decode", workers: 4, busy: 160, held: 200, heldBy: "output waits for model"), stages[1],
        ])
        #expect(busy.limitingStage == "decode")
    }

    @Test(
        "A run that mostly loads is bound by its start",
        arguments: [(workers: 1, starting: 60.0), (2, 120), (16, 960)]
    )
    func startBound(workers: Int, starting: Double) {
        let report = verdict([Stage(name: "model", workers: workers, busy: 30, starting: starting)])
        #expect(report.limitingStage == "start")
        #expect(abs(report.share - 0.6) < 1e-9)
        #expect(
            report.text
                == "start-bound: loading took 60 % of the 100.0 s; use more images to see what limits the rest."
        )
    }

    @Test("Many workers that start at once are not added up", arguments: [2, 16])
    func startsAreNotAddedUp(workers: Int) {
        let report = verdict([Stage(name: "model", workers: workers, busy: 180, starting: Double(workers) * 40)])
        #expect(report.limitingStage == "model")
    }

    @Test("What was done while a model loaded counts, the waiting for it does not")
    func theTimeOfLoadingIsLeftOut() {
        let ready = ScriptedRun(
            stages: [
                Stage(name: "decode", busy: 40, lifetime: 40),
                Stage(name: "model", busy: 0, starting: 80, lifetime: 40),
            ],
            seconds: 40,
            rows: 0
        )
        let end = ScriptedRun(stages: [Stage(name: "decode", busy: 100), Stage(name: "model", busy: 58, starting: 80)])
        let report = Verdict.ofRun(end.snapshot, ready: ready.snapshot)
        // Of the 60 s in which rows flowed decode alone worked 60, but the rows cost it 100.
        #expect(report.limitingStage == "decode")
        #expect(abs(report.share - 100.0 / 158) < 1e-9)
    }

    @Test("Lately is the difference of two looks")
    func windows() {
        let before = ScriptedRun(stages: [Stage(name: "decode", busy: 190), Stage(name: "model", busy: 5)])
        let after = ScriptedRun(
            stages: [
                Stage(name: "decode", busy: 200, lifetime: 110), Stage(name: "model", busy: 15, lifetime: 110),
                Stage(name: "write", workers: 1, cpus: 0, busy: 9.9, cpu: 0, lifetime: 110),
            ],
            seconds: 110
        )
        var first = before.snapshot
        first.stages.append(RunSnapshot.Stage())
        #expect(Verdict(RunWindow(from: first, to: after.snapshot)).report.limitingStage == "balanced")
        #expect(Verdict(RunWindow(from: RunSnapshot(), to: after.snapshot)).report.limitingStage == "decode")
    }

    @Test("Nothing ran when no stage was busy, or no time passed", arguments: [[], [Stage(name: "model", busy: 0)]])
    func nothingRan(stages: [Stage]) {
        #expect(verdict(stages).text == "nothing ran." && verdict(stages).limitingStage == "")
        var now = ScriptedRun(stages: [Stage(name: "model", busy: 1)])
        now.seconds = 0
        #expect(Verdict.ofRun(now.snapshot, ready: nil).text == "nothing ran.")
    }

    @Test("One core is named in the singular")
    func oneCore() {
        let report = verdict([Stage(name: "model", workers: 1, busy: 98)], cores: 1)
        #expect(report.text == "model-bound: the core was busy, 100 % of it with model.")
    }
}
