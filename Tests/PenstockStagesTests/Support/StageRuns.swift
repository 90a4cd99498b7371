import PenstockCore
import Synchronization
import Testing

/// A clock that stands still until a test moves it.
final class StandingClock: RunClock {
    private let time = Atomic<Int64>(0)

    func now() -> RunInstant { RunInstant(nanoseconds: time.load(ordering: .acquiring)) }

    func advance(seconds: Double) { time.wrappingAdd(Int64(seconds * 1e9), ordering: .acquiringAndReleasing) }
}

extension StageContext {
    /// As the engine would give it to worker 0.
    static func test(_ clock: any RunClock = StandingClock()) -> StageContext {
        StageContext(worker: 0, clock: clock) { false }
    }
}

extension BatchTransform {
    /// Loads, starts one worker, and applies the transform to one block.
    func applied(to block: Block) throws(StageError) -> TransformOutput {
        var state = try makeState(try load(.test()), .test())
        return try apply(Batch(block), &state)
    }
}

extension BatchTransform {
    /// Applies the transform to one block and goes on until it has no more: every output, in order.
    func pieces(of block: Block) throws(StageError) -> [TransformOutput] {
        var state = try makeState(try load(.test()), .test())
        var outputs = [try apply(Batch(block), &state)]
        while outputs[outputs.count - 1].hasMore { outputs.append(try proceed(&state)) }
        return outputs
    }
}

extension [TransformOutput] {
    /// All rows, joined; nil when there are none.
    func joined() throws(StageError) -> Block? {
        let blocks = flatMap(\.blocks)
        return blocks.isEmpty ? nil : try Block.concatenate(blocks)
    }

    var failures: [RowFailure] { flatMap(\.failures) }
}

extension BlockSource {
    /// All blocks, from start to end.
    func allBlocks() throws(StageError) -> [Block] {
        var cursor = try start(.test())
        var blocks: [Block] = []
        while let block = try next(&cursor) { blocks.append(block) }
        return blocks
    }
}

extension VariableBytes {
    /// All values as texts.
    var texts: [String] { (0..<count).map { string($0) } }
}

/// The error that `body` throws, which must be a `StageError`.
func stageError(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) throws -> StageError {
    let error = #expect(throws: StageError.self, sourceLocation: sourceLocation) { try body() }
    return try #require(error, sourceLocation: sourceLocation)
}
