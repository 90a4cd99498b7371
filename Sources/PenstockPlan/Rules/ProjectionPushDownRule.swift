/// Moves the choice of columns into table files, so that other columns are not read.
public struct ProjectionPushDownRule: PlanRule {
    /// As `explain` prints it.
    public let name = "projection push-down"

    /// The rule.
    public init() {}

    /// The plan whose source reads no more columns than are wanted.
    public func apply(_ plan: LogicalPlan) -> LogicalPlan {
        guard case .readTable(var read)? = plan.operators.first else { return plan }
        var operators = Array(plan.operators.dropFirst())
        guard let index = operators.firstIndex(where: { if case .limit = $0 { false } else { true } }) else {
            return plan
        }
        switch operators[index] {
        case .columns(.select(let names)):
            guard let columns = narrowed(read, to: names) else { return plan }
            read.columns = columns
            // The path is added behind the file's columns, so their order is still to be made.
            if !read.includePaths { operators.remove(at: index) }
        case .infer(let job, _):
            guard !job.inputs.isEmpty, let keep = job.keep else { return plan }
            let wanted = Array(Set(job.inputs.values).union(keep)).sorted()
            guard let columns = narrowed(read, to: wanted) else { return plan }
            read.columns = columns
        default: return plan
        }
        return LogicalPlan([.readTable(read)] + operators)
    }

    /// The file's columns among those that are wanted; nil when that is no narrower, or one of them is not there to be read.
    private func narrowed(_ read: ReadTable, to names: [String]) -> [String]? {
        let fromFile = names.filter { !(read.includePaths && $0 == "path") }
        if let columns = read.columns, !fromFile.allSatisfy(columns.contains) { return nil }
        if Set(fromFile).count != fromFile.count { return nil }
        return fromFile == read.columns || fromFile.isEmpty ? nil : fromFile
    }

    /// What the change saves.
    public func effect(on plan: LogicalPlan) -> String {
        guard case .readTable(let read)? = plan.operators.first else { return "" }
        return "only \((read.columns ?? []).joined(separator: ", ")) \(read.columns?.count == 1 ? "is" : "are") read"
    }
}
