/// What was asked for: a chain of operators, source first.
///
/// A value; rules return new ones.
public struct LogicalPlan: Sendable, Hashable, Codable {
    /// The chain, source first.
    public var operators: [LogicalOperator]

    /// A chain of operators.
    public init(_ operators: [LogicalOperator]) { self.operators = operators }

    /// The chain with one more operator at its end.
    public func appending(_ next: LogicalOperator) -> LogicalPlan { LogicalPlan(operators + [next]) }
}

extension LogicalPlan: CustomStringConvertible {
    /// One line per operator, as `explain` prints it.
    public var description: String {
        operators.enumerated().map {
            String(repeating: "  ", count: $0.offset) + ($0.offset == 0 ? "" : "└ ") + $0.element.summary
        }
        .joined(separator: "\n")
    }
}

extension LogicalOperator {
    /// One line for people.
    public var summary: String {
        switch self {
        case .readImages(let read):
            let limit = read.limit.map { ", at most \($0)" } ?? ""
            return "ReadImages[\(read.paths.joined(separator: ", "))\(limit)]"
        case .limit(let count): return "Limit[\(count)]"
        case .transform(let transform): return "MapBatches[\(transform.name), batch \(transform.batch)]"
        case .predict(let classifier):
            return
                "Predict[\(classifier.model), precision \(classifier.precision.rawValue), preprocessing \(classifier.preprocessingName)]"
        case .write(let write): return "Write[\(write.format.rawValue), \(write.directory)]"
        case .collect: return "Collect"
        }
    }
}
