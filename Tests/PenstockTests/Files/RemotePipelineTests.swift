import Foundation
import Penstock
import PenstockStages
import Testing

@Suite("Whole pipelines on a store", .serialized, .enabled(if: StoreServer.isPresent, StoreServer.reason))
struct RemotePipelineTests {
    /// Relative paths of all objects below a place of the bucket `private`.
    private func objects(_ name: String) throws -> [String] {
        let store = try ArrowFileStore(Location(StoreServer.location("private")))
        let listing = try store.listing(of: "private/\(name)", recursive: true)
        var found: [String] = []
        while let entries = try listing.next() {
            found += entries.filter { $0.kind == .file }.map { String($0.path.dropFirst("private/\(name)/".count)) }
        }
        return found.sorted()
    }

    private func put(_ bytes: [UInt8], _ path: String) throws {
        try ArrowFileStore(Location(StoreServer.location("private"))).write(bytes, to: "private/\(path)")
    }

    @Test("Small objects behind a server that fails in every way: nothing lost, nothing twice, memory given back")
    func faultyObjects() async throws {
        let proxy = try StoreServer.proxy(
            "503:1:GET /many/many/",
            "reset:1:GET /many/many/",
            "cut:1:GET /many/many/",
            "short:1:GET /many/many/",
            "slow:=1:GET /many/many/.*7.bin"
        )
        let location = try StoreServer.location("many/many/folder%20[37]/00[0-4]*.bin", port: proxy.port)
        var options = RunOptions()
        options.memory = .value(.mebibytes(128))
        options.retries = 9
        let result = try await Dataset.readBinaryFiles(from: [location]).materialize(options: options)
        var seen: [String: Int] = [:]
        for row in result.rows {
            let path = try row.string("path")
            seen[path, default: 0] += 1
            let index = try #require(Int(path.split(separator: "/").last?.prefix(5) ?? ""))
            #expect(try row.bytes("bytes").array == [UInt8](repeating: UInt8(index % 251), count: index % 100))
        }
        #expect(seen.count == 100)
        #expect(seen.values.allSatisfy { $0 == 1 })
        #expect(seen.keys.contains("s3://many/many/folder%203/00003.bin"))
        #expect(result.report.stages.reduce(0) { $0 + $1.retries } > 20)
        #expect(try proxy.faultCount > 20)
        #expect(result.report.bytesHeldAtEnd == 0)
    }

