import PenstockAdvisor
import PenstockCore
import PenstockPlan
import Testing

@testable import Penstock

@Suite("What a ceiling's measurements add up to")
struct CeilingAccountTests {
    private let planned = ModelLayout(precision: .f32, workers: 1, threads: 1, batch: 4)
    private var rival: ModelLayout {
        var layout = planned
        layout.batch = 16
        return layout
    }
    private var other: ModelLayout {
        var layout = planned
        layout.precision = .bf16
        return layout
    }

    /// Short turns in which nothing but decoding and the model takes time; of the models these rates.
    private func account(_ models: [(ModelLayout, Double)]) throws -> CeilingAccount {
        var job = try SmallJob()
        job.options.cores = .value(1)
        let measured = try MeasuredJob(job.dataset, images: 8, options: job.options)
        var account = CeilingAccount(measured, CeilingRequest(), planned: planned, layouts: models.map(\.0))
        for subject in [CeilingSubject.list, .read, .write] { account.short[subject] = samples([1e9]) }
        account.short[.part(.decode)] = samples([400])
        for (model, rate) in models { account.short[.part(.model(model))] = samples([rate]) }
        return account
    }

    private func samples(_ rates: [Double]) -> CeilingSamples {
        var samples = CeilingSamples()
        for rate in rates { samples.add(CeilingSample(rate: rate)) }
        return samples
    }

    private func round(_ decode: Double, _ models: [(ModelLayout, Double)], job: Double) -> [CeilingPart: CeilingSample]
    {
        var stage = StageReport()
        (stage.name, stage.rows, stage.busySeconds, stage.cpusPerTask) = ("model", 100, 1.25, 1)
        var round: [CeilingPart: CeilingSample] = [
            .bareDecode: CeilingSample(rate: decode), .decode: CeilingSample(rate: decode, coreSeconds: 0.002),
            .job(images: 10): CeilingSample(rate: job, stages: [stage]),
        ]
        for (model, rate) in models { round[.model(model)] = CeilingSample(rate: rate) }
        return round
    }

    @Test("The fastest setting of the planner's precision is measured again; one of another precision is not")
    func finalists() throws {
        #expect(try account([(planned, 100), (rival, 101), (other, 200)]).finalists == [planned, rival])
        #expect(try account([(planned, 100), (rival, 99), (other, 200)]).finalists == [planned])
    }

    @Test("A rival that was fastest by luck, and is not beside the job, does not make the ceiling")
    func luck() throws {
        var account = try account([(planned, 100), (rival, 140)])
        account.rounds = [round(400, [(planned, 100), (rival, 80)], job: 76)]
        let report = account.report(of: (count: 8, bytes: 80))
        #expect(abs(report.imagesPerSecond - 80) < 1e-3)
        #expect(report.models.map(\.isInCeiling) == [true, false])
        #expect(report.models.map(\.rate.imagesPerSecond) == [100, 140])
    }

    @Test("The job's share is that of the ceiling of the same round, however the machine's speed changed")
    func shares() throws {
        var account = try account([(planned, 100)])
        account.rounds = [
            round(400, [(planned, 100)], job: 76), round(200, [(planned, 50)], job: 36),
            round(800, [(planned, 200)], job: 156.8),
        ]
        let report = account.report(of: (count: 8, bytes: 80))
        #expect(zip(report.job.shares, [0.95, 0.9, 0.98]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(abs(report.job.reached - 0.95) < 1e-6)
        #expect(report.job.rate.imagesPerSecond == 76)
        #expect(report.job.stages.map(\.aloneCoreMilliseconds)[2] == 2)
        let model = report.job.stages.first { $0.name == "model" }
        #expect(model?.runCoreMilliseconds == 12.5)
        #expect(abs((model?.reached ?? 0) - 0.8) < 1e-9)
        // 100 images a round in 100/76 + 100/36 + 100/156.8 s on one core.
        #expect(abs(report.job.idleCoreMilliseconds - ((1000 / 76 + 1000 / 36 + 1000 / 156.8) / 3 - 12.5)) < 1e-9)
    }

    @Test("Before anything was measured beside the job, the ceiling is that of the short turns")
    func shortOnly() throws {
        #expect(abs(try account([(planned, 100)]).ceiling(of: planned) - 80) < 1e-3)
    }
}
