/// Rewrites a plan into one that does the same with less work.
///
/// `apply(plan) == plan` means that it did not match.
public protocol PlanRule: Sendable {
    /// Name that `explain` prints when the rule changed something.
    var name: String { get }
    /// The plan after the rule.
    func apply(_ plan: LogicalPlan) -> LogicalPlan
}

/// Moves limits into the source, so that no more is listed, read and decoded than is wanted.
public struct LimitPushDownRule: PlanRule {
    /// As `explain` prints it.
    public let name = "limit push-down"

    /// The rule.
    public init() {}

    /// The plan with its limits in the source, as far as they can go there.
    public func apply(_ plan: LogicalPlan) -> LogicalPlan {
        guard case .readImages(var read)? = plan.operators.first else { return plan }
        var operators = Array(plan.operators.dropFirst())
        // A limit may pass what keeps rows one to one; predictions do, a user's transform need not.
        while let index = operators.firstIndex(where: { if case .limit = $0 { true } else { false } }),
            operators[..<index].allSatisfy({ if case .predict = $0 { true } else { false } }),
            case .limit(let count) = operators[index]
        {
            read.limit = min(read.limit ?? count, count)
            operators.remove(at: index)
        }
        return LogicalPlan([.readImages(read)] + operators)
    }
}
