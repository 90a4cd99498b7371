import PenstockAdvisor
import PenstockCore
import PenstockPlan
import PenstockStages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Measures the stages of a job in turn, and adds them up.
struct CeilingMeasurement {
    /// What is measured.
    private enum Subject: Hashable {
        case list, read, bareDecode, decode, write
        case model(ModelLayout)
    }

    /// Rates and core seconds of an image, from all rounds.
    private struct Samples {
        var rates = RateSamples()
        var coreSeconds = RateSamples()
    }

    private let job: MeasuredJob
    private let inputs: CeilingInputs
    private let request: CeilingRequest
    private let probe: Probe
    private let planned: ModelLayout
    private let layouts: [ModelLayout]

    /// - `inputs` were collected for `job`, so its precision is decided.
    init(_ job: MeasuredJob, _ inputs: CeilingInputs, _ request: CeilingRequest) throws(StageError) {
        self.job = job
        self.inputs = inputs
        self.request = request
        probe = Probe(seconds: request.seconds, cores: job.plan.cores, memory: job.plan.memory)
        let decided = Precision(rawValue: job.facts.report.precision) ?? .f32
        planned = ModelLayout(
            precision: job.classifier.precision == .auto ? decided : job.classifier.precision,
            workers: job.workers("model"),
            threads: job.plan.threadsPerModelWorker,
            batch: Self.batch(job, request.run)
        )
        let precisions = try Self.precisions(job, planned.precision)
        layouts =
            request.sweepsModel
            ? planned.sweep(cores: job.plan.cores, precisions: precisions)
            : planned.rivals(cores: job.plan.cores, precisions: precisions)
    }

    /// The batch size that was set, else the one that measuring found in the run, else where a run begins.
    private static func batch(_ job: MeasuredJob, _ run: RunReport?) -> Int {
        let found = run?.stages.first { $0.name == "model" }?.batch?.rows
        return job.options.batchSize.chosen ?? found ?? job.batch
    }

    /// Precisions worth a look: f32, and the device's fast one.
    ///
    /// The int8 layers of a quantised model stay what they are, so there is nothing to compare.
    private static func precisions(_ job: MeasuredJob, _ planned: Precision) throws(StageError) -> [Precision] {
        if try ModelTraits(of: job.classifier.model).isQuantized { return [planned] }
        let backend = try OpenVINOBackend(library: job.options.backendLibrary)
        let hasFast = try backend.supports(.bf16, on: job.classifier.device)
        return [planned, .f32] + (hasFast ? [.bf16] : [])
    }

