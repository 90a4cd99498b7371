import Foundation
import Penstock
import Testing

@Suite("Rows", .serialized)
struct RowsTests {
    @Test("Workers and batch sizes do not change a row", arguments: [(1, 1), (1, 8), (2, 8), (2, 13), (3, 30)])
    func sameRowsForAnyWorkersAndBatch(workers: Int, batch: Int) async throws {
        var job = try SmallJob()
        try await job.write("reference")
        job.options.modelWorkers = .value(workers)
        job.options.threadsPerWorker = .value(1)
        job.options.batchSize = .value(batch)
        try await job.write("out")
        let reference = try writtenRows(job.folder("reference")).sorted { $0.path < $1.path }
        let rows = try writtenRows(job.folder("out")).sorted { $0.path < $1.path }
        #expect(rows.map(\.path) == job.images)
        #expect(rows.map(\.predictedClass) == reference.map(\.predictedClass))
        for (row, wanted) in zip(rows, reference) {
            #expect(abs(row.confidence - wanted.confidence) < 1e-5, "\(row.path)")
        }
        #expect(Set(rows.map(\.predictedClass)).count > 2, "the pictures must not all look the same to the model")
    }

    @Test(
        "A model whose rows depend on their batch gives each row its own answer",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func dynamicQuantisationDoesNotMixRows() async throws {
        let folder = try TemporaryFolder()
        let classifier = Classifier(model: RealData.path("models/mobilenet_v2_int8.onnx"))
        var found: [Set<Row>] = []
        for batch in [1, 8] {
            var options = RunOptions()
            options.batchSize = .value(batch)
            try await Dataset.readImages(from: [RealData.path("images")]).limit(16).predict(with: classifier)
                .writeParquet(to: folder("\(batch)"), options: options)
            found.append(Set(try writtenRows(folder("\(batch)"))))
        }
        #expect(found[0].count == 16)
        #expect(found[0] == found[1])
    }

    @Test(
        "A model of a fixed batch gives the rows of one that takes any, whether its batch can be changed or not",
        arguments: [1, 4, 7],
        [true, false]
    )
    func fixedBatches(batch: Int, isRigid: Bool) async throws {
        var job = try SmallJob(images: 30)
        try await job.write("reference")
        job.classifier.model = try Models.tiny(job.folder, batch: 4, isRigid: isRigid)
        job.options.batchSize = .value(batch)
        try await job.write("out")
        let rows = try writtenRows(job.folder("out")).sorted { $0.path < $1.path }
        let reference = try writtenRows(job.folder("reference")).sorted { $0.path < $1.path }
        #expect(rows.map(\.path) == job.images)
        #expect(rows.map(\.predictedClass) == reference.map(\.predictedClass))
    }

    @Test("Order is that of the listing when asked for", arguments: [1, 2])
    func preservedOrder(workers: Int) async throws {
        var job = try SmallJob(images: 50)
        job.options.preservesOrder = true
        job.options.modelWorkers = .value(workers)
        job.options.threadsPerWorker = .value(1)
        job.options.decodeWorkers = .value(3)
        job.options.batchSize = .value(3)
        try await job.write()
        #expect(try writtenRows(job.folder("out")).map(\.path) == job.images)
    }

    @Test("A limit takes the first images", arguments: [1, 4, 7, 29, 30, 1000])
    func limits(limit: Int) async throws {
        let job = try SmallJob()
        let report = try await job.dataset.limit(limit).writeParquet(to: job.folder("out"), options: job.options)
        #expect(report.rowsRead == min(limit, 30))
        #expect(try Set(writtenRows(job.folder("out")).map(\.path)) == Set(job.images.prefix(limit)))
    }

    @Test("A path that is listed twice is two rows; one that is gone is in quarantine")
    func listsWithDuplicates() async throws {
        let job = try SmallJob(images: 3)
        let gone = job.folder("gone.jpg")
        let lines = [job.images[0], gone, job.images[0], job.images[2]]
        try job.folder.file("list.txt", text: lines.joined(separator: "\r\n"))
        var options = job.options
        options.maxBadRows = .count(1)
        let report = try await Dataset.readImages(from: [job.folder("list.txt")]).predict(with: job.classifier)
            .writeParquet(to: job.folder("out"), options: options)
        #expect(report.rowsWritten == 3)
        #expect(
            try writtenRows(job.folder("out")).map(\.path).sorted() == [job.images[0], job.images[0], job.images[2]]
        )
        let bad = try quarantinedRows(job.folder("out"))
        #expect(bad.map(\.path) == [gone])
        #expect(bad.map(\.stage) == ["read"])
    }

    @Test("More bad rows than allowed stop the run; what was written stays and can be read")
    func tooManyBadRows() async throws {
        var job = try SmallJob(images: 20)
        for index in 0..<5 { try job.folder.file("images/bad\(index).jpg", text: "no image") }
        job.options.maxBadRows = .count(4)
        let error = try await runError { try await job.write() }
        #expect(error.reason == .tooManyBadRows)
        #expect(error.description.contains("5 of"))
        #expect(error.report.outcome == .tooManyBadRows)
        #expect(try writtenRows(job.folder("out")).count == error.report.rowsWritten)
        job.options.maxBadRows = .count(5)
        let report = try await job.write("out", existing: .overwrite)
        #expect((report.rowsWritten, report.rowsQuarantined) == (20, 5))
    }

    @Test("The first rows can be taken without writing anything")
    func take() async throws {
        let job = try SmallJob()
        let rows = try await job.dataset.take(5, options: job.options)
        #expect(try rows.map { try $0.string("path") } == Array(job.images.prefix(5)))
    }

    @Test(
        "Every odd file of realdata is exactly once a row or in quarantine, with stage and cause",
        .tags(.native),
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func oddFiles() async throws {
        let job = try SmallJob(images: 1)
        var options = job.options
        options.maxBadRows = .count(.max)
        let report = try await Dataset.readImages(from: [RealData.path("odd")]).predict(with: job.classifier)
            .writeParquet(to: job.folder("out"), options: options)
        let rows = try writtenRows(job.folder("out")).map(\.path)
        let bad = try quarantinedRows(job.folder("out"))
        let all = try FileManager.default.subpathsOfDirectory(atPath: RealData.path("odd")).map {
            RealData.path("odd/\($0)")
        }
        var isFolder: ObjCBool = false
        let files = all.filter {
            FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue
        }
        #expect((rows + bad.map(\.path)).sorted() == files.sorted())
        #expect(files.count == 368)
        #expect(report.rowsWritten == rows.count && report.rowsQuarantined == bad.count)
        for row in bad { #expect(["read", "decode"].contains(row.stage) && row.message.count > 10, "\(row)") }
        #expect(report.bytesHeldAtEnd == 0)
    }
}
