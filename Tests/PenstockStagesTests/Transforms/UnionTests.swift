import PenstockCore
import Testing

@testable import PenstockStages

/// Several sources one after the other.
@Suite struct UnionTests {
    /// Gives each batch in pieces of two rows.
    private struct Pieces: BatchTransform {
        let name = "pieces"

        func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> Block? { nil }

        func apply(_ batch: Batch, _ rest: inout Block?) throws(StageError) -> TransformOutput {
            rest = batch.block
            return try proceed(&rest)
        }

        func proceed(_ rest: inout Block?) throws(StageError) -> TransformOutput {
            guard let block = rest else { return TransformOutput([]) }
            let rows = min(2, block.rowCount)
            var output = TransformOutput([block.slice(0..<rows)], skippedRowCount: 1)
            rest = rows < block.rowCount ? block.slice(rows..<block.rowCount) : nil
            output.hasMore = rest != nil
            output.retryCount = 1
            return output
        }

        func outputBytes(for block: Block) -> Bytes { Bytes(block.rowCount) }
    }

    /// Fails on a row.
    private struct Failing: BatchTransform {
        let name = "failing"

        func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

        func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
            let error = StageError(.damagedData, "odd")
            return TransformOutput([batch.block], failures: [RowFailure(path: "x", stage: name, error: error)])
        }

        func outputBytes(for block: Block) -> Bytes { .zero }
    }

    private struct Numbers: BlockSource {
        let name = "numbers"
        let blocks: [Block]

        func start(_ context: StageContext) throws(StageError) -> ArraySlice<Block> { blocks[...] }
        func next(_ cursor: inout ArraySlice<Block>) throws(StageError) -> Block? { cursor.popFirst() }
    }

    /// All that a union gives, batch by batch.
    private func outputs(_ sources: [[Block]], _ chains: [[AnyTransform]]) throws -> [TransformOutput] {
        let listed = try UnionSource(sources.map { AnySource(Numbers(blocks: $0)) }).allBlocks()
        let union = UnionTransform(chains)
        var state = try union.makeState(try union.load(.test()), .test())
        var outputs: [TransformOutput] = []
        for block in listed {
            outputs.append(try union.apply(Batch(block), &state))
            while outputs.last?.hasMore == true { outputs.append(try union.proceed(&state)) }
        }
        return outputs
    }

    @Test func sourcesComeOneAfterTheOtherEachThroughItsOwnChain() throws {
        let outputs = try outputs(
            [[numbers(0..<5)], [], [numbers(10..<11), numbers(20..<23)]],
            [[AnyTransform(Pieces())], [], [AnyTransform(Failing()), AnyTransform(Pieces())]]
        )
        let blocks = outputs.flatMap(\.blocks)
        #expect(
            try blocks.map { try $0.int64s("id").array } == [[0, 1], [2, 3], [4], [10], [20, 21], [22]]
        )
        #expect(blocks.allSatisfy { $0.schema.fields.map(\.name) == ["id"] }, "the number of the source is taken out")
        #expect(outputs.flatMap(\.failures).count == 2)
        #expect(outputs.reduce(0) { $0 + $1.skippedRowCount } == 6)
        #expect(outputs.reduce(0) { $0 + $1.retryCount } == 6)
    }

    @Test func sourcesWithDifferentColumnsAreRefused() throws {
        let other = Block(["id": Column(strings: ["a"])])
        let error = try stageError { _ = try outputs([[numbers(0..<1)], [other]], [[], []]) }
        #expect(error.code == .invalidInput)
        #expect(
            error.message
                == "the sources of a union have different columns: [id: int64] and [id: string]. Make them equal with selectColumns and renameColumns before the union."
        )
    }

    @Test func outputBytesAreThoseOfTheChain() throws {
        let union = UnionTransform([[], [AnyTransform(Pieces())]])
        let listed = try UnionSource([
            AnySource(Numbers(blocks: [numbers(0..<4)])), AnySource(Numbers(blocks: [numbers(0..<4)])),
        ]).allBlocks()
        #expect(union.outputBytes(for: listed[0]) == listed[0].byteCount)
        #expect(union.outputBytes(for: listed[1]) == Bytes(4))
    }

    @Test func aLaterSourceStartsOnlyWhenItsTurnComes() throws {
        struct Counting: BlockSource {
            let name = "counting"
            func start(_ context: StageContext) throws(StageError) -> Int {
                throw StageError(.notFound, "started")
            }
            func next(_ cursor: inout Int) throws(StageError) -> Block? { nil }
        }
        let union = UnionSource([AnySource(Numbers(blocks: [numbers(0..<1)])), AnySource(Counting())])
        var cursor = try union.start(.test())
        #expect(try union.next(&cursor)?.rowCount == 1)
        let error = try stageError { _ = try union.next(&cursor) }
        #expect(error.message == "started")
    }
}
