package import PenstockCore
import Synchronization

/// Several sources one after the other; each block says by a column which source it comes from.
package struct UnionSource: BlockSource {
    package let name = "list"
    /// Column that carries the number of the source to `UnionTransform`.
    static let sourceColumn = "__penstock_source"
    private let sources: [AnySource]

    package init(_ sources: [AnySource]) { self.sources = sources }

    package struct Cursor {
        let context: StageContext
        var index = 0
        var current: AnySource.Cursor?
    }

    package func start(_ context: StageContext) throws(StageError) -> Cursor { Cursor(context: context) }

    package func next(_ cursor: inout Cursor) throws(StageError) -> Block? {
        while cursor.index < sources.count {
            if cursor.current == nil { cursor.current = try sources[cursor.index].start(cursor.context) }
            if let block = try cursor.current?.next() {
                let number = Column(int32: Array(repeating: Int32(cursor.index), count: block.rowCount))
                return try block.adding(Self.sourceColumn, number)
            }
            cursor.current = nil
            cursor.index += 1
        }
        return nil
    }
}

/// Makes rows of what `UnionSource` lists, by the transforms of the source that listed it.
package struct UnionTransform: BatchTransform {
    package let name = "read"
    private let chains: [[AnyTransform]]

    /// One chain for each source; an empty chain passes blocks on.
    package init(_ chains: [[AnyTransform]]) { self.chains = chains }

    /// What workers share: the transforms' own shared state, and the columns that the first source gave.
    package final class Shared: Sendable {
        fileprivate let chains: [[AnyTransform.Shared]]
        private let schema = Mutex<Schema?>(nil)

        fileprivate init(_ chains: [[AnyTransform.Shared]]) { self.chains = chains }

        /// Sources that are joined have the same columns.
        fileprivate func check(_ block: Block) throws(StageError) {
            let first = schema.withLock { schema in
                if schema == nil { schema = block.schema }
                return schema ?? block.schema
            }
            let isEqual = zip(first.fields, block.schema.fields).allSatisfy { $0.name == $1.name && $0.type == $1.type }
            if !isEqual || first.fields.count != block.schema.fields.count {
                throw StageError(
                    .invalidInput,
                    "the sources of a union have different columns: [\(first)] and [\(block.schema)]. Make them equal with selectColumns and renameColumns before the union."
                )
            }
        }
    }

    package struct State {
        fileprivate let shared: Shared
        fileprivate let states: [[AnyTransform.State]]
        /// What is still to be done for the batch, next one last.
        fileprivate var work: [Work] = []
        fileprivate var chain = 0
    }

    fileprivate enum Work {
        case apply(level: Int, Block)
        case proceed(level: Int)
    }

    package func load(_ context: StageContext) throws(StageError) -> Shared {
        var loaded: [[AnyTransform.Shared]] = []
        for chain in chains {
            var shared: [AnyTransform.Shared] = []
            for transform in chain { shared.append(try transform.load(context)) }
            loaded.append(shared)
        }
        return Shared(loaded)
    }

    package func makeState(_ shared: Shared, _ context: StageContext) throws(StageError) -> State {
        var states: [[AnyTransform.State]] = []
        for (chain, loaded) in zip(chains, shared.chains) {
            var made: [AnyTransform.State] = []
            for (transform, shared) in zip(chain, loaded) { made.append(try transform.makeState(shared, context)) }
            states.append(made)
        }
        return State(shared: shared, states: states)
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let number = try batch.block.int32s(UnionSource.sourceColumn)[0]
        state.chain = Int(number)
        state.work = [.apply(level: 0, try batch.block.dropping([UnionSource.sourceColumn]))]
        return try proceed(&state)
    }

    /// Works until there are rows, or nothing is left.
    package func proceed(_ state: inout State) throws(StageError) -> TransformOutput {
        var output = TransformOutput([])
        let transforms = state.states[state.chain]
        while output.blocks.isEmpty, let next = state.work.popLast() {
            switch next {
            case .apply(let level, let block) where level == transforms.count:
                try state.shared.check(block)
                output.blocks.append(block)
            case .apply(let level, let block):
                try take(transforms[level].apply(Batch(block)), level, &state, &output)
            case .proceed(let level): try take(transforms[level].proceed(), level, &state, &output)
            }
        }
        output.hasMore = !state.work.isEmpty
        return output
    }

    /// What a transform gave goes to the next one of its chain, before it gives more.
    private func take(
        _ result: TransformOutput,
        _ level: Int,
        _ state: inout State,
        _ output: inout TransformOutput
    ) throws(StageError) {
        output.failures += result.failures
        output.skippedRowCount += result.skippedRowCount
        output.retryCount += result.retryCount
        if result.hasMore { state.work.append(.proceed(level: level)) }
        for block in result.blocks.reversed() where block.rowCount > 0 {
            state.work.append(.apply(level: level + 1, block))
        }
    }

    package func outputBytes(for block: Block) -> Bytes {
        guard case .int32(let numbers)? = block[UnionSource.sourceColumn]?.values, numbers.count > 0 else {
            return block.byteCount
        }
        return chains[Int(numbers[0])].map { $0.outputBytes(for: block) }.max() ?? block.byteCount
    }
}
