/// Rewrites a plan into one that does the same with less work.
///
/// `apply(plan) == plan` means that it did not match.
public protocol PlanRule: Sendable {
    /// Name that `explain` prints when the rule changed something.
    var name: String { get }
    /// The plan after the rule.
    func apply(_ plan: LogicalPlan) -> LogicalPlan
    /// What the change saves, for people; the plan is the one that the rule gave.
    func effect(on plan: LogicalPlan) -> String
}

extension LogicalOperator {
    /// Whether each row gives exactly one row, but for rows that fail.
    var keepsRowCount: Bool {
        switch self {
        case .columns, .predict, .infer: true
        case .transform(let transform): transform.keepsRowCount
        case .readImages, .readTable, .readText, .readBinaryFiles, .range, .items, .readCustom, .union, .limit,
            .randomizeOrder, .repartition, .write, .writeCustom, .collect, .deliver:
            false
        }
    }

    /// Where rows come from.
    var isSource: Bool {
        switch self {
        case .readImages, .readTable, .readText, .readBinaryFiles, .range, .items, .readCustom, .union: true
        case .limit, .randomizeOrder, .repartition, .columns, .transform, .predict, .infer, .write, .writeCustom,
            .collect, .deliver:
            false
        }
    }
}
