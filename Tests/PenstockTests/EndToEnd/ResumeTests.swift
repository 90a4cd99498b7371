import Foundation
import Penstock
import Testing

@Suite("Interrupting and resuming", .serialized)
struct ResumeTests {
    /// A job with two pictures that cannot be decoded, and parts that are closed at once.
    private func job() throws -> SmallJob {
        var job = try SmallJob(images: 40)
        for index in [3, 33] {
            try job.folder.file("images/00\(index < 10 ? "0" : "")\(index).bad.jpg", text: "no image")
        }
        job.options.maxBadRows = .count(2)
        job.options.blockBytes = .value(Bytes(1))
        return job
    }

    private func files(_ directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).sorted()
    }

    @Test("A run that was cancelled commits what passed, and its continuation gives the rows of an undisturbed run")
    func cancelledRunsContinue() async throws {
        let job = try job()
        try await job.write("reference")
        let gate = Gate(limit: 12)
        let cancelled = Task {
            try await job.dataset.passing(gate).writeParquet(to: job.folder("out"), options: job.options)
        }
        for await _ in gate.reached { break }
        cancelled.cancel()
        gate.open()
        let error = try await runError { _ = try await cancelled.value }
        #expect(error.reason == .interrupted)
        #expect(error.report.outcome == .interrupted)
        let written = try writtenRows(job.folder("out"))
        #expect(written.count == error.report.rowsWritten)
        #expect((12..<40).contains(written.count))
        #expect(error.report.rowsUnfinished > 0)
        #expect(error.report.bytesHeldAtEnd == 0)
        expectSums(error.report)
        #expect(try !files(job.folder("out")).contains { $0.hasPrefix("_penstock/tmp") })
        #expect(try RunReport(contentsOf: job.folder("out")).outcome == .interrupted)

        let quarantined = try quarantinedRows(job.folder("out")).count
        let report = try await job.write("out", existing: .resume)
        #expect(report.rowsSkipped == written.count + quarantined)
        #expect(report.rowsUnfinished == 0)
        expectSums(report)
        try expectSameResult(job)
    }

    @Test("A run over the first rows is continued over all of them", arguments: [1, 17, 42])
    func limitedRunsContinue(limit: Int) async throws {
        let job = try job()
        try await job.write("reference")
        try await job.dataset.limit(limit).writeParquet(to: job.folder("out"), options: job.options)
        let report = try await job.write("out", existing: .resume)
        #expect(report.rowsSkipped == limit)
        #expect(report.rowsWritten + report.rowsQuarantined == 42 - limit)
        try expectSameResult(job)
    }

    @Test("Continuing a finished run adds nothing")
    func finishedRunsStayAsTheyAre() async throws {
        let job = try job()
        try await job.write()
        let before = try files(job.folder("out"))
        let report = try await job.write("out", existing: .resume)
        #expect((report.rowsRead, report.rowsSkipped, report.rowsWritten) == (42, 42, 0))
        #expect(try files(job.folder("out")) == before)
    }

    @Test("Continuing where nothing was written is a first run")
    func resumingNothing() async throws {
        let job = try job()
        let report = try await job.write("out", existing: .resume)
        #expect((report.rowsWritten, report.rowsQuarantined, report.rowsSkipped) == (40, 2, 0))
    }

    @Test("A run that failed before its first row leaves a folder that can be used at once")
    func failedRunsLeaveNoObstacle() async throws {
        var job = try SmallJob(images: 40)
        let model = job.classifier.model
        job.classifier.model = job.folder("absent.onnx")
        let error = try await runError { try await job.write() }
        if case .failed(let cause) = error.reason { #expect(cause.code == .invalidModel) }
        #expect(error.report.outcome == .failed)
        #expect(try files(job.folder("out")) == ["_penstock", "_penstock/report.json"])
        job.classifier.model = model
        #expect(try await job.write().rowsWritten == 40)
    }

    @Test("Cancelling before the start runs nothing to its end and leaves no temporary file")
    func cancelledAtOnce() async throws {
        let job = try job()
        let (never, _) = AsyncStream<Void>.makeStream()
        let task = Task {
            for await _ in never {}  // ends with the task's cancellation
            return try await job.write()
        }
        task.cancel()
        let error = try await runError { _ = try await task.value }
        #expect(error.reason == .interrupted)
        #expect(try !files(job.folder("out")).contains { $0.hasPrefix("_penstock/tmp") })
    }

    private func expectSameResult(_ job: SmallJob) throws {
        let rows = try writtenRows(job.folder("out"))
        #expect(rows.count == 40)
        #expect(
            try Set(rows.map { "\($0.path) \($0.predictedClass)" })
                == Set(writtenRows(job.folder("reference")).map { "\($0.path) \($0.predictedClass)" })
        )
        let bad = try quarantinedRows(job.folder("out")).map(\.path).sorted()
        #expect(try bad == quarantinedRows(job.folder("reference")).map(\.path).sorted())
        #expect(bad.count == 2)
    }

    private func expectSums(_ report: RunReport) {
        #expect(
            report.rowsRead
                == report.rowsWritten + report.rowsQuarantined + report.rowsSkipped + report.rowsUnfinished
        )
    }
}
