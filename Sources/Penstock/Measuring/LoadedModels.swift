import PenstockAdvisor
import PenstockCore
import PenstockPlan
import PenstockStages

/// Compiled models for measuring: one for each precision, division of the cores and fixed batch, kept from round to round.
final class LoadedModels {
    private struct Key: Hashable {
        let precision: Precision
        let workers: Int
        let threads: Int
        let rows: Int
    }

    private let job: MeasuredJob
    private let planned: Key
    private var models: [Key: Preloaded<ClassifyTransform>] = [:]

    init(_ job: MeasuredJob, planned: ModelLayout) {
        self.job = job
        self.planned = Self.key(planned)
    }

    /// The model for a layout, compiled when it is asked for first.
    func model(_ layout: ModelLayout) async throws(StageError) -> Preloaded<ClassifyTransform> {
        let key = Self.key(layout)
        if let model = models[key] { return model }
        let transform = job.model(layout, rows: key.rows, isPlanned: key == planned)
        let shared = try await Blocking.run { () throws(StageError) in try transform.load(.outsideOfRuns) }
        let model = Preloaded(inner: transform, shared: shared)
        models[key] = model
        return model
    }

    /// Gives up all of them.
    func forget() { models = [:] }

    private static func key(_ layout: ModelLayout) -> Key {
        let rows = PhysicalOperator.compiledRows(batch: layout.batch)
        return Key(precision: layout.precision, workers: layout.workers, threads: layout.threads, rows: rows)
    }
}

/// A transform whose shared part is there already.
struct Preloaded<Inner: BatchTransform>: BatchTransform {
    let inner: Inner
    let shared: Inner.Shared
    var name: String { inner.name }

    func load(_ context: StageContext) throws(StageError) -> Inner.Shared { shared }

    func makeState(_ shared: Inner.Shared, _ context: StageContext) throws(StageError) -> Inner.State {
        try inner.makeState(shared, context)
    }

    func apply(_ batch: Batch, _ state: inout Inner.State) throws(StageError) -> TransformOutput {
        try inner.apply(batch, &state)
    }

    func proceed(_ state: inout Inner.State) throws(StageError) -> TransformOutput { try inner.proceed(&state) }

    func outputBytes(for block: Block) -> Bytes { inner.outputBytes(for: block) }
}
