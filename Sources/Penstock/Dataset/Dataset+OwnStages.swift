public import PenstockCore
import PenstockEngine
public import PenstockPlan
import PenstockStages

extension Dataset {
    /// Rows of a source of your own.
    ///
    /// Nothing of it is called until a terminal call; each run starts the source anew.
    public static func read(_ source: some BlockSource) -> Dataset {
        let custom = CustomStage(name: source.name, position: 0)
        return Dataset(plan: LogicalPlan([.readCustom(custom)]), stages: [AnySource(source)])
    }

    /// Runs the pipeline and hands its rows to a sink of your own.
    ///
    /// Its `rowsWritten` is what the sink says that it committed.
    ///
    /// - Throws: `PlanError` before anything runs; `RunError` (with the report) when the run did not end well.
    @discardableResult
    public func write(to sink: some BlockSink, options: RunOptions = RunOptions()) async throws -> RunReport {
        let custom = CustomStage(name: sink.name, position: stages.count)
        let dataset = appending(.writeCustom(custom), stage: EngineStage(sink: sink))
        return try await PipelineRun.prepared(dataset, options: options).run().report
    }
}
