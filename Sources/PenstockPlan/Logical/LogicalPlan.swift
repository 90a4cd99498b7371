import PenstockCore

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
            return "ReadImages[\(list(read.paths.map(\.withoutKeys)))\(Self.listed(read.listing))]"
        case .readTable(let read):
            let columns = read.columns.map { ", columns \(list($0))" } ?? ""
            return
                "Read\(read.format.title)[\(list(read.paths.map(\.withoutKeys)))\(columns)\(Self.listed(read.listing))]"
        case .readText(let read): return "ReadText[\(list(read.paths.map(\.withoutKeys)))\(Self.listed(read.listing))]"
        case .readBinaryFiles(let read):
            return "ReadBinaryFiles[\(list(read.paths.map(\.withoutKeys)))\(Self.listed(read.listing))]"
        case .range(let range): return "Range[\(range.count)\(shuffled(range.shuffleSeed))]"
        case .items(let items):
            let limit = items.limit.map { ", at most \($0)" } ?? ""
            return "Items[\(items.rowCount) rows\(limit)\(shuffled(items.shuffleSeed))]"
        case .readCustom(let source): return "Read[\(source.name)]"
        case .union(let plans):
            return
                "Union[\(plans.map { $0.operators.map(\.summary).joined(separator: " → ") }.joined(separator: "; "))]"
        case .limit(let count): return "Limit[\(count)]"
        case .randomizeOrder(let seed): return "RandomizeOrder[seed \(seed)]"
        case .repartition(.blocks(let count)): return "Repartition[\(count) blocks]"
        case .repartition(.rowsPerBlock(let count)): return "Repartition[\(count) rows a block]"
        case .repartition(.evenly(let rows, let blocks)): return "Repartition[\(rows) rows in \(blocks) blocks]"
        case .columns(let change): return change.summary
        case .transform(let transform): return transform.summary
        case .predict(let classifier, _):
            return
                "Predict[\(classifier.model), precision \(classifier.precision.rawValue), preprocessing \(classifier.preprocessingName)]"
        case .infer(let job, _): return "Predict[\(job.model), precision \(job.precision.rawValue)]"
        case .write(let write): return "Write[\(write.format.rawValue), \(write.directory.withoutKeys)]"
        case .writeCustom(let sink): return "Write[\(sink.name)]"
        case .collect: return "Collect"
        case .deliver(let batch): return "Deliver[batch \(batch)]"
        }
    }

    private func list(_ names: [String]) -> String { names.joined(separator: ", ") }

    private func shuffled(_ seed: UInt64?) -> String { seed.map { ", random order of seed \($0)" } ?? "" }

    private static func listed(_ listing: Listing) -> String {
        let limit = listing.limit.map { ", at most \($0)" } ?? ""
        let order = listing.shuffleSeed.map { ", random order of seed \($0)" } ?? ""
        return limit + order
    }
}

extension OutputFormat {
    /// As calls are named.
    fileprivate var title: String {
        switch self {
        case .parquet: "Parquet"
        case .csv: "CSV"
        case .jsonl: "JSON"
        }
    }
}

extension ColumnChange {
    fileprivate var summary: String {
        switch self {
        case .select(let names): "SelectColumns[\(names.joined(separator: ", "))]"
        case .drop(let names): "DropColumns[\(names.joined(separator: ", "))]"
        case .rename(let map):
            "RenameColumns[\(map.sorted { $0.key < $1.key }.map { "\($0.key) → \($0.value)" }.joined(separator: ", "))]"
        }
    }
}

extension CustomTransform {
    fileprivate var summary: String {
        let title =
            switch kind {
            case .map: "Map"
            case .flatMap: "FlatMap"
            case .filter: "Filter"
            case .addColumn: "AddColumn"
            case .mapBatches, .stage: "MapBatches"
            }
        let batch = batch.map { ", batch \($0)" } ?? ""
        let compute = compute.map { ", \($0)" } ?? ""
        return "\(title)[\(name)\(batch)\(compute)]"
    }
}
