import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

/// Steps that share a task, with each policy for rows for which code throws.
@Suite struct ChainTransformTests {
    private struct Odd: Error, CustomStringConvertible { let description = "odd" }

    private func link(
        _ kind: CustomTransform.Kind,
        _ code: UserCode,
        _ onError: ErrorPolicy = .fail,
        schema: [Field]? = nil,
        name: String = "mine"
    ) -> ChainLink {
        var transform = CustomTransform(name: name, position: 0, kind: kind)
        transform.onError = onError
        transform.schema = schema
        transform.column = kind == .addColumn ? name : nil
        return .code(transform, code)
    }

    private func map(_ onError: ErrorPolicy, schema: [Field]? = nil) -> ChainLink {
        link(
            .map,
            .map { row, out in
                if try row.int("id") % 2 == 1 { throw Odd() }
                out.set("id", try row.int("id") * 10)
            },
            onError,
            schema: schema
        )
    }

    private func applied(_ links: ChainLink..., to block: Block = numbers(0..<5)) throws -> TransformOutput {
        try ChainTransform(name: "mine", links: links).applied(to: block)
    }

    private func ids(_ output: TransformOutput) -> [Value] {
        Rows(output.blocks).map { $0.values[0].value }
    }

    @Test func failEndsTheRunWithTheFirstRow() throws {
        let error = try stageError { _ = try applied(map(.fail)) }
        #expect(error.code == .userCode)
        #expect(
            error.message
                == "row 1 of the batch: its code threw Odd: odd. To go on without such rows use onError: .skip(max:), to keep them without values .emitNull."
        )
    }

    @Test func skipGivesFailuresWithPathAndWhatWasThrown() throws {
        let output = try applied(map(.skip(max: nil)))
        #expect(ids(output) == [0, 20, 40])
        #expect(output.failures.map(\.path) == ["row 1 of a batch", "row 3 of a batch"])
        #expect(output.failures.map(\.stage) == ["mine", "mine"])
        #expect(output.failures.map(\.message) == ["its code threw Odd: odd.", "its code threw Odd: odd."])
        let named = try numbers(0..<2).adding("path", Column(strings: ["a.jpg", "b.jpg"]))
        #expect(try applied(map(.skip(max: nil)), to: named).failures.map(\.path) == ["b.jpg"])
    }

    @Test func emitNullKeepsTheRow() throws {
        #expect(ids(try applied(map(.emitNull))) == [0, nil, 20, nil, 40])
        let first = try applied(map(.emitNull, schema: [Field("id", .int64)]), to: numbers(1..<2))
        #expect(ids(first) == [nil])
        #expect(first.blocks[0].schema.fields == [Field("id", .int64, isNullable: true)])
    }

    @Test func skippedRowsAreCountedOverWorkersAndLoads() throws {
        let chain = ChainTransform(name: "mine", links: [map(.skip(max: 3))])
        var first = try chain.makeState(try chain.load(.test()), .test())
        #expect(try chain.apply(Batch(numbers(0..<4)), &first).failures.count == 2)
        // A pool that went down to no workers and came back loads anew; the limit is that of the run.
        var second = try chain.makeState(try chain.load(.test()), .test())
        let error = try stageError { _ = try chain.apply(Batch(numbers(0..<5)), &second) }
        #expect(error.code == .tooManyBadRows)
        #expect(
            error.message
                == "mine: its code threw for 4 rows, more than skip(max: 3) allows. The last one, row 3 of a batch: its code threw Odd: odd. Mend what it threw for, or raise max."
        )
    }

    @Test func batchesAndColumnsFollowThePolicyAsAWhole() throws {
        let batches = UserCode.mapBatches { _ in throw Odd() }
        #expect(try applied(link(.mapBatches, batches, .skip(max: nil))).failures.count == 5)
        let nulls = try applied(link(.mapBatches, batches, .emitNull, schema: [Field("a", .list(.float32))]))
        #expect(nulls.blocks[0].rowCount == 5)
        #expect(nulls.blocks[0]["a"]?.isValid(0) == false)
        let column = UserCode.addColumn { _ in throw Odd() }
        let added = try applied(link(.addColumn, column, .emitNull, schema: [Field("mine", .bool)]))
        #expect(added.blocks[0].schema.description == "id: int64, mine: bool?")
        #expect(try applied(link(.addColumn, column, .skip(max: nil))).blocks.isEmpty)
    }

    @Test func eachStepSeesWhatTheOneBeforeItMade() throws {
        let output = try applied(
            link(.filter, .filter { try $0.int("id") > 1 }),
            .columns(.rename(["id": "n"])),
            link(
                .flatMap,
                .flatMap { row, out in
                    for copy in 0..<2 { try out.append { $0.set("v", try row.int("n") * 10 + copy) } }
                }
            ),
            link(.addColumn, .addColumn { try $0.block.selecting(["v"]).columns[0] }, name: "w")
        )
        #expect(Rows(output.blocks).map(\.description).first == "{v: 20, w: 20}")
        #expect(output.blocks[0].rowCount == 6)
    }

    @Test func aStepThatLeavesNoRowsEndsTheChainForTheBatch() throws {
        let output = try applied(
            link(.filter, .filter { _ in false }),
            link(.mapBatches, .mapBatches { _ in throw Odd() })
        )
        #expect(output.blocks.isEmpty && output.failures.isEmpty)
    }

    @Test func namesOfStepsAreInMessagesOfChains() throws {
        let chain = ChainTransform(
            name: "a → b",
            links: [
                link(.filter, .filter { _ in true }, name: "a"), link(.map, .map { _, _ in throw Odd() }, name: "b"),
            ]
        )
        let error = try stageError { _ = try chain.applied(to: numbers(0..<1)) }
        #expect(error.message.hasPrefix("in \"b\": row 0 of the batch: its code threw Odd: odd."))
    }

    @Test func aStoppedRunIsNotAMistakeOfTheCode() throws {
        let chain = ChainTransform(name: "mine", links: [map(.skip(max: nil))])
        var state = StageContext(worker: 0, clock: StandingClock()) { true }
        let error = try stageError { _ = try chain.apply(Batch(numbers(0..<5)), &state) }
        #expect(error.code == .cancelled)
    }
}

/// A block of numbers in the column `id`.
func numbers(_ range: Range<Int>) -> Block { Block(["id": Column(int64: range.map(Int64.init))]) }
