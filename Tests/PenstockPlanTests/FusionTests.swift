import PenstockCore
import Testing

@testable import PenstockPlan

/// Which neighbours share a task, and what is said where they do not.
@Suite struct FusionTests {
    private func step(
        _ name: String,
        _ kind: CustomTransform.Kind = .map,
        _ change: (inout CustomTransform) -> Void = { _ in }
    ) -> LogicalOperator {
        var transform = CustomTransform(name: name, position: 0, kind: kind)
        change(&transform)
        return .transform(transform)
    }

    private func plan(_ steps: LogicalOperator...) throws -> PhysicalPlan {
        let logical = LogicalPlan([.range(RangeRows(count: 100))] + steps + [.collect])
        return try Planner(machine: machine(4), options: RunOptions()).plan(logical)
    }

    @Test func statelessNeighboursShareATask() throws {
        let plan = try plan(
            step("a"),
            .columns(.rename(["x": "y"])),
            step("b", .filter),
            step("c", .addColumn),
            step("d", .flatMap)
        )
        #expect(plan.operators.map(\.name) == ["range", "a → columns → b → c → d", "collect"])
        #expect(plan.fusionNotes == ["fused: a → columns → b → c → d: one task instead of 5"])
        #expect(plan.operators[1].batch == .bytes(low: .mebibytes(1), high: .mebibytes(128)))
        #expect(plan.operators[1].workers == 4)
    }

    @Test func actorsKeepATaskOfTheirOwn() throws {
        let plan = try plan(step("a"), step("b") { $0.compute = .actors(2) }, step("c"))
        #expect(plan.operators.map(\.name) == ["range", "a", "b", "c", "collect"])
        #expect(
            plan.fusionNotes == [
                "not fused: a and b: b has actors, which keep a state",
                "not fused: b and c: b has actors, which keep a state",
            ]
        )
    }

    @Test func differentNeedsAreNotFused() throws {
        let cpus = try plan(step("a"), step("b") { $0.resources.cpus = 2 })
        #expect(cpus.fusionNotes == ["not fused: a and b: they need different resources"])
        let workers = try plan(step("a"), step("b") { $0.compute = .tasks(concurrency: 2) })
        #expect(workers.fusionNotes == ["not fused: a and b: they have different numbers of workers"])
        #expect(workers.operators.map(\.workers) == [1, 4, 2, 1])
    }

    @Test func batchesOfASizeAreMadeAnewWhereRowsMayHaveGone() throws {
        let batch = BatchSize.exactly(8)
        let after = try plan(step("a"), step("b", .mapBatches) { $0.batch = batch })
        #expect(after.fusionNotes == ["not fused: a and b: b takes batches of 8"])
        #expect(after.operators[2].batch == batch)
        let both = try plan(
            step("a", .mapBatches) { $0.batch = batch },
            step("b", .mapBatches) { $0.batch = batch }
        )
        #expect(both.fusionNotes == ["not fused: a and b: b takes batches of 8"], "a may give any number of rows")
        let first = try plan(step("a", .mapBatches) { $0.batch = batch }, step("b"))
        #expect(first.operators.map(\.name) == ["range", "a → b", "collect"])
        #expect(first.operators[1].batch == batch)
    }

    @Test func columnsAloneNeedNoCPU() throws {
        let plan = try plan(.columns(.select(["id"])), .columns(.rename(["id": "n"])))
        #expect(plan.operators.map(\.name) == ["range", "columns → columns", "collect"])
        #expect(plan.operators[1].cpusPerTask == 0)
    }

    @Test func limitsAndRepartitionsStandBetween() throws {
        let plan = try plan(
            step("a", .filter),
            .limit(3),
            step("a", .filter),
            .repartition(.rowsPerBlock(2)),
            step("b")
        )
        #expect(plan.operators.map(\.name) == ["range", "a", "limit", "a 2", "repartition", "b", "collect"])
        #expect(plan.operators[4].batch == .exactly(2))
    }
}
