import PenstockAdvisor
import PenstockCore
import PenstockStages

/// What is measured for a short time.
enum CeilingSubject: Hashable {
    case list, read, write
    case part(CeilingPart)
}

/// Rates and core seconds of an image, from all rounds.
struct CeilingSamples {
    private(set) var rates = RateSamples()
    private(set) var coreSeconds = RateSamples()

    mutating func add(_ sample: CeilingSample) {
        rates.add(sample.rate)
        coreSeconds.add(sample.coreSeconds)
    }
}

/// Adds up what was measured: the ceiling, and what the whole job and a run reached of it.
struct CeilingAccount {
    /// Every stage and every setting of the model.
    var short: [CeilingSubject: CeilingSamples] = [:]
    /// The parts that were measured beside the job, and the job.
    var rounds: [[CeilingPart: CeilingSample]] = []
    /// Whether these took turns of a part of a second, or came one after the other.
    var takesTurns = false

    private let job: MeasuredJob
    private let request: CeilingRequest
    private let planned: ModelLayout
    private let layouts: [ModelLayout]

    /// - `layouts`: every setting of the model that is measured.
    init(_ job: MeasuredJob, _ request: CeilingRequest, planned: ModelLayout, layouts: [ModelLayout]) {
        self.job = job
        self.request = request
        self.planned = planned
        self.layouts = layouts
    }

    /// The planner's setting of the model, and the one that was fastest in the short turns.
    var finalists: [ModelLayout] {
        let equals = layouts.filter { $0.precision == planned.precision }
        let fastest = fastest(of: equals, short)
        return fastest == planned ? [planned] : [planned, fastest]
    }

    /// Images per second with this model, from all that was measured so far.
    func ceiling(of model: ModelLayout) -> Double { bound(merged(rounds), model).imagesPerSecond }

    func report(of files: (count: Int, bytes: Int)) -> CeilingReport {
        let samples = merged(rounds)
        let best = fastest(of: finalists, samples)
        let stages = self.stages(alone: samples, model: best)
        let ceiling = bound(samples, best)
        return CeilingReport(
            imagesPerSecond: ceiling.imagesPerSecond,
            plannedImagesPerSecond: bound(samples, planned).imagesPerSecond,
            cores: job.plan.cores,
            stages: zip(stages, ceiling.stages).map { stage, alone in
                var stage = stage
                stage.share = ceiling.share(of: alone)
                return stage
            },
            decoding: decoding(samples),
            models: layouts.map { modelRate($0, isInCeiling: $0 == best) },
            job: wholeJob(samples, stages, ceilings: rounds.map { bound(merged([$0]), best).imagesPerSecond }),
            run: request.run.map { run($0, samples, stages, ceiling) },
            images: files.count,
            bytesPerImage: Double(files.bytes) / Double(max(files.count, 1)),
            model: job.classifier.model,
            precision: job.facts.report.precision,
            repeats: request.repeats,
            seconds: request.seconds,
            versions: ["penstock": PenstockVersion.current, "openvino": job.facts.version]
        )
    }

    /// The samples of the short turns, but of the long ones where a part was in them.
    private func merged(_ rounds: [[CeilingPart: CeilingSample]]) -> [CeilingSubject: CeilingSamples] {
        var samples = short
        for part in rounds.first?.keys.map({ $0 }) ?? [] {
            var found = CeilingSamples()
            for round in rounds { if let sample = round[part] { found.add(sample) } }
            samples[.part(part)] = found
        }
        return samples
    }

    private func fastest(of models: [ModelLayout], _ samples: [CeilingSubject: CeilingSamples]) -> ModelLayout {
        models.max { bound(samples, $0).imagesPerSecond < bound(samples, $1).imagesPerSecond } ?? planned
    }

    private func bound(_ samples: [CeilingSubject: CeilingSamples], _ model: ModelLayout) -> Ceiling {
        Ceiling(
            stages(alone: samples, model: model).map { stage in
                Ceiling.Stage(
                    name: stage.name,
                    rate: stage.rate.imagesPerSecond,
                    coreSeconds: stage.coreMilliseconds / 1000,
                    cores: job.plan.cores
                )
            }
        )
    }

    private func modelRate(_ layout: ModelLayout, isInCeiling: Bool) -> CeilingReport.ModelRate {
        CeilingReport.ModelRate(
            rate: .init(short[.part(.model(layout))]?.rates ?? RateSamples()),
            precision: layout.precision.rawValue,
            workers: layout.workers,
            threadsPerWorker: layout.threads,
            batchSize: layout.batch,
            isPlanned: layout == planned,
            isInCeiling: isInCeiling
        )
    }

    private func stages(alone samples: [CeilingSubject: CeilingSamples], model: ModelLayout) -> [CeilingReport.Stage] {
        let lanes = min(model.workers * model.threads, job.plan.cores)
        return [
            stage("list", samples[.list], workers: 1, lanes: nil),
            stage("read", samples[.read], workers: job.workers("read"), lanes: nil),
            stage("decode", samples[.part(.decode)], workers: job.workers("decode"), lanes: decodeLanes),
            stage("model", samples[.part(.model(model))], workers: model.workers, lanes: lanes),
            stage("write", samples[.write], workers: 1, lanes: nil),
        ]
    }

