package import PenstockCore
package import PenstockPlan
import PenstockStages

/// Inference done wrong on purpose, through the protocol that stages of users have.
///
/// It does the real work with the product's own decoder and model; each mistake in its set makes it do that work in a worse
/// way. Without mistakes it does exactly what the built-in stages do.
///
/// - Layout: takes `path, bytes` or, as `.infer`, `path, image`; gives `path, image` as `.decode`, else `path,
///   predicted_class, confidence` and, with `.errorsSwallowed`, `error`, with `.timePerRow`, `processed_at`.
package struct SlowInferenceTransform: BatchTransform {
    /// The part of the work that a stage does.
    package enum Work: String, Sendable {
        case decode, infer
        /// Both in one worker, as the document does it.
        case all = "decode+infer"
    }

    package let name: String
    private let work: Work
    private let mistakes: Set<Mistake>
    private let decoding: DecodeImagesTransform
    private let inference: ClassifyTransform
    private let log: @Sendable (String) -> Void

    /// A stage that makes the mistakes among `mistakes` that concern its part of the work.
    ///
    /// - `options`: model workers, threads, cache and library as in a run. A model that is loaded in each call is compiled in
    ///   each call: nobody who does that keeps a compiled copy. `log`: receives the lines of `.loggingInHotPath`.
    package init(
        _ classifier: Classifier,
        _ mistakes: Set<Mistake>,
        work: Work = .all,
        options: RunOptions,
        log: @escaping @Sendable (String) -> Void
    ) {
        name = work == .all ? "slow inference" : work == .decode ? "decode" : "model"
        self.work = work
        self.mistakes = mistakes
        self.log = log
        decoding = DecodeImagesTransform(classifier, maxPixels: options.maxPixels, maxScratch: .gibibytes(1))
        let threads = options.threadsPerWorker.chosen ?? 1
        let settings = ClassifyTransform.ModelSettings(
            workers: options.modelWorkers.chosen ?? max(1, MachineFacts.current.cores / threads),
            threadsPerWorker: threads,
            batchRows: work == .infer && !mistakes.contains(.passPerImage) ? Self.compiledRows(options) : 0,
            cacheDirectory: mistakes.contains(.modelLoadedInCall) ? nil : options.cacheDirectory,
            backendLibrary: options.backendLibrary,
            facts: ModelFacts()
        )
        inference = ClassifyTransform(classifier, settings: settings)
    }

    /// Rows of a batch of the model: the planner's.
    static func modelBatch(_ options: RunOptions) -> BatchSize {
        let most = options.batchSize.chosen ?? Planner.defaultBatchSize
        return .flexible(low: max(1, most / 2), high: most)
    }

    private static func compiledRows(_ options: RunOptions) -> Int {
        PhysicalOperator.compiledRows(batch: options.batchSize.chosen ?? Planner.defaultBatchSize)
    }

    /// The model, when it is loaded once.
    package struct Shared: Sendable {
        fileprivate var classifier: LoadedClassifier?
    }

    /// What a worker keeps, when it keeps anything.
    package struct State {
        fileprivate let shared: Shared
        fileprivate let context: StageContext
        fileprivate var decoder: DecodeImagesTransform.State?
        fileprivate var request: ClassifyTransform.State?
    }

    package func load(_ context: StageContext) throws(StageError) -> Shared {
        if work == .decode || mistakes.contains(.modelLoadedInCall) { return Shared() }
        return Shared(classifier: try inference.load(context))
    }

    package func makeState(_ shared: Shared, _ context: StageContext) throws(StageError) -> State {
        State(shared: shared, context: context)
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        switch work {
        case .decode: return try decoded(batch.block, &state, keepsFailedRows: mistakes.contains(.errorsSwallowed))
        case .infer: return try predicted(batch.block, &state)
        case .all:
            var output = try decoded(batch.block, &state, keepsFailedRows: false)
            var blocks: [Block] = []
            for block in output.blocks {
                let predictions = try predicted(block, &state)
                blocks += predictions.blocks
                output.failures += predictions.failures
            }
            if mistakes.contains(.errorsSwallowed), !output.failures.isEmpty {
                blocks.append(try sentinels(output.failures, state.context))
                output.failures = []
            }
            output.blocks = blocks
            return output
        }
    }

    package func outputBytes(for block: Block) -> Bytes {
        work == .decode ? decoding.outputBytes(for: block) : inference.outputBytes(for: block)
    }
}

// MARK: - Decoding

extension SlowInferenceTransform {
    private func decoded(
        _ block: Block,
        _ state: inout State,
        keepsFailedRows: Bool
    ) throws(StageError) -> TransformOutput {
        let isRebuilt = mistakes.contains(.transformRebuilt) || mistakes.contains(.nothingKept)
        var decoder: DecodeImagesTransform.State
        if let kept = state.decoder, !isRebuilt {
            decoder = kept
        } else {
            decoder = try decoding.makeState((), state.context)
        }
        state.decoder = isRebuilt ? nil : decoder
        var output = TransformOutput([])
        for rows in steps(block.rowCount, oneByOne: mistakes.contains(.imagesOneByOne)) {
            let part = try decoding.apply(Batch(block.slice(rows)), &decoder)
            output.blocks += part.blocks
            output.failures += part.failures
        }
        if output.blocks.count > 1 { output.blocks = [try Block.concatenate(output.blocks)] }
        if keepsFailedRows { try keepFailedRows(&output) }
        return output
    }