    @Test("Tables are written to a store, read with a projection, counted, and refused, replaced or continued")
    func tables() async throws {
        let out = try StoreServer.location("private/tables out")
            .replacing(" ", with: "%20")
        let rows = try Dataset.fromItems((0..<300).map { ["n": .int($0), "text": .string("row \($0)")] })
        var options = RunOptions()
        options.retries = 2
        let report = try await rows.writeParquet(to: out, bytesPerFile: Bytes(1), options: options)
        #expect(report.rowsWritten == 300)
        let names = try objects("tables out")
        #expect(names.contains("_penstock/report.json") && names.contains("_penstock/run.json"))
        #expect(
            names.filter { $0.hasPrefix("part-") }.count == names.filter { $0.hasPrefix("_penstock/commits/") }.count
        )
        let read = try await Dataset.readParquet(from: [out], columns: ["n"], includePaths: true).takeAll()
        #expect(try read.map { try $0.int("n") }.sorted() == Array(0..<300))
        #expect(try read.allSatisfy { try $0.string("path").hasPrefix("s3://private/tables%20out/part-") })
        #expect(try await Dataset.readParquet(from: [out]).count() == 300)
        let refused = await #expect(throws: PlanError.self) { try await rows.writeParquet(to: out) }
        #expect(refused?.message.contains("s3://private/tables%20out") == true)
        #expect(refused?.message.contains("secret") == false)
        try await rows.limit(10).writeParquet(to: out, existing: .overwrite)
        #expect(try await Dataset.readParquet(from: [out]).count() == 10)
        #expect(try RunReport(contentsOf: out).rowsWritten == 10)
    }

    @Test("CSV and JSON lines go to a store and come back", arguments: ["csv", "jsonl"])
    func texts(format: String) async throws {
        let out = try StoreServer.location("private/texts-\(format)")
        let rows = try Dataset.fromItems((0..<50).map { ["n": .int($0)] })
        if format == "csv" { try await rows.writeCSV(to: out) } else { try await rows.writeJSON(to: out) }
        let read = format == "csv" ? Dataset.readCSV(from: [out]) : Dataset.readJSON(from: [out])
        #expect(try await read.takeAll().map { try $0.int("n") }.sorted() == Array(0..<50))
        #expect(try Predictions(in: out).rows(atMost: 7).reduce(0) { $0 + $1.rowCount } == 7)
    }

    @Test("Pictures of a store are classified into it; the rows and paths are those of a local run")
    func classify() async throws {
        var job = try SmallJob(images: 20)
        job.classifier = Classifier(model: StoreServer.package.appending(path: "Models/shapes10.onnx").path)
        job.classifier.precision = .f32
        try await job.write("reference")
        for image in job.images {
            try put(Array(Data(contentsOf: URL(filePath: image))), "pictures/\(URL(filePath: image).lastPathComponent)")
        }
        try put(Array("no image".utf8), "pictures/broken.jpg")
        job.options.maxBadRows = .count(1)
        let out = try StoreServer.location("private/classified")
        let report = try await Dataset.readImages(from: [StoreServer.location("private/pictures")])
            .predict(with: job.classifier).writeParquet(to: out, options: job.options)
        #expect(report.rowsWritten == 20)
        #expect(report.rowsQuarantined == 1)
        func results(_ directory: String) throws -> Set<String> {
            Set(
                try Predictions(in: directory).rows(atMost: .max).flatMap { block in
                    let (paths, classes) = (try block.strings("path"), try block.integers("predicted_class"))
                    return (0..<block.rowCount).map { row in
                        "\(paths.string(row).split(separator: "/").last ?? ""): \(classes[row])"
                    }
                }
            )
        }
        #expect(try results(out) == results(job.folder("reference")))
        let bad = try Predictions.quarantined(in: out, atMost: 9)
        #expect(try bad.first?.strings("path").string(0) == "s3://private/pictures/broken.jpg")
        #expect(try objects("classified").filter { !$0.hasPrefix("_penstock/") } == ["part-00000.parquet"])
    }

    @Test(
        "A run that is cancelled leaves complete parts, no upload under way and no temporary object, and is continued"
    )
    func cancelledRuns() async throws {
        var job = try SmallJob(images: 40)
        job.options.blockBytes = .value(Bytes(1))
        try await job.write("reference")
        let out = try StoreServer.location("private/cancelled")
        let (gate, options, dataset) = (Gate(limit: 12), job.options, job.dataset)
        let cancelled = Task { try await dataset.passing(gate).writeParquet(to: out, options: options) }
        for await _ in gate.reached { break }
        cancelled.cancel()
        gate.open()
        let error = try await runError { _ = try await cancelled.value }
        #expect(error.reason == .interrupted)
        #expect(error.report.bytesHeldAtEnd == 0)
        #expect(try StoreServer.openUploads == 0)
        let names = try objects("cancelled")
        #expect(names.allSatisfy { $0.hasPrefix("part-") || $0.hasPrefix("_penstock/") } && !names.isEmpty)
        #expect(!names.contains { $0.contains("tmp") })
        let written = try Predictions(in: out).rowCount()
        #expect(written == error.report.rowsWritten)
        let report = try await dataset.writeParquet(to: out, existing: .resume, options: options)
        #expect(report.rowsSkipped == error.report.rowsWritten)
        #expect(try Predictions(in: out).rowCount() == 40)
    }

    @Test("Plans show places in stores without keys and options")
    func plansHideKeys() throws {
        let location = try StoreServer.location("private/x")
        let text = try Dataset.readParquet(from: [location]).explain()
        #expect(text.contains("s3://private/x"))
        #expect(!text.contains("secret") && !text.contains("endpoint"))
    }

    @Test("A model or labels in a store are refused with what to do")
    func modelsStayLocal() async throws {
        let job = try SmallJob(images: 1)
        var classifier = job.classifier
        classifier.labels = "s3://bucket/labels.txt"
        let error = await #expect(throws: PlanError.self) {
            _ = try await Dataset.readImages(from: [job.folder("images")]).predict(with: classifier)
                .writeParquet(to: job.folder("out"))
        }
        #expect(error?.message.contains("the labels \"s3://bucket/labels.txt\" is a URI") == true)
    }

    @Test("penstock classify reads and writes URIs")
    func commandLine() throws {
        let job = try SmallJob(images: 5)
        for image in job.images {
            try put(Array(Data(contentsOf: URL(filePath: image))), "command/\(URL(filePath: image).lastPathComponent)")
        }
        let (source, out) = (
            try StoreServer.location("private/command"), try StoreServer.location("private/command-out")
        )
        let ending = try Program.run(
            ["classify", source, "--model", "tiny.onnx", "--output", out],
            in: job.folder
        )
        #expect(ending.status == 0, "\(ending.error)")
        #expect(!(ending.output + ending.error).contains("secret"))
        #expect(try Predictions(in: out).rowCount() == 5)
    }
}
