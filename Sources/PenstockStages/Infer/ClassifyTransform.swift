package import PenstockCore
package import PenstockPlan
import Synchronization

/// Runs a classifier: `path, image` → `path, predicted_class, confidence[, label][, classes, confidences]`.
///
/// Normalisation, channel order, layout and type conversion run inside the compiled model. With precision `auto` a
/// `PrecisionGuard` compares the fast precision with f32 on the first images.
package struct ClassifyTransform: BatchTransform {
    package let name = "model"
    private let plan: Classifier
    private let settings: ModelSettings

    /// What the planner decided.
    package struct ModelSettings: Sendable {
        package var workers: Int
        package var threadsPerWorker: Int
        /// Rows that the model is compiled for, which short batches are filled up to; 0: any number.
        package var batchRows: Int
        package var cacheDirectory: String?
        package var backendLibrary: String?
        /// Told about the model once it is loaded and when the guard decided.
        package var facts: ModelFacts

        package init(
            workers: Int,
            threadsPerWorker: Int,
            batchRows: Int = 0,
            cacheDirectory: String?,
            backendLibrary: String?,
            facts: ModelFacts
        ) {
            self.workers = workers
            self.threadsPerWorker = threadsPerWorker
            self.batchRows = batchRows
            self.cacheDirectory = cacheDirectory
            self.backendLibrary = backendLibrary
            self.facts = facts
        }
    }

    package init(_ plan: Classifier, settings: ModelSettings) {
        self.plan = plan
        self.settings = settings
    }

    package func load(_ context: StageContext) throws(StageError) -> LoadedClassifier {
        try LoadedClassifier(plan, settings)
    }

    /// What one worker keeps: its requests, and memory for scores.
    package struct State {
        let classifier: LoadedClassifier
        var fast: (any InferenceRequest)?
        var exact: (any InferenceRequest)?
    }

    package func makeState(_ shared: LoadedClassifier, _ context: StageContext) throws(StageError) -> State {
        State(classifier: shared)
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let images = try batch.block.tensorUInt8("image")
        let paths = try batch.block.strings("path")
        let scores = try self.scores(images, &state)
        try state.classifier.checkLabels(classes: scores.classes)
        return predictions(scores, paths: paths, labels: state.classifier.labels)
    }

    package func outputBytes(for block: Block) -> Bytes { Bytes(block.rowCount * (256 + plan.topK * 8)) }

    // MARK: Inference

    private func scores(_ images: Tensor<UInt8>, _ state: inout State) throws(StageError) -> ClassScores {
        switch state.classifier.choice {
        case .fast(let model):
            state.exact = nil
            return try run(images, &state.fast, model)
        case .exact(let model):
            state.fast = nil
            return try run(images, &state.exact, model)
        case .both(let exactModel, let fastModel):
            let exact = try run(images, &state.exact, exactModel)
            let fast = try run(images, &state.fast, fastModel)
            try state.classifier.compare(exact: exact, fast: fast)
            return exact
        }
    }

    private func run(
        _ images: Tensor<UInt8>,
        _ held: inout (any InferenceRequest)?,
        _ model: any CompiledModel
    ) throws(StageError) -> ClassScores {
        let request: any InferenceRequest
        if let held { request = held } else { request = try model.makeRequest() }
        held = request
        var values: [Float] = []
        let classes = try request.infer(images, fixedRows: model.info.batchRows, scores: &values)
        var scores = ClassScores(values, classes: classes)
        scores.normalize()
        return scores
    }

    // MARK: Output

    private func predictions(_ scores: ClassScores, paths: VariableBytes, labels: [String]?) -> TransformOutput {
        let perRow = min(plan.topK, scores.classes)
        var rows: [Int] = []
        rows.reserveCapacity(scores.rowCount)
        // Of all rows one after the other: an array for each would be an allocation for each.
        var best: [(index: Int32, probability: Float)] = []
        best.reserveCapacity(scores.rowCount * perRow)
        var failures: [RowFailure] = []
        for row in 0..<scores.rowCount {
            if scores.hasNaN(row: row) {
                let error = StageError(.inferenceFailed, "the model's output contains NaN.")
                failures.append(RowFailure(path: paths.string(row), stage: name, error: error))
                continue
            }
            rows.append(row)
            scores.appendTop(perRow, row: row, to: &best)
        }
        let kept = rows.count == paths.count ? paths : VariableBytes(rows.map { paths.string($0) })
        let block = Self.block(paths: kept, best: best, perRow: perRow, labels: labels, withLists: plan.topK > 1)
        return TransformOutput([block], failures: failures)
    }

    /// `best` holds `perRow` classes for each path.
    private static func block(
        paths: VariableBytes,
        best: [(index: Int32, probability: Float)],
        perRow: Int,
        labels: [String]?,
        withLists: Bool
    ) -> Block {
        let first = (0..<paths.count).lazy.map { best[$0 * perRow] }
        var columns: [(name: String, column: Column)] = []
        columns.reserveCapacity(6)
        columns.append(("path", Column(.string(paths))))
        columns.append(("predicted_class", Column(.int32(Buffer(count: paths.count) { best[$0 * perRow].index }))))
        columns.append(("confidence", Column(.float32(Buffer(count: paths.count) { best[$0 * perRow].probability }))))
        if let labels { columns.append(("label", Column(strings: first.map { labels[Int($0.index)] }))) }
        if withLists {
            let lengths = Array(repeating: perRow, count: paths.count)
            columns.append(("classes", Column(listOf: Column(int32: best.map(\.index)), lengths: lengths)))
            columns.append(("confidences", Column(listOf: Column(float32: best.map(\.probability)), lengths: lengths)))
        }
        return Block(named: columns)
    }
}