    /// Failed rows go on as black images with the error beside them, as if nothing had happened.
    private func keepFailedRows(_ output: inout TransformOutput) throws(StageError) {
        let good = output.blocks
        let count = output.failures.count
        var kept: [Block] = []
        for block in good {
            kept.append(try block.adding("error", Column(strings: Array(repeating: "", count: block.rowCount))))
        }
        if count > 0 {
            let image = Tensor(
                shape: [count] + decoding.imageShape,
                elements: Buffer([UInt8](repeating: 0, count: count * decoding.imageShape.reduce(1, *)))
            )
            kept.append(
                Block(named: [
                    ("path", Column(strings: output.failures.map(\.path))), ("image", Column(.tensorUInt8(image))),
                    ("error", Column(strings: output.failures.map(\.message))),
                ])
            )
        }
        output = TransformOutput([try Block.concatenate(kept)])
    }

    private func steps(_ count: Int, oneByOne: Bool) -> [Range<Int>] {
        oneByOne ? (0..<count).map { $0..<$0 + 1 } : [0..<count]
    }
}

// MARK: - Inference

extension SlowInferenceTransform {
    private func predicted(_ block: Block, _ state: inout State) throws(StageError) -> TransformOutput {
        var images = block
        if mistakes.contains(.imageConversions) {
            images = try block.adding("image", Column(.tensorUInt8(Self.converted(try block.tensorUInt8("image")))))
        }
        var request = try request(&state)
        var output = TransformOutput([])
        for rows in steps(block.rowCount, oneByOne: mistakes.contains(.passPerImage)) {
            let part = try inference.apply(Batch(images.slice(rows)), &request)
            output.blocks += part.blocks
            output.failures += part.failures
        }
        if !mistakes.contains(.nothingKept), !mistakes.contains(.modelLoadedInCall) { state.request = request }
        if mistakes.contains(.loggingInHotPath) {
            for row in stride(from: 0, to: block.rowCount, by: 10) { log("Processed image \(row)") }
        }
        let predictions = try Block.concatenate(output.blocks)
        output.blocks = [try marked(predictions, errors: block, state.context)]
        return output
    }

    private func request(_ state: inout State) throws(StageError) -> ClassifyTransform.State {
        if let kept = state.request { return kept }
        if let classifier = state.shared.classifier { return try inference.makeState(classifier, state.context) }
        return try inference.makeState(try inference.load(state.context), state.context)
    }

    /// An image as an array, as planes of floats of 0…1, and as interleaved bytes again: what comes out is what went in.
    private static func converted(_ images: Tensor<UInt8>) -> Tensor<UInt8> {
        let stride = images.rowStride
        let pixels = stride / 3
        var bytes = MutableBuffer<UInt8>(count: images.elements.count)
        for row in 0..<images.rowCount {
            let array = images.slice(row..<row + 1).elements.array
            var planes = [Float](repeating: 0, count: stride)
            for pixel in 0..<pixels {
                for channel in 0..<3 { planes[channel * pixels + pixel] = Float(array[pixel * 3 + channel]) / 255 }
            }
            let back = planes.map { UInt8(($0 * 255).rounded()) }
            bytes.withMutableSpan { span in
                for pixel in 0..<pixels {
                    for channel in 0..<3 {
                        span[row * stride + pixel * 3 + channel] = back[channel * pixels + pixel]
                    }
                }
            }
        }
        return Tensor(shape: images.shape, elements: bytes.freeze())
    }
}

// MARK: - Rows

extension SlowInferenceTransform {
    /// Predictions with what mistakes add to them.
    private func marked(_ predictions: Block, errors: Block, _ context: StageContext) throws(StageError) -> Block {
        var block = predictions
        if mistakes.contains(.errorsSwallowed) {
            // As `.all` there is no such column yet: the rows with errors are added later.
            let errors = work == .infer ? try Self.errors(in: errors) : [:]
            let paths = try block.strings("path")
            let texts = (0..<block.rowCount).map { errors[paths.string($0)] ?? "" }
            let classes = try block.int32s("predicted_class").array
            let confidences = try block.float32s("confidence").array
            block = try block.adding(
                "predicted_class",
                Column(int32: zip(texts, classes).map { $0.isEmpty ? $1 : -1 })
            )
            block = try block.adding("confidence", Column(float32: zip(texts, confidences).map { $0.isEmpty ? $1 : 0 }))
            block = try block.adding("error", Column(strings: texts))
        }
        return try timed(block, context)
    }

    /// Errors that came along beside images, by path.
    private static func errors(in block: Block) throws(StageError) -> [String: String] {
        let paths = try block.strings("path")
        let errors = try block.strings("error")
        var found: [String: String] = [:]
        for row in 0..<block.rowCount where !errors.value(row).array.isEmpty {
            found[paths.string(row)] = errors.string(row)
        }
        return found
    }

    /// Rows that look like predictions and are none.
    private func sentinels(_ failures: [RowFailure], _ context: StageContext) throws(StageError) -> Block {
        let block = Block(named: [
            ("path", Column(strings: failures.map(\.path))),
            ("predicted_class", Column(int32: failures.map { _ in -1 })),
            ("confidence", Column(float32: failures.map { _ in 0 })),
            ("error", Column(strings: failures.map(\.message))),
        ])
        return try timed(block, context)
    }

    private func timed(_ block: Block, _ context: StageContext) throws(StageError) -> Block {
        guard mistakes.contains(.timePerRow) else { return block }
        let times = (0..<block.rowCount).map { _ in Double(context.clock.now().nanoseconds) / 1e9 }
        return try block.adding("processed_at", Column(float64: times))
    }
}
