/// Moves limits into the source, so that no more is listed, read and decoded than is wanted.
///
/// Where a file gives many rows, the limit moves to right behind the source, and the source knows of it: it stops when it
/// has read enough.
public struct LimitPushDownRule: PlanRule {
    /// As `explain` prints it.
    public let name = "limit push-down"

    /// The rule.
    public init() {}

    /// The plan with its limits in the source, as far as they can go there.
    public func apply(_ plan: LogicalPlan) -> LogicalPlan {
        guard var source = plan.operators.first, source.isSource else { return plan }
        var operators = Array(plan.operators.dropFirst())
        var kept: [LogicalOperator] = []
        // A limit may pass what keeps rows one to one; predictions do, a filter does not.
        while let index = operators.firstIndex(where: \.isLimit),
            operators[..<index].allSatisfy(\.keepsRowCount),
            case .limit(let count) = operators[index]
        {
            switch absorb(count, into: source) {
            case .whole(let limited): source = limited
            case .hint(let hinted):
                source = hinted
                if case .limit(let earlier)? = kept.first {
                    kept = [.limit(min(count, earlier))]
                } else {
                    kept = [.limit(count)]
                }
            case .no: return LogicalPlan([source] + kept + operators)
            }
            operators.remove(at: index)
        }
        return LogicalPlan([source] + kept + operators)
    }

    private enum Absorption {
        /// The source gives at most so many rows.
        case whole(LogicalOperator)
        /// The source stops early, but may give more.
        case hint(LogicalOperator)
        case no
    }

    private func absorb(_ count: Int, into source: LogicalOperator) -> Absorption {
        switch source {
        case .readImages(var read):
            guard let listing = limited(read.listing, count) else { return .no }
            read.listing = listing
            return .whole(.readImages(read))
        case .readBinaryFiles(var read):
            guard let listing = limited(read.listing, count) else { return .no }
            read.listing = listing
            return .whole(.readBinaryFiles(read))
        case .readTable(var read):
            read.listing.limit = min(read.listing.limit ?? count, count)
            return .hint(.readTable(read))
        case .readText(var read):
            read.listing.limit = min(read.listing.limit ?? count, count)
            return .hint(.readText(read))
        case .range(var range):
            if range.shuffleSeed != nil { return .no }
            range.count = min(range.count, count)
            return .whole(.range(range))
        case .items(var items):
            if items.shuffleSeed != nil { return .no }
            items.limit = min(items.limit ?? count, count)
            return .whole(.items(items))
        default: return .no
        }
    }

    /// One file, one row: the list of files is cut.
    private func limited(_ listing: Listing, _ count: Int) -> Listing? {
        var limited = listing
        if listing.shuffleSeed != nil {
            // A limit before the shuffling and another one after it are two; the second stays where it is.
            if listing.limit != nil, listing.limitFirst { return nil }
            limited.limitFirst = false
        }
        limited.limit = min(listing.limit ?? count, count)
        return limited
    }

    /// What the change saves.
    public func effect(on plan: LogicalPlan) -> String {
        guard let source = plan.operators.first, let limit = source.sourceLimit else { return "" }
        switch source {
        case .readTable, .readText: return "reading stops once it has \(limit) rows"
        default: return "the source gives at most \(limit) rows"
        }
    }
}

extension LogicalOperator {
    fileprivate var isLimit: Bool { if case .limit = self { true } else { false } }

    /// The most rows, or files, that the source takes.
    var sourceLimit: Int? {
        switch self {
        case .readImages(let read): read.listing.limit
        case .readBinaryFiles(let read): read.listing.limit
        case .readTable(let read): read.listing.limit
        case .readText(let read): read.listing.limit
        case .range(let range): range.count
        case .items(let items): items.limit
        default: nil
        }
    }
}
