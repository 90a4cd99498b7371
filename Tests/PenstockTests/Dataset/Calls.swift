import Penstock
import Synchronization

/// Counts calls of a test's code, from any thread.
final class Calls: Sendable {
    private let total = Atomic<Int>(0)

    var count: Int { total.load(ordering: .sequentiallyConsistent) }

    func add(_ count: Int = 1) { total.wrappingAdd(count, ordering: .sequentiallyConsistent) }
}

/// A transform whose workers' lives a test can see: says when it loads, and yields when the last state is gone.
struct Watched: BatchTransform {
    let name = "watched"
    let loads = Calls()
    let states = Calls()
    let ended: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation
    private let body: @Sendable (Batch, StageContext) throws(StageError) -> Block

    init(_ body: @escaping @Sendable (Batch, StageContext) throws(StageError) -> Block = { batch, _ in batch.block }) {
        (ended, end) = AsyncStream<Void>.makeStream()
        self.body = body
    }

    final class State {
        let context: StageContext
        private let end: AsyncStream<Void>.Continuation

        init(_ context: StageContext, _ end: AsyncStream<Void>.Continuation) {
            self.context = context
            self.end = end
        }

        deinit { end.yield() }
    }

    func load(_ context: StageContext) throws(StageError) { loads.add() }

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> State {
        states.add()
        return State(context, end)
    }

    func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        TransformOutput([try body(batch, state.context)])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}

extension RunOptions {
    /// Options for a machine of so many cores, whatever this one has.
    static func cores(_ count: Int, memory: Bytes? = nil) -> RunOptions {
        var options = RunOptions()
        options.cores = .value(count)
        if let memory { options.memory = .value(memory) }
        return options
    }
}

extension Rows {
    /// As people read them.
    var texts: [String] { map(\.description) }
}
