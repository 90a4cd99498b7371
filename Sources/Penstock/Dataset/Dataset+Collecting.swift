public import PenstockCore
public import PenstockPlan

extension Dataset {
    /// Runs the pipeline until it has its first `count` rows, and returns them in the source's order.
    ///
    /// No more images are read than needed where each gives one row; behind a transform of your own the run is stopped once
    /// there are enough.
    ///
    /// - Throws: as `writeParquet`.
    public func take(_ count: Int, options: RunOptions = RunOptions()) async throws -> Block? {
        guard count > 0 else { return nil }
        var ordered = options
        ordered.preservesOrder = true
        let pushed = LimitPushDownRule().apply(plan.appending(.limit(count)))
        let isPushed = !pushed.operators.contains { if case .limit = $0 { true } else { false } }
        let dataset = isPushed ? Dataset(plan: pushed, stages: stages) : self
        let run = try PipelineRun(dataset.appending(.collect), options: ordered, collecting: count)
        let blocks = try await run.run().blocks
        return blocks.isEmpty ? nil : try Block.concatenate(blocks)
    }

    /// The logical plan, the physical plan and every setting with its origin.
    ///
    /// Runs nothing, reads no image and no model.
    ///
    /// - Throws: `PlanError` when the plan cannot run on this machine.
    public func explain(
        options: RunOptions = RunOptions(),
        machine: MachineFacts = .current
    ) throws(PlanError) -> String {
        let physical = try Planner(machine: machine, options: options).plan(plan)
        let rules = physical.appliedRules.isEmpty ? "none" : physical.appliedRules.joined(separator: ", ")
        return """
            Logical plan
            \(plan)

            Physical plan (rules applied: \(rules))
            \(physical)

            Settings
            \(physical.settingsTable)
            """
    }
}
