import PenstockAdvisor
import PenstockCore
import PenstockEngine
import PenstockPlan
import PenstockStages

/// What the stages of a job are measured with: the output of each stage before them, in memory.
struct CeilingInputs {
    /// Paths and sizes.
    let listed: [Block]
    /// Contents.
    let files: [Block]
    /// Decoded images.
    let images: [Block]
    /// Rows for the sink, in batches of the model.
    let predictions: [Block]
    /// Files that were read, and their bytes.
    let fileCount: Int
    let fileBytes: Int

    /// Images that are predicted for the sink, and for the precision guard to decide.
    private static let predictedImages = 64
    /// A task of reading or decoding is cut at this size, so that a measurement holds several.
    private static let taskBytes = 4 << 20

    /// Runs the job's stages one after the other over the first images.
    ///
    /// - Throws: `StageError` of a stage, also when no image could be decoded.
    init(_ job: MeasuredJob) async throws {
        let listing = BoundOperator(
            OperatorSpec(name: "list", kind: .source, cpusPerTask: 0),
            EngineStage(source: job.listing)
        )
        listed = Self.fitting(try await Self.collected([listing], job), job)
        let files = try await Self.collected([Self.source(listed), Self.step(job.reading, job)], job)
        images = try await Self.collected([Self.source(files), Self.step(job.decoding, job)], job)
        guard !images.isEmpty else {
            throw StageError(.notFound, "none of the images could be decoded, so there is nothing to measure with.")
        }
        let classifier = job.classifier
        let workers = job.workers("model")
        let layout = ModelLayout(
            precision: classifier.precision,
            workers: workers,
            threads: job.plan.threadsPerModelWorker,
            batch: job.batch
        )
        let model = job.model(layout, rows: job.step("model")?.compiledRows ?? 0, isPlanned: true)
        let few = Self.batches(of: images, rows: job.batch, atMost: Self.predictedImages)
        predictions = try await Self.collected([Self.source(few), Self.step(model, job, workers: workers)], job)
        self.files = files.flatMap(Self.pieces)
        fileCount = files.reduce(0) { $0 + $1.rowCount }
        fileBytes = files.reduce(0) { $0 + $1.byteCount.count }
    }

    /// The images in batches of exactly so many rows, each in one block, for each of `sizes`; repeated where there are fewer.
    ///
    /// - Cost: one copy of the images.
    /// - Throws: `StageError` when they do not fit into one block.
    func batches(_ sizes: [Int]) throws(StageError) -> [Int: [Block]] {
        var pool = images
        while pool.reduce(0, { $0 + $1.rowCount }) < sizes.max() ?? 0 { pool += images }
        let joined = try Block.concatenate(pool)
        var found: [Int: [Block]] = [:]
        for rows in Set(sizes) {
            found[rows] = stride(from: 0, through: joined.rowCount - rows, by: rows).map {
                joined.slice($0..<($0 + rows))
            }
        }
        return found
    }

    // MARK: Cutting

    /// The first files that fit, read and decoded, into an eighth of the memory; at least one.
    private static func fitting(_ blocks: [Block], _ job: MeasuredJob) -> [Block] {
        let imageBytes = job.classifier.preprocessing.imageBytes
        var left = job.plan.memory.count / 8
        var kept: [Block] = []
        for block in blocks {
            guard case .int64(let sizes)? = block["size"]?.values else { return blocks }
            var rows = 0
            while rows < block.rowCount, left > 0 {
                // Clamped, as a list may claim any size; then it fits no more, whatever it is.
                left -= min(Int(clamping: max(sizes[rows], 0)), left) + imageBytes
                rows += 1
            }
            if rows > 0 { kept.append(block.slice(0..<rows)) }
        }
        return kept
    }

    /// A block in tasks of about `taskBytes`.
    private static func pieces(_ block: Block) -> [Block] {
        let rows = max(1, block.rowCount * taskBytes / max(block.byteCount.count, 1))
        return stride(from: 0, to: block.rowCount, by: rows).map { block.slice($0..<min($0 + rows, block.rowCount)) }
    }

    private static func batches(of blocks: [Block], rows: Int, atMost limit: Int) -> [Block] {
        var left = limit
        var found: [Block] = []
        for block in blocks {
            for start in stride(from: 0, to: block.rowCount, by: rows) where left > 0 {
                let end = min(start + rows, block.rowCount)
                found.append(block.slice(start..<end))
                left -= end - start
            }
        }
        return found
    }

    // MARK: Running

    private static func source(_ blocks: [Block]) -> BoundOperator {
        BoundOperator(
            OperatorSpec(name: "source", kind: .source, cpusPerTask: 0),
            EngineStage(source: BlocksSource(blocks: blocks))
        )
    }

    private static func step(
        _ transform: some BatchTransform,
        _ job: MeasuredJob,
        workers: Int? = nil
    ) -> BoundOperator {
        let spec = OperatorSpec(
            name: transform.name,
            kind: .transform,
            workers: workers ?? job.plan.cores,
            outputBudget: job.plan.memory
        )
        return BoundOperator(spec, EngineStage(transform: transform))
    }

    /// The rows at the end of a chain, in memory.
    private static func collected(_ operators: [BoundOperator], _ job: MeasuredJob) async throws(StageError) -> [Block]
    {
        let collector = RowCollector()
        let sink = BoundOperator(
            OperatorSpec(name: "collect", kind: .sink, cpusPerTask: 0),
            EngineStage(sink: CollectSink(collector))
        )
        let workers = operators.map(\.spec.maxWorkers).max() ?? 1
        let cpus = Double(max(job.plan.cores, workers))
        let limits = RunLimits(cpus: cpus, memory: job.plan.memory, badRows: .share(1))
        let outcome = await StreamingExecutor(operators + [sink], limits: limits).run()
        switch outcome.end {
        case .failed(let error): throw error
        case .cancelled: throw StageError(.cancelled, "measuring was interrupted.")
        case .done, .tooManyBadRows: return collector.collected
        }
    }
}

/// Blocks that are in memory, once.
private struct BlocksSource: BlockSource {
    let name = "source"
    let blocks: [Block]

    func start(_ context: StageContext) throws(StageError) -> Int { 0 }

    func next(_ cursor: inout Int) throws(StageError) -> Block? {
        guard cursor < blocks.count else { return nil }
        defer { cursor += 1 }
        return blocks[cursor]
    }
}
