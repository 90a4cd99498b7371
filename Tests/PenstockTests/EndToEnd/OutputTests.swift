import Foundation
import Penstock
import Testing

@Suite("Output", .serialized)
struct OutputTests {
    @Test("Parquet, CSV and JSON lines hold the same rows", arguments: OutputFormat.allCases)
    func formatsHoldTheSameRows(format: OutputFormat) async throws {
        var job = try SmallJob(images: 12)
        job.options.preservesOrder = true
        job.classifier.topK = 2
        job.classifier.labels = try labels(job)
        let table = WriteTable(directory: job.folder("out"), format: format)
        let report = try await job.dataset.write(table, options: job.options)
        #expect(report.rowsWritten == 12)
        #expect(try partNames(job.folder("out")) == ["part-00000.\(format.rawValue)"])
        try await job.write("reference")
        let rows = try writtenRows(job.folder("out"))
        let reference = try writtenRows(job.folder("reference"))
        #expect(rows.map(\.path) == reference.map(\.path))
        #expect(rows.map(\.predictedClass) == reference.map(\.predictedClass))
        for (row, wanted) in zip(rows, reference) { #expect(abs(row.confidence - wanted.confidence) < 1e-6) }
        #expect(try Predictions(in: job.folder("out")).format == format)
        #expect(try Predictions(in: job.folder("out")).rowCount() == (format == .parquet ? 12 : nil))
    }

    @Test("Columns and their types are those of the contract, with labels and lists only when asked for")
    func columns() async throws {
        var job = try SmallJob(images: 5)
        try await job.write("plain")
        let plain = try #require(try Predictions(in: job.folder("plain")).rows(atMost: 1).first)
        #expect("\(plain.schema)" == "path: string, predicted_class: int32, confidence: float")
        job.classifier.topK = 3
        job.classifier.labels = try labels(job)
        try await job.write("full")
        let full = try #require(try Predictions(in: job.folder("full")).rows(atMost: 5).first)
        #expect(
            "\(full.schema)" == "path: string, predicted_class: int32, confidence: float, label: string, "
                + "classes: list<int32>, confidences: list<float>"
        )
        let classes = try full.lists("classes") { try Block(["x": $0]).integers("x") }
        let confidences = try full.lists("confidences") { try Block(["x": $0]).floats("x") }
        let names = try full.strings("label")
        for row in 0..<full.rowCount {
            #expect(try classes[row].first == full.integers("predicted_class")[row])
            #expect(try confidences[row].first == full.floats("confidence")[row])
            #expect(Set(classes[row]).count == 3)
            #expect(confidences[row] == confidences[row].sorted(by: >))
            #expect(names.string(row) == "name \(classes[row][0])")
        }
    }

    @Test("Parts carry version, model hash and settings hash")
    func metadata() async throws {
        let job = try SmallJob(images: 3)
        let report = try await job.write()
        let bytes = try Data(contentsOf: URL(filePath: job.folder("out/part-00000.parquet")))
        let hash = try #require(report.model?.hash)
        for text in [
            "penstock.version", PenstockVersion.current, "penstock.model_hash", hash, "penstock.settings_hash",
        ] {
            #expect(bytes.range(of: Data(text.utf8)) != nil, "\(text)")
        }
    }

    @Test("An output with rows in it is refused before anything runs, and overwritten when asked")
    func existingOutput() async throws {
        let job = try SmallJob(images: 6)
        try await job.write()
        let error = await #expect(throws: PlanError.self) { try await job.write() }
        #expect(error?.isUsage == true)
        let report = try await job.dataset.limit(2).writeParquet(
            to: job.folder("out"),
            existing: .overwrite,
            options: job.options
        )
        #expect(report.rowsWritten == 2)
        #expect(try writtenRows(job.folder("out")).count == 2)
    }

    @Test("Explaining a job touches neither images nor model nor output")
    func explainRunsNothing() throws {
        let folder = try TemporaryFolder()
        let dataset = Dataset.readImages(from: [folder("absent")]).limit(7).predict(
            with: .classifier(folder("absent.onnx"))
        )
        .writing(WriteTable(directory: folder("out")))
        var options = RunOptions()
        options.batchSize = .value(5)
        let text = try dataset.explain(options: options, machine: MachineFacts(cores: 4, memory: .gibibytes(8)))
        #expect(text.contains("limit push-down: the source gives at most 7 rows"))
        #expect(text.contains("ReadImages[\(folder("absent"))]"))
        for stage in ["list", "read", "decode", "model", "write"] { #expect(text.contains("\(stage):"), "\(stage)") }
        #expect(text.contains("decode: actor pool, 4 workers"))
        #expect(try folder.entries().isEmpty)
    }

    private func labels(_ job: SmallJob) throws -> String {
        try job.folder.file("labels.txt", text: (0..<10).map { "name \($0)\r\n" }.joined())
    }
}
