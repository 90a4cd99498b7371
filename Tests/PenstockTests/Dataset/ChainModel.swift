import Penstock
import PenstockStages

/// A chain built twice: as a dataset, and as what plain arrays make of the same steps.
struct ChainModel {
    private(set) var dataset: Dataset
    private(set) var names = ["id"]
    private(set) var rows: [[Int64?]]
    /// The number of rows is known before a run.
    private var isCounted = true
    /// Blocks that the last step gives, where it says.
    private(set) var blockCount: Int?
    private var made = 0

    init(_ chain: RandomChain) throws {
        dataset = try chain.source.dataset()
        var numbers = chain.source.numbers
        let beforeLimit = chain.steps.prefix { if case .limit = $0 { false } else { true } }
        let seeds = beforeLimit.compactMap { if case .randomizeOrder(let seed) = $0 { seed } else { nil } }
        // The planner moves the last shuffling before a limit into the source.
        if let seed = seeds.last, !chain.source.isUnion {
            let order = Permutation(count: numbers.count, seed: seed)
            numbers = numbers.indices.map { numbers[order[$0]] }
        }
        rows = numbers.map { [$0] }
        for (index, step) in chain.steps.enumerated() {
            blockCount = nil
            if case .randomizeOrder = step, chain.source.isUnion || index >= beforeLimit.count { continue }
            apply(step)
        }
    }

    /// As `Row` prints them.
    var texts: [String] {
        rows.map { row in
            "{" + zip(names, row).map { "\($0): \($1.map { "\($0)" } ?? "null")" }.joined(separator: ", ") + "}"
        }
    }

    private var fields: [Field] { names.map { Field($0, .int64, isNullable: true) } }

    private mutating func apply(_ step: ChainStep) {
        switch step {
        case .map, .mapSkipping, .mapEmittingNull, .flatMap, .filter: applyRows(step)
        case .mapBatches(let size, let compute):
            let first = names[0]
            dataset = dataset.mapBatches(batchSize: size, compute: compute) { batch in
                let column = try batch.block.selecting([first]).columns[0]
                let values = try batch.block.int64s(first).array.map { $0 &+ 1 }
                return try batch.block.adding(first, Column(.int64(Buffer(values)), validity: column.validity))
            }
            rows = rows.map { [$0[0].map { $0 &+ 1 }] + $0.dropFirst() }
            isCounted = false
        case .addColumn(let factor): addColumn(factor)
        case .drop, .select, .rename: applyColumns(step)
        case .limit(let count):
            dataset = dataset.limit(count)
            rows = Array(rows.prefix(count))
        case .repartition(let count):
            guard isCounted else { return }
            dataset = dataset.repartition(count)
            blockCount = min(count, rows.count)
        case .repartitionRows(let count):
            dataset = dataset.repartition(rowsPerBlock: count)
            blockCount = (rows.count + count - 1) / count
        case .randomizeOrder(let seed): dataset = dataset.randomizeOrder(seed: seed)
        }
    }

    private mutating func applyRows(_ step: ChainStep) {
        let (first, others) = (names[0], Array(names.dropFirst()))
        switch step {
        case .map(let factor):
            dataset = dataset.map(schema: fields) { row, out in
                out.set(first, try row.optional(first, as: Int64.self).map { $0 &* factor })
                try out.copy(row, others)
            }
            rows = rows.map { [$0[0].map { $0 &* factor }] + $0.dropFirst() }
        case .mapSkipping(let factor):
            dataset = dataset.map(onError: .skip(max: nil), schema: fields) { row, out in
                try out.copy(row)
                if let value = try row.optional(first, as: Int64.self), value % factor == 0 { throw Refused() }
            }
            rows = rows.filter { $0[0].map { $0 % factor != 0 } ?? true }
            isCounted = false
        case .mapEmittingNull(let factor):
            dataset = dataset.map(onError: .emitNull, schema: fields) { row, out in
                if let value = try row.optional(first, as: Int64.self), value % factor == 0 { throw Refused() }
                try out.copy(row)
            }
            rows = rows.map { row in row[0].map { $0 % factor == 0 } ?? false ? row.map { _ in nil } : row }
        case .flatMap(let copies):
            dataset = dataset.flatMap(schema: fields) { row, out in
                let value = try row.optional(first, as: Int64.self) ?? 1
                for _ in 0..<abs(value % copies) { try out.append { try $0.copy(row) } }
            }
            rows = rows.flatMap { row in Array(repeating: row, count: Int(abs((row[0] ?? 1) % copies))) }
            isCounted = false
        case .filter(let factor):
            dataset = dataset.filter { row in try row.optional(first, as: Int64.self).map { $0 % factor != 0 } ?? true }
            rows = rows.filter { $0[0].map { $0 % factor != 0 } ?? true }
            isCounted = false
        default: preconditionFailure("\(step) is no step of rows")
        }
    }

    private mutating func addColumn(_ factor: Int64) {
        let first = names[0]
        made += 1
        dataset = dataset.addColumn("c\(made)") { batch in
            let column = try batch.block.selecting([first]).columns[0]
            let values = try batch.block.int64s(first).array.map { $0 &* factor }
            return Column(.int64(Buffer(values)), validity: column.validity)
        }
        names.append("c\(made)")
        rows = rows.map { $0 + [$0[0].map { $0 &* factor }] }
    }

    private mutating func applyColumns(_ step: ChainStep) {
        switch step {
        case .drop(let number) where names.count > 1:
            let column = number % (names.count - 1) + 1
            dataset = dataset.dropColumns([names[column]])
            names.remove(at: column)
            rows = rows.map { row in row.indices.filter { $0 != column }.map { row[$0] } }
        case .select(let number) where names.count > 1:
            let column = number % (names.count - 1) + 1
            dataset = dataset.selectColumns([names[column], names[0]])
            names = [names[column], names[0]]
            rows = rows.map { [$0[column], $0[0]] }
        case .rename(let number):
            made += 1
            let column = number % names.count
            dataset = dataset.renameColumns([names[column]: "r\(made)"])
            names[column] = "r\(made)"
        default: break
        }
    }
}

/// What code of a test throws.
struct Refused: Error, CustomStringConvertible { let description = "refused" }
