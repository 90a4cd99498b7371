import PenstockAdvisor
import PenstockCore
import PenstockEngine
import PenstockPlan
import PenstockStages

/// What the stages of a job are measured with: the output of each stage before them, in memory, made when it is asked for.
final class CeilingInputs {
    /// Images that are predicted for the sink, and for the precision guard to decide.
    private static let predictedImages = 64
    /// A task of reading or decoding is cut at this size, so that a measurement holds several.
    private static let taskBytes = 4 << 20

    private let job: MeasuredJob
    private var listing: [Block]?
    private var contents: [Block]?
    private var decoded: [Block]?
    private var joined: Block?

    init(_ job: MeasuredJob) { self.job = job }

    /// Paths and sizes of the first images.
    ///
    /// - Throws: `StageError` when they cannot be listed.
    func listed() async throws -> [Block] {
        if let listing { return listing }
        let source = BoundOperator(
            OperatorSpec(name: "list", kind: .source, cpusPerTask: 0),
            EngineStage(source: job.listing)
        )
        let found = Self.fitting(try await Self.collected([source], job), job)
        listing = found
        return found
    }

    /// Their contents, in tasks of about `taskBytes`.
    ///
    /// - Throws: `StageError` when they cannot be read.
    func files() async throws -> [Block] {
        if let contents { return contents }
        let chain = [Self.source(try await listed()), Self.step(job.reading, job)]
        let found = try await Self.collected(chain, job).flatMap(Self.pieces)
        contents = found
        return found
    }

    /// Decoded images.
    ///
    /// - Throws: `StageError` of a stage, also when no image could be decoded.
    private func images() async throws -> [Block] {
        if let decoded { return decoded }
        let chain = [Self.source(try await files()), Self.step(job.decoding, job)]
        let found = try await Self.collected(chain, job)
        guard !found.isEmpty else {
            throw StageError(.notFound, "none of the images could be decoded, so there is nothing to measure with.")
        }
        decoded = found
        return found
    }

    /// Rows for the sink, in batches of the model; it decides the job's precision, too.
    ///
    /// - Throws: `StageError` of a stage.
    func predictions() async throws -> [Block] {
        let workers = job.workers("model")
        let layout = ModelLayout(
            precision: job.classifier.precision,
            workers: workers,
            threads: job.plan.threadsPerModelWorker,
            batch: job.batch
        )
        let model = job.model(layout, rows: job.step("model")?.compiledRows ?? 0, isPlanned: true)
        let few = Self.batches(of: try await images(), rows: job.batch, atMost: Self.predictedImages)
        return try await Self.collected([Self.source(few), Self.step(model, job, workers: workers)], job)
    }

    /// The images in batches of exactly so many rows, each in one block; repeated where there are fewer.
    ///
    /// - Cost: a copy of the images, for the first call and whenever `rows` are more than before.
    /// - Throws: `StageError` when they do not fit into one block.
    func batches(of rows: Int) async throws -> [Block] {
        let whole = try await whole(atLeast: rows)
        return stride(from: 0, through: whole.rowCount - rows, by: rows).map { whole.slice($0..<($0 + rows)) }
    }

    /// Gives up what is kept.
    func forget() { (listing, contents, decoded, joined) = (nil, nil, nil, nil) }

    /// Whether a store answers for some of the images, whatever named them.
    ///
    /// - Throws: `StageError` when they cannot be listed.
    func areRemote() async throws -> Bool {
        for block in try await listed() {
            let paths = try block.strings("path")
            if (0..<block.rowCount).contains(where: { ImageStatistics.areRemote([paths.string($0)]) }) { return true }
        }
        return false
    }

    private func whole(atLeast rows: Int) async throws -> Block {
        if let joined, joined.rowCount >= rows { return joined }
        let images = try await images()
        var pool = images
        while pool.reduce(0, { $0 + $1.rowCount }) < rows { pool += images }
        let whole = try Block.concatenate(pool)
        // The same images, once.
        (joined, decoded) = (whole, [whole])
        return whole
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
        try outcome.checkMeasured()
        return collector.collected
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
