package import PenstockCore
package import PenstockPlan
import Synchronization

/// Code of the user's, by what it takes and gives.
package enum UserCode: Sendable {
    case map(@Sendable (Row, inout RowWriter) throws -> Void)
    case flatMap(@Sendable (Row, inout RowsWriter) throws -> Void)
    case filter(@Sendable (Row) throws -> Bool)
    case mapBatches(@Sendable (Batch) throws -> Block)
    case addColumn(@Sendable (Batch) throws -> Column)
    /// Numbers of the rows to keep, for code that is Penstock's own: what it throws is said as it is.
    case rows(@Sendable (Block) throws(StageError) -> [Int])
}

/// One step of a chain with the code that does it.
package enum ChainLink: Sendable {
    case columns(ColumnChange)
    case code(CustomTransform, UserCode)
}

/// Stateless steps that share a task: the output of each is the input of the next, without a queue between.
package struct ChainTransform: BatchTransform {
    package let name: String
    private let links: [ChainLink]
    /// Kept here, not in what a pool loads: a pool that goes down to no workers loads anew, and the limit is the run's.
    private let skips: SkipCounts

    /// For one run: rows that are skipped are counted from here on.
    package init(name: String, links: [ChainLink]) {
        self.name = name
        self.links = links
        skips = SkipCounts(links: links.count)
    }

    /// How many rows each step has skipped, over all workers.
    private final class SkipCounts: Sendable {
        private let counts: Mutex<[Int]>

        init(links: Int) { counts = Mutex(Array(repeating: 0, count: links)) }

        func add(_ rows: Int, to link: Int) -> Int {
            counts.withLock { counts in
                counts[link] += rows
                return counts[link]
            }
        }
    }

    /// What workers keep is only what their code may ask.
    package func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> StageContext { context }

    package func apply(_ batch: Batch, _ context: inout StageContext) throws(StageError) -> TransformOutput {
        var output = TransformOutput([])
        var block = batch.block
        for (index, link) in links.enumerated() {
            switch link {
            case .columns(let change): block = try changed(block, change)
            case .code(let transform, let code):
                let call = UserCall(transform: transform, code: code, chainName: name, context: context)
                let result = try call.run(block)
                try checkSkips(result.failures, index, transform)
                output.failures += result.failures
                guard let next = result.block, next.rowCount > 0 else { return output }
                block = next
            }
        }
        output.blocks = [block]
        return output
    }

    package func outputBytes(for block: Block) -> Bytes { block.byteCount }

    private func changed(_ block: Block, _ change: ColumnChange) throws(StageError) -> Block {
        switch change {
        case .select(let names): try block.selecting(names)
        case .drop(let names): try block.dropping(names)
        case .rename(let names): try block.renaming(names)
        }
    }

    private func checkSkips(
        _ failures: [RowFailure],
        _ link: Int,
        _ transform: CustomTransform
    ) throws(StageError) {
        guard let last = failures.last, case .skip(let most?) = transform.onError else { return }
        let total = skips.add(failures.count, to: link)
        if total > most {
            throw StageError(
                .tooManyBadRows,
                "\(transform.name): its code threw for \(rows: total), more than skip(max: \(most)) allows. The last one, \(last.path): \(last.message) Mend what it threw for, or raise max."
            )
        }
    }
}