    func report() async throws -> CeilingReport {
        let samples = try await measured()
        let equals = layouts.filter { $0.precision == planned.precision }
        let best = equals.max { bound(samples, $0).imagesPerSecond < bound(samples, $1).imagesPerSecond } ?? planned
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
            models: layouts.map { modelRate($0, samples) },
            run: request.run.map { run($0, stages, ceiling) },
            images: inputs.fileCount,
            bytesPerImage: Double(inputs.fileBytes) / Double(max(inputs.fileCount, 1)),
            model: job.classifier.model,
            precision: job.facts.report.precision,
            repeats: request.repeats,
            seconds: request.seconds,
            versions: ["penstock": PenstockVersion.current, "openvino": job.facts.version]
        )
    }

    // MARK: Measuring

    /// Every subject, round by round in turn, every other round backwards, so that a slow minute hits all alike.
    private func measured() async throws -> [Subject: Samples] {
        let subjects: [Subject] = [.list, .read, .bareDecode, .decode] + layouts.map { .model($0) } + [.write]
        let models = LoadedModels(job, planned: planned)
        let batches = try inputs.batches(layouts.map(\.batch))
        var samples: [Subject: Samples] = [:]
        for round in 0..<request.repeats {
            for subject in round % 2 == 0 ? subjects : subjects.reversed() {
                let result = try await measure(subject, batches, models)
                samples[subject, default: Samples()].rates.add(result.rate)
                samples[subject, default: Samples()].coreSeconds.add(result.coreSeconds)
            }
        }
        return samples
    }

    private func measure(
        _ subject: Subject,
        _ batches: [Int: [Block]],
        _ models: LoadedModels
    ) async throws -> Probe.Result {
        switch subject {
        case .list: return try await probe.measure(job.listing)
        case .read: return try await probe.measure(job.reading, over: inputs.listed, workers: job.workers("read"))
        case .bareDecode:
            return try await probe.measure(job.bareDecoding, over: inputs.files, workers: job.workers("decode"))
        case .decode: return try await probe.measure(job.decoding, over: inputs.files, workers: job.workers("decode"))
        case .model(let layout):
            let model = try await models.model(layout)
            return try await probe.measure(model, over: batches[layout.batch] ?? [], workers: layout.workers)
        case .write: return try await measureWriting()
        }
    }

    private func measureWriting() async throws -> Probe.Result {
        let place = FileManager.default.temporaryDirectory.appending(path: "penstock-ceiling-\(UUID().uuidString)")
        defer {
            do { try FileManager.default.removeItem(at: place) } catch {
                // Not there: nothing was written. Elsewhere a temporary folder is the system's to clean.
            }
        }
        let folder = OutputFolder(place.path, format: .parquet)
        try folder.prepare(.refuse)
        let sink = TableSink(folder, partBytes: Planner.defaultPartBytes, metadata: { [] })
        return try await probe.measure(sink, over: inputs.predictions)
    }

    // MARK: Adding up

    private func bound(_ samples: [Subject: Samples], _ model: ModelLayout) -> Ceiling {
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

    private func modelRate(_ layout: ModelLayout, _ samples: [Subject: Samples]) -> CeilingReport.ModelRate {
        CeilingReport.ModelRate(
            rate: .init(samples[.model(layout)]?.rates ?? RateSamples()),
            precision: layout.precision.rawValue,
            workers: layout.workers,
            threadsPerWorker: layout.threads,
            batchSize: layout.batch,
            isPlanned: layout == planned
        )
    }

    private func stages(alone samples: [Subject: Samples], model: ModelLayout) -> [CeilingReport.Stage] {
        let lanes = min(model.workers * model.threads, job.plan.cores)
        return [
            stage("list", samples[.list], workers: 1, lanes: nil),
            stage("read", samples[.read], workers: job.workers("read"), lanes: nil),
            stage("decode", samples[.decode], workers: job.workers("decode"), lanes: decodeLanes),
            stage("model", samples[.model(model)], workers: model.workers, lanes: lanes),
            stage("write", samples[.write], workers: 1, lanes: nil),
        ]
    }

    private var decodeLanes: Int { min(job.workers("decode"), job.plan.cores) }

    /// - `lanes`: cores that the stage keeps busy; nil: it mostly waits, and its CPU time was measured.
    private func stage(_ name: String, _ samples: Samples?, workers: Int, lanes: Int?) -> CeilingReport.Stage {
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

    private func decoding(_ samples: [Subject: Samples]) -> CeilingReport.Decoding {
        let bare = samples[.bareDecode]?.rates ?? RateSamples()
        let whole = samples[.decode]?.rates ?? RateSamples()
        let bareSeconds = coreSeconds(bare, lanes: decodeLanes)
        return CeilingReport.Decoding(
            bareDecode: .init(bare),
            bareCoreMilliseconds: bareSeconds * 1000,
            resizeCropCoreMilliseconds: (coreSeconds(whole, lanes: decodeLanes) - bareSeconds) * 1000
        )
    }

    private func run(_ report: RunReport, _ stages: [CeilingReport.Stage], _ ceiling: Ceiling) -> CeilingReport.Run {
        let threads = report.settings["threads-per-worker"].flatMap { Int($0.value) } ?? 1
        let comparison = RunAgainstCeiling(
            report,
            ceiling: ceiling.imagesPerSecond,
            alone: stages.map { ($0.name, $0.coreMilliseconds) },
            threads: threads
        )
        return CeilingReport.Run(
            imagesPerSecond: report.imagesPerSecond,
            reached: comparison.reached,
            precision: report.model?.precision ?? "",
            stages: comparison.stages.map {
                .init(
                    name: $0.name,
                    aloneCoreMilliseconds: $0.aloneMilliseconds,
                    runCoreMilliseconds: $0.runMilliseconds,
                    reached: $0.reached
                )
            }
        )
    }
}
