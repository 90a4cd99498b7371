/// Moves `randomizeOrder` into the source, where shuffling costs nothing: the list of files, row groups or rows in memory.
///
/// Each row's fate does not depend on its place, so the shuffling may pass everything but a limit.
public struct OrderPushDownRule: PlanRule {
    /// As `explain` prints it.
    public let name = "order push-down"

    /// The rule.
    public init() {}

    /// The plan with the random order in its source.
    public func apply(_ plan: LogicalPlan) -> LogicalPlan {
        guard let source = plan.operators.first, source.isSource else { return plan }
        let rest = Array(plan.operators.dropFirst())
        guard let index = rest.firstIndex(where: { if case .randomizeOrder = $0 { true } else { false } }),
            case .randomizeOrder(let seed) = rest[index],
            !rest[..<index].contains(where: { if case .limit = $0 { true } else { false } }),
            let shuffled = shuffle(source, seed)
        else { return plan }
        // The last of several shufflings decides; each one is moved by an application of its own.
        return apply(LogicalPlan([shuffled] + rest[..<index] + rest[(index + 1)...]))
    }

    private func shuffle(_ source: LogicalOperator, _ seed: UInt64) -> LogicalOperator? {
        switch source {
        case .readImages(var read):
            read.listing.shuffleSeed = seed
            return .readImages(read)
        case .readBinaryFiles(var read):
            read.listing.shuffleSeed = seed
            return .readBinaryFiles(read)
        case .readTable(var read):
            read.listing.shuffleSeed = seed
            return .readTable(read)
        case .readText(var read):
            read.listing.shuffleSeed = seed
            return .readText(read)
        case .range(var range):
            range.shuffleSeed = seed
            return .range(range)
        case .items(var items):
            items.shuffleSeed = seed
            return .items(items)
        default: return nil
        }
    }

    /// What the change saves.
    public func effect(on plan: LogicalPlan) -> String { "the source is shuffled before it is read" }
}
