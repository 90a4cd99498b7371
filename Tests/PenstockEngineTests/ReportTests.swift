import Foundation
import PenstockCore
import PenstockEngine
import PenstockTestKit
import Testing

/// Reports as JSON, those of earlier versions too.
@Suite struct ReportTests {
    @Test func aReportOfAnEarlierVersionIsRead() throws {
        let old = """
            {"outcome": "interrupted", "rows_read": 7, "rows_unfinished": 2,
             "stages": [{"name": "decode", "workers": 3, "lifetime_seconds": 2, "busy_seconds": 1, "held_by": {"cpu": 1}}]}
            """
        let report = try decoded(Data(old.utf8))
        #expect(report.outcome == .interrupted)
        #expect(report.rowsRead == 7)
        #expect(report.rowsUnfinished == 2)
        #expect(report.rowsNotNeeded == 0)
        #expect(report.scaling.isEmpty)
        #expect(report.stages.first?.heldBy == ["cpu": 1])
        #expect(report.stages.first?.workerSeconds == 6)
        #expect(report.stages.first?.rowsPerBlock == SpreadReport())
    }

    @Test func aReportIsWrittenAndReadAgain() async throws {
        var pipeline = FakePipeline()
        pipeline.minWorkers = 0
        let outcome = await pipeline.run()
        var report = RunReport()
        report.stages = outcome.stages
        report.scaling = outcome.scaling
        report.rowsNotNeeded = 5
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let data = try encoder.encode(report)
        let again = try decoded(data)
        #expect(again.stages == outcome.stages)
        #expect(again.scaling == outcome.scaling)
        #expect(again.scaling.first?.reason.hasSuffix("there is no worker") == true)
        #expect(again.rowsNotNeeded == 5)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("\"rows_not_needed\":5"))
        #expect(text.contains("\"wall_seconds_per_task\":{"))
    }

    @Test func theLookAtWhichEveryWorkerWasReadyIsKept() async throws {
        let outcome = await FakePipeline().run()
        let ready = try #require(outcome.ready)
        #expect(!ready.isLoading && !ready.isFinished)
        #expect(ready.stages.map(\.report.name) == ["numbers", "rows", "record"])
        #expect(zip(ready.stages, outcome.stages).allSatisfy { $0.report.tasks <= $1.tasks })
        #expect(outcome.last.isFinished && outcome.last.rowsWritten == 100)
    }

    private func decoded(_ data: Data) throws -> RunReport {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(RunReport.self, from: data)
    }
}
