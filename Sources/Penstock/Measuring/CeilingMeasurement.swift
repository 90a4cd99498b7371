import PenstockAdvisor
import PenstockCore
import PenstockPlan
import PenstockStages

/// Measures the stages of a job and the job itself in turns, and compares.
///
/// First every stage and many settings of the model, each for a short time: that finds the setting that is fastest, and says
/// what the stages take that mostly wait. Then what computes, and the whole job, in turns of a part of a second: only what was
/// measured at the same time can be compared to a few per cent on a machine that others use too.
struct CeilingMeasurement {
    /// Settings of a model are told apart in this share of the time that parts get in turns.
    private static let shortShare = 0.2
    /// Images of the job, at most: what lists and sorts so many takes no time of its own yet.
    private static let mostImages = 100_000
    /// Batches of the job for each worker of the model, at least.
    private static let leastBatches = 24

    private let job: MeasuredJob
    private let request: CeilingRequest
    private let meter: CeilingMeter
    private let predictions: [Block]
    private let files: (count: Int, bytes: Int)
    private let planned: ModelLayout
    private let layouts: [ModelLayout]

    /// Reads and decodes the images, and decides the precision.
    ///
    /// - Throws: `StageError` of a stage.
    init(_ job: MeasuredJob, _ request: CeilingRequest) async throws {
        self.job = job
        self.request = request
        let inputs = CeilingInputs(job)
        predictions = try await inputs.predictions()
        let blocks = try await inputs.files()
        files = (blocks.reduce(0) { $0 + $1.rowCount }, blocks.reduce(0) { $0 + $1.byteCount.count })
        let decided = Precision(rawValue: job.facts.report.precision) ?? .f32
        planned = ModelLayout(
            precision: job.classifier.precision == .auto ? decided : job.classifier.precision,
            workers: job.workers("model"),
            threads: job.plan.threadsPerModelWorker,
            batch: job.batch
        )
        meter = CeilingMeter(job, inputs, planned: planned)
        let precisions = try Self.precisions(job, planned.precision)
        layouts =
            request.sweepsModel
            ? planned.sweep(cores: job.plan.cores, precisions: precisions)
            : planned.rivals(cores: job.plan.cores, precisions: precisions)
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
        var account = CeilingAccount(job, request, planned: planned, layouts: layouts)
        account.short = try await shortTurns()
        let processes = try await meter.inputs.areRemote() ? nil : request.processes
        account.takesTurns = processes != nil
        // Other processes load their own.
        if processes != nil { meter.forget() }
        let ceiling = account.ceiling(of: planned)
        let images = images(ceiling)
        // All end at about the same time.
        let seconds = ceiling > 0 ? max(request.seconds, Double(images) / ceiling) : request.seconds
        account.rounds = try await longTurns(account.finalists, images, seconds, processes)
        return account.report(of: files)
    }

    // MARK: Measuring

    /// Every stage and every setting, round by round in turn, every other round backwards.
    private func shortTurns() async throws -> [CeilingSubject: CeilingSamples] {
        let subjects: [CeilingSubject] = [.list, .read, .part(.decode)] + layouts.map { .part(.model($0)) } + [.write]
        var samples: [CeilingSubject: CeilingSamples] = [:]
        for round in 0..<request.repeats {
            request.tell("measuring each stage and settings of the model: round \(round + 1) of \(request.repeats)")
            for subject in round % 2 == 0 ? subjects : subjects.reversed() {
                samples[subject, default: CeilingSamples()].add(try await measure(subject))
            }
        }
        return samples
    }

    private func measure(_ subject: CeilingSubject) async throws -> CeilingSample {
        let seconds = request.seconds * Self.shortShare
        switch subject {
        case .list: return try await meter.probe(seconds).measure(job.listing)
        case .read:
            let listed = try await meter.inputs.listed()
            return try await meter.probe(seconds).measure(job.reading, over: listed, workers: job.workers("read"))
        case .write: return try await measureWriting(seconds)
        case .part(let part): return try await meter.measure(part, seconds: seconds)
        }
    }

    private func measureWriting(_ seconds: Double) async throws -> CeilingSample {
        let place = TemporaryPlace("penstock-ceiling")
        defer { place.remove() }
        let folder = OutputFolder(place.path, format: .parquet)
        try folder.prepare(.refuse)
        let sink = TableSink(folder, partBytes: Planner.defaultPartBytes, metadata: { [] })
        return try await meter.probe(seconds).measure(sink, over: predictions)
    }

    /// What computes and the whole job, in turns as short as this program can make them; every other round backwards.
    private func longTurns(
        _ models: [ModelLayout],
        _ images: Int,
        _ seconds: Double,
        _ processes: (any CeilingProcesses)?
    ) async throws -> [[CeilingPart: CeilingSample]] {
        let parts: [CeilingPart] = [.bareDecode, .decode] + models.map { .model($0) } + [.job(images: images)]
        var rounds: [[CeilingPart: CeilingSample]] = []
        for round in 0..<request.repeats {
            request.tell("measuring the whole job beside its parts: round \(round + 1) of \(request.repeats)")
            let ordered = round % 2 == 0 ? parts : parts.reversed()
            rounds.append(
                Dictionary(uniqueKeysWithValues: zip(ordered, try await measure(ordered, seconds, processes)))
            )
        }
        return rounds
    }

    /// In processes that take turns; one after the other where there are none.
    private func measure(
        _ parts: [CeilingPart],
        _ seconds: Double,
        _ processes: (any CeilingProcesses)?
    ) async throws -> [CeilingSample] {
        if let processes {
            return try await processes.run(
                parts.map { part in
                    CeilingTask(
                        part: part,
                        planned: planned,
                        batch: job.options.batchSize.chosen,
                        images: request.images,
                        seconds: seconds
                    )
                }
            )
        }
        var samples: [CeilingSample] = []
        for part in parts {
            try await meter.prepare(part)
            samples.append(try await meter.measure(part, seconds: seconds))
        }
        return samples
    }

    /// As many as take the job about as long as its parts are measured, in whole batches for each worker of the model.
    ///
    /// At its end workers that have no more to do wait for the last one, for a batch or less: that must be little of the whole.
    private func images(_ ceiling: Double) -> Int {
        let unit = job.imagesOfAllWorkers
        let wanted = Int(min(ceiling * request.seconds, Double(Self.mostImages)))
        return max((wanted + unit - 1) / unit, Self.leastBatches) * unit
    }
}
