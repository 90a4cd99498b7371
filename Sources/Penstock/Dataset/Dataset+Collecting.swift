public import PenstockCore
public import PenstockPlan

extension Dataset {
    /// Runs the pipeline on its first rows and returns them.
    ///
    /// - Throws: as `writeParquet`.
    public func take(_ count: Int, options: RunOptions = RunOptions()) async throws -> Block? {
        var ordered = options
        ordered.preservesOrder = true
        let blocks = try await PipelineRun(limit(count).appending(.collect), options: ordered).run().blocks
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
