import Foundation
import PenstockCore
import Testing

@testable import PenstockPlan

@Suite struct ExplainTests {
    @Test func aLogicalPlanReadsAsAChain() {
        let plan = dataset.limit(10).plan.appending(transform).appending(.write(WriteTable(directory: "out")))
        #expect(
            plan.description == """
                ReadImages[photos]
                  └ Predict[resnet50.onnx, precision auto, preprocessing torchvision]
                    └ Limit[10]
                      └ MapBatches[mine, batch whole block]
                        └ Write[parquet, out]
                """
        )
    }

    @Test func aPhysicalPlanShowsWorkersBatchesAndQueues() throws {
        #expect(
            try planned(cores: 2).description == """
                list: source, 1 worker, batch whole block, no CPU slot, at most 16 MiB waiting
                  └ read: task pool, 2 workers, batch whole block, no CPU slot, at most 64 MiB waiting
                    └ decode: actor pool, 2 workers, batch whole block, 1 CPU a task, at most 64 MiB waiting
                      └ model: actor pool, 2 workers, batch 8 (up to 64 rows a task), 1 CPU a task, at most 16 MiB waiting
                        └ write: sink, 1 worker, no CPU slot
                """
        )
    }

    @Test func settingsAreATableOfValueOriginAndReason() throws {
        let plan = try planned(cores: 2) { $0.batchSize = .set(16, .flag) }
        let table = plan.settingsTable.split(separator: "\n").prefix(4)
        #expect(
            table.joined(separator: "\n") == """
                cores               2            default  every core that this process may use
                memory              4 GiB        default  half of the 8 GiB that this machine or container has
                batch-size          16           flag
                threads-per-worker  1            default  parallel streams beat parallel layers
                """
        )
    }

    @Test func aLogicalPlanSurvivesJSON() throws {
        let plan = dataset.limit(10).plan.appending(transform).appending(.write(WriteTable(directory: "out")))
        let data = try JSONEncoder().encode(plan)
        #expect(try JSONDecoder().decode(LogicalPlan.self, from: data) == plan)
    }

    @Test func aPhysicalPlanSurvivesJSON() throws {
        let plan = try planned(cores: 2)
        let data = try JSONEncoder().encode(plan)
        #expect(try JSONDecoder().decode(PhysicalPlan.self, from: data) == plan)
    }
}
