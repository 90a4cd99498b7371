import Penstock
import PenstockStages

/// One step of a random chain.
///
/// Columns are meant by number, so that a chain from which steps were taken out is still a chain.
enum ChainStep: CustomStringConvertible, Sendable {
    case map(Int64)
    /// Throws for multiples of the number.
    case mapSkipping(Int64)
    case mapEmittingNull(Int64)
    case flatMap(Int64)
    case filter(Int64)
    case mapBatches(BatchSize?, Compute)
    case addColumn(Int64)
    case drop(Int)
    case select(Int)
    case rename(Int)
    case limit(Int)
    case repartition(Int)
    case repartitionRows(Int)
    case randomizeOrder(UInt64)

    var description: String {
        switch self {
        case .map(let factor): "map(× \(factor))"
        case .mapSkipping(let factor): "map(skip multiples of \(factor))"
        case .mapEmittingNull(let factor): "map(null for multiples of \(factor))"
        case .flatMap(let copies): "flatMap(% \(copies))"
        case .filter(let factor): "filter(no multiples of \(factor))"
        case .mapBatches(let size, let compute): "mapBatches(\(size.map { "\($0)" } ?? "auto"), \(compute))"
        case .addColumn(let factor): "addColumn(× \(factor))"
        case .drop(let column): "drop(\(column))"
        case .select(let column): "select(first, \(column))"
        case .rename(let column): "rename(\(column))"
        case .limit(let count): "limit(\(count))"
        case .repartition(let count): "repartition(\(count))"
        case .repartitionRows(let count): "repartition(rowsPerBlock: \(count))"
        case .randomizeOrder(let seed): "randomizeOrder(\(seed))"
        }
    }
}

/// Where the rows of a random chain come from.
enum ChainSource: CustomStringConvertible, Sendable {
    case range(Int, blocks: Int?)
    /// Rows in memory, in blocks of these sizes.
    case blocks([Int])
    case items(Int)
    indirect case union([ChainSource])

    var description: String {
        switch self {
        case .range(let count, let blocks): "range(\(count)\(blocks.map { ", \($0) blocks" } ?? ""))"
        case .blocks(let sizes): "blocks(\(sizes))"
        case .items(let count): "items(\(count))"
        case .union(let sources): "union(\(sources.map(\.description).joined(separator: ", ")))"
        }
    }

    /// The numbers in the column `id`.
    var numbers: [Int64] {
        switch self {
        case .range(let count, _): (0..<count).map(Int64.init)
        case .blocks(let sizes): (0..<sizes.reduce(0, +)).map { Int64($0 * 7 % 101) }
        case .items(let count): (0..<count).map { Int64(1000 - $0) }
        case .union(let sources): sources.flatMap(\.numbers)
        }
    }

    var isUnion: Bool { if case .union = self { true } else { false } }

    func dataset() throws -> Dataset {
        switch self {
        case .range(let count, let blocks): return Dataset.range(count, overrideBlockCount: blocks)
        case .blocks(let sizes):
            var rest = numbers[...]
            return try Dataset.fromBlocks(
                sizes.map { size in
                    defer { rest = rest.dropFirst(size) }
                    return try Block(columns: ["id": Column(int64: Array(rest.prefix(size)))])
                }
            )
        case .items(let count):
            // Rows in memory without a row have no columns either.
            if count == 0 { return Dataset.range(0) }
            return try Dataset.fromItems(numbers.map { ["id": Value.int($0)] })
        case .union(let sources):
            let datasets = try sources.map { try $0.dataset() }
            return datasets.dropFirst().reduce(datasets[0]) { $0.union($1) }
        }
    }
}

/// A source and steps, drawn at random; the same for the same seed.
struct RandomChain: CustomStringConvertible, Sendable {
    var source: ChainSource
    var steps: [ChainStep]

    var description: String { ([source.description] + steps.map(\.description)).joined(separator: " → ") }

    init(seed: Int) {
        var random = SeededNumbers(seed: UInt64(seed))
        source = Self.source(&random, depth: 0)
        steps = (0..<Int.random(in: 0...6, using: &random)).map { _ in Self.step(&random) }
    }

    private static func source(_ random: inout SeededNumbers, depth: Int) -> ChainSource {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 3), using: &random) {
        case 0, 4:
            let blocks = Bool.random(using: &random) ? Int.random(in: 1...12, using: &random) : nil
            return .range(Int.random(in: 0...120, using: &random), blocks: blocks)
        case 1: return .items(Int.random(in: 0...40, using: &random))
        case 2:
            let count = Int.random(in: 1...6, using: &random)
            return .blocks((0..<count).map { _ in Int.random(in: 0...30, using: &random) })
        default:
            let count = Int.random(in: 2...3, using: &random)
            return .union((0..<count).map { _ in source(&random, depth: depth + 1) })
        }
    }

    private static func step(_ random: inout SeededNumbers) -> ChainStep {
        let number = Int.random(in: 1...7, using: &random)
        switch Int.random(in: 0..<14, using: &random) {
        case 0: return .map(Int64(number))
        case 1: return .mapSkipping(Int64(number + 1))
        case 2: return .mapEmittingNull(Int64(number + 1))
        case 3: return .flatMap(Int64(number % 3 + 1))
        case 4: return .filter(Int64(number))
        case 5, 6: return .mapBatches(batch(&random), compute(&random))
        case 7: return .addColumn(Int64(number))
        case 8: return .drop(number)
        case 9: return .select(number)
        case 10: return .rename(number)
        case 11: return .limit(Int.random(in: 0...60, using: &random))
        case 12: return Bool.random(using: &random) ? .repartition(number) : .repartitionRows(number * 3)
        default: return .randomizeOrder(UInt64(number))
        }
    }

    private static func batch(_ random: inout SeededNumbers) -> BatchSize? {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: .auto
        case 1: .wholeBlock
        case 2: .flexible(low: 3, high: 9)
        default: .exactly(Int.random(in: 1...20, using: &random))
        }
    }

    private static func compute(_ random: inout SeededNumbers) -> Compute {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: .tasks(concurrency: 1)
        case 1: .actors(2)
        case 2: .actors(0...2)
        case 3: .actors(1...3)
        default: .tasks()
        }
    }
}
