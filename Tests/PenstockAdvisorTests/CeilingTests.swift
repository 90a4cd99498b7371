import PenstockAdvisor
import PenstockCore
import PenstockPlan
import Testing

@Suite struct CeilingTests {
    private func ceiling(_ stages: (String, rate: Double, shares: Bool)...) -> Ceiling {
        Ceiling(
            stages.map { Ceiling.Stage(name: $0.0, rate: $0.rate, coreSeconds: $0.shares ? 1 / $0.rate : 0, cores: 1) }
        )
    }

    @Test func stagesThatShareCoresAddTheirTimes() {
        let both = ceiling(("decode", 100, true), ("model", 100, true))
        #expect(abs(both.imagesPerSecond - 50) < 1e-9)
        #expect(both.stages.map { both.share(of: $0) } == [0.5, 0.5])
    }

    @Test func theSlowestOfThoseThatWaitIsABoundOfItsOwn() {
        #expect(abs(ceiling(("read", 20, false), ("model", 100, true)).imagesPerSecond - 20) < 1e-9)
        #expect(abs(ceiling(("read", 500, false), ("model", 100, true)).imagesPerSecond - 100) < 1e-9)
        let slowRead = ceiling(("read", 20, false), ("model", 100, true))
        #expect(slowRead.share(of: slowRead.stages[0]) == 0)
    }

    @Test func aStageThatWaitsTakesItsCoreTimeFromTheOthers() {
        let read = Ceiling.Stage(name: "read", rate: 1000, coreSeconds: 0.01, cores: 2)
        let model = Ceiling.Stage(name: "model", rate: 200, coreSeconds: 0.01, cores: 2)
        let both = Ceiling([read, model])
        #expect(abs(both.imagesPerSecond - 100) < 1e-9)
        #expect(abs(both.share(of: read) - 0.5) < 1e-9)
    }

    @Test func nothingMeasuredIsNoCeiling() {
        #expect(Ceiling([]).imagesPerSecond == 0)
    }
}

@Suite struct RateSamplesTests {
    @Test func theMedianIgnoresAnOutlierAndTheSpreadShowsIt() {
        let samples = RateSamples([100, 50, 104])
        #expect(samples.median == 100)
        #expect(abs(samples.spread - 0.54) < 1e-9)
    }

    @Test func nothingMeasuredIsZero() {
        #expect(RateSamples().median == 0)
        #expect(RateSamples().spread == 0)
    }
}

@Suite struct ModelLayoutTests {
    private let planned = ModelLayout(precision: .bf16, workers: 2, threads: 1, batch: 4)

    @Test func rivalsBeginWithThePlannersChoiceAndRepeatNothing() {
        let rivals = planned.rivals(cores: 2, precisions: [.bf16, .f32])
        #expect(rivals.first == planned)
        #expect(Set(rivals).count == rivals.count)
        #expect(rivals.contains(ModelLayout(precision: .f32, workers: 2, threads: 1, batch: 4)))
        #expect(rivals.contains(ModelLayout(precision: .bf16, workers: 1, threads: 2, batch: 16)))
    }

    @Test func aSweepDividesTheCoresInEveryWay() {
        let layouts = planned.sweep(cores: 4, precisions: [.bf16])
        let divisions = Set(layouts.dropFirst().map { [$0.workers, $0.threads] })
        #expect(divisions == [[1, 4], [2, 2], [4, 1]])
        #expect(Set(layouts).count == layouts.count)
    }
}

@Suite struct RunAgainstCeilingTests {
    private func stage(_ name: String, rows: Int, busy: Double, cpu: Double, slots: Double) -> StageReport {
        var stage = StageReport()
        stage.name = name
        stage.rows = rows
        stage.busySeconds = busy
        stage.cpuSeconds = cpu
        stage.cpusPerTask = slots
        return stage
    }

    private var run: RunReport {
        var report = RunReport()
        report.imagesPerSecond = 90
        report.stages = [
            stage("read", rows: 100, busy: 5, cpu: 0.1, slots: 0),
            stage("model", rows: 100, busy: 1, cpu: 0.2, slots: 1),
        ]
        return report
    }

    private let alone = [(name: "read", milliseconds: 0.5), (name: "model", milliseconds: 18.0)]

    @Test func cpuTimeCountsAndOfTheModelItsBusyTimeAsItsThreadsAreTheLibrarys() {
        let comparison = RunAgainstCeiling(run, ceiling: 100, alone: alone, threads: 2)
        #expect(abs(comparison.reached - 0.9) < 1e-9)
        #expect(comparison.stages.map { $0.runMilliseconds ?? 0 } == [1, 20])
        #expect(abs((comparison.stages[1].reached ?? 0) - 0.9) < 1e-9)
    }

    @Test func aModelThatWaitedForCoresTookNoMoreThanTheProcessLeavesIt() {
        var run = run
        run.cpuSeconds = 1.6
        #expect(RunAgainstCeiling(run, ceiling: 100, alone: alone, threads: 2).stages[1].runMilliseconds == 15)
        // Loading it took long.
        run.cpuSeconds = 9
        #expect(RunAgainstCeiling(run, ceiling: 100, alone: alone, threads: 2).stages[1].runMilliseconds == 20)
    }

    @Test func aStageThatTheRunDidNotHaveReachedNothing() {
        let comparison = RunAgainstCeiling(run, ceiling: 100, alone: [(name: "write", milliseconds: 1)], threads: 1)
        #expect(comparison.stages[0].reached == nil)
    }
}
