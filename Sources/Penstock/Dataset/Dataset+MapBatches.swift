public import PenstockCore
import PenstockEngine
public import PenstockPlan

extension Dataset {
    /// Passes batches through a transform of your own.
    ///
    /// - `batchSize`: rows of one call; blocks are cut and joined as needed. `workers`: how many work side by side, each with
    ///   a state and a thread of its own; nil: one per core.
    public func mapBatches(
        _ transform: some BatchTransform,
        batchSize: BatchSize = .wholeBlock,
        workers: Int? = nil
    ) -> Dataset {
        let description = CustomTransform(
            name: transform.name,
            position: stages.count,
            workers: workers,
            batch: batchSize
        )
        return appending(.transform(description), stage: EngineStage(transform: transform))
    }
}