    private var decodeLanes: Int { min(job.workers("decode"), job.plan.cores) }

    /// - `lanes`: cores that the stage keeps busy; nil: it mostly waits, and its CPU time was measured.
    private func stage(_ name: String, _ samples: CeilingSamples?, workers: Int, lanes: Int?) -> CeilingReport.Stage {
        let rates = samples?.rates ?? RateSamples()
        let seconds = lanes.map { coreSeconds(rates, lanes: $0) } ?? samples?.coreSeconds.median ?? 0
        return CeilingReport.Stage(
            name: name,
            rate: .init(rates),
            workers: workers,
            coreMilliseconds: seconds * 1000,
            sharesCores: lanes != nil,
            share: 0
        )
    }

    private func coreSeconds(_ rates: RateSamples, lanes: Int) -> Double {
        rates.median > 0 ? Double(lanes) / rates.median : 0
    }

    private func decoding(_ samples: [CeilingSubject: CeilingSamples]) -> CeilingReport.Decoding {
        let bare = samples[.part(.bareDecode)]?.rates ?? RateSamples()
        let whole = samples[.part(.decode)]?.rates ?? RateSamples()
        let bareSeconds = coreSeconds(bare, lanes: decodeLanes)
        return CeilingReport.Decoding(
            bareDecode: .init(bare),
            bareCoreMilliseconds: bareSeconds * 1000,
            resizeCropCoreMilliseconds: (coreSeconds(whole, lanes: decodeLanes) - bareSeconds) * 1000
        )
    }

    // MARK: The job and a run against it

    /// - `ceilings`: that of each round.
    private func wholeJob(
        _ alone: [CeilingSubject: CeilingSamples],
        _ stages: [CeilingReport.Stage],
        ceilings: [Double]
    ) -> CeilingReport.Job {
        let samples = rounds.map { round in
            round.first { if case .job = $0.key { true } else { false } }?.value ?? CeilingSample(rate: 0)
        }
        let shares = RateSamples(zip(samples, ceilings).map { $1 > 0 ? $0.rate / $1 : 0 })
        var report = RunReport()
        report.stages = StageReport.summed(samples.map(\.stages))
        report.cpuSeconds = samples.reduce(0) { $0 + $1.processSeconds }
        let comparison = compared(report, alone, stages, ceiling: 0, threads: job.plan.threadsPerModelWorker)
        return CeilingReport.Job(
            rate: .init(RateSamples(samples.map(\.rate))),
            reached: shares.median,
            shares: shares.values,
            takesTurns: takesTurns,
            stages: comparison.stages.map { .init($0) },
            idleCoreMilliseconds: idle(samples, taken: comparison.stages.reduce(0) { $0 + ($1.runMilliseconds ?? 0) })
        )
    }

    /// Core milliseconds of an image that no stage took.
    private func idle(_ samples: [CeilingSample], taken: Double) -> Double {
        var (rows, seconds) = (0.0, 0.0)
        for sample in samples where sample.rate > 0 {
            let written = Double(sample.stages.last?.rows ?? 0)
            rows += written
            seconds += written / sample.rate
        }
        return rows > 0 ? max(0, seconds / rows * Double(job.plan.cores) * 1000 - taken) : 0
    }

    private func run(
        _ report: RunReport,
        _ alone: [CeilingSubject: CeilingSamples],
        _ stages: [CeilingReport.Stage],
        _ ceiling: Ceiling
    ) -> CeilingReport.Run {
        let threads = report.settings["threads-per-worker"].flatMap { Int($0.value) } ?? 1
        let comparison = compared(report, alone, stages, ceiling: ceiling.imagesPerSecond, threads: threads)
        return CeilingReport.Run(
            imagesPerSecond: report.imagesPerSecond,
            reached: comparison.reached,
            precision: report.model?.precision ?? "",
            stages: comparison.stages.map { .init($0) }
        )
    }

    /// The stages by their CPU time, as it is that of a run that can be known; the model's is that of its library's threads.
    private func compared(
        _ report: RunReport,
        _ samples: [CeilingSubject: CeilingSamples],
        _ stages: [CeilingReport.Stage],
        ceiling: Double,
        threads: Int
    ) -> RunAgainstCeiling {
        let decoding = samples[.part(.decode)]?.coreSeconds.median ?? 0
        let alone = stages.map { ($0.name, $0.name == "decode" ? decoding * 1000 : $0.coreMilliseconds) }
        return RunAgainstCeiling(report, ceiling: ceiling, alone: alone, threads: threads)
    }
}

extension CeilingReport.StageInRun {
    fileprivate init(_ stage: RunAgainstCeiling.Stage) {
        name = stage.name
        aloneCoreMilliseconds = stage.aloneMilliseconds
        runCoreMilliseconds = stage.runMilliseconds
        reached = stage.reached
    }
}

extension StageReport {
    /// Rows and times of several runs' stages together, by name.
    fileprivate static func summed(_ runs: [[StageReport]]) -> [StageReport] {
        (runs.first ?? []).map { first in
            var sum = first
            for stage in runs.dropFirst().joined() where stage.name == first.name {
                sum.rows += stage.rows
                sum.busySeconds += stage.busySeconds
                sum.cpuSeconds += stage.cpuSeconds
            }
            return sum
        }
    }
}
