import Dispatch
import Foundation
import Testing

@testable import Penstock
@testable import PenstockSamples

@Suite("Doctor: mistakes with blocks, files, memory and output", .serialized, .tags(.native))
struct DataRuleTests {
    static let hasTwoCores = MachineFacts.current.cores >= 2

    private func write(_ dataset: Dataset, _ options: RunOptions = RunOptions()) async throws -> RunReport {
        let folder = try TemporaryFolder()
        return try await dataset.writeParquet(to: folder("out"), options: options)
    }

    @Test("A block for each row is found; blocks that Penstock chooses are not")
    func smallBlocks() async throws {
        let rows = Dataset.range(3000)
        let tiny = rows.repartition(rowsPerBlock: 1).mapBatches(batchSize: .wholeBlock) { $0.block }
        #expect(try await write(tiny).found.contains("PS010"))
        #expect(try await !write(rows.mapBatches { $0.block }).found.contains("PS010"))
    }

    @Test("All images in one block are found; blocks of a few batches are not", .enabled(if: hasTwoCores))
    func largeBlocks() async throws {
        let fixture = try Fixture.heavy(images: 40)
        let finding = try await fixture.run([.noBlockSizing], .builtIn).finding("PS011")
        #expect(finding.evidence[0].contains("in 1 block"), "\(finding.evidence)")
        #expect(try await !fixture.run([], .builtIn).found.contains("PS011"))
    }

    @Test("Everything in memory is found by its share of the memory; little is not")
    func collecting() async throws {
        var options = RunOptions()
        options.memory = .value(.mebibytes(64))
        let large = try await Dataset.range(4_000_000).materialize(options: options).report
        #expect(large.found.contains("PS012"))
        #expect(try await !Dataset.range(1000).materialize(options: options).report.found.contains("PS012"))
    }

    @Test("Large results as JSON are found; small ones are not")
    func text() async throws {
        let folder = try TemporaryFolder()
        let large = try await Dataset.range(400_000).writeJSON(to: folder("large"))
        #expect(large.found.contains("PS013"))
        #expect(try await !Dataset.range(400_000).writeParquet(to: folder("parquet")).found.contains("PS013"))
        let fixture = try Fixture()
        #expect(try await !fixture.run([.jsonOutput], .builtIn).found.contains("PS013"))
    }

    @Test("Rows with a class below 0 are found; rows in quarantine are not")
    func swallowed() async throws {
        let fixture = try Fixture(images: 240)
        try fixture.folder.file("images/broken.bmp", text: "no image")
        let report = try await fixture.run([.errorsSwallowed], .wrapped)
        #expect(report.rowsWithoutAnswer == 1)
        #expect(try report.finding("PS015").severity == .error)
        let good = try await fixture.run([], .wrapped)
        #expect(good.rowsQuarantined == 1)
        #expect(!good.found.contains("PS015"))
    }

    @Test("A limit that lets many bad rows pass is found, when there are many")
    func manyBadRows() async throws {
        var fixture = try Fixture(images: 40)
        fixture.options.maxBadRows = .share(0.9)
        #expect(try await !fixture.run().found.contains("PS015"))
        for index in 0..<10 { try fixture.folder.file("images/broken\(index).bmp", text: "no image") }
        #expect(try await fixture.run().found.contains("PS015"))
    }

    @Test("A stage that waits is found when it holds the cores up; one that computes is not")
    func storage() async throws {
        func report(_ stage: some BatchTransform, _ resources: Resources) async throws -> RunReport {
            try await write(
                Dataset.range(60).repartition(rowsPerBlock: 1)
                    .mapBatches(stage, batchSize: 1, compute: .actors(1), resources: resources)
            )
        }
        let waiting = try await report(Fetcher(milliseconds: 5), Resources(cpus: 0))
        #expect(try waiting.finding("PS018").evidence[0].contains("fetch waited"))
        #expect(try await !report(BusyStage(seconds: 0.005), .default).found.contains("PS018"))
    }

    @Test("Many small files are found when opening them is most of the work; a few are not")
    func smallFiles() async throws {
        let folder = try TemporaryFolder()
        for index in 0..<600 { try folder.file("many/\(index).bin", [UInt8](repeating: 7, count: 100)) }
        for index in 0..<4 { try folder.file("few/\(index).bin", [UInt8](repeating: 7, count: 15_000)) }
        let finding = try await write(Dataset.readBinaryFiles(from: [folder("many")])).finding("PS019")
        #expect(finding.advice.contains("penstock pack"))
        #expect(try await !write(Dataset.readBinaryFiles(from: [folder("few")])).found.contains("PS019"))
    }

    @Test("Photographs of many megapixels are found, with the gain of a quick look; small ones are not")
    func largeImages() async throws {
        let fixture = try Fixture(images: 0)
        let recipe = try SampleImages(count: 1).recipe(at: 0)
        let jpeg = try JPEGEncoder(recipe: recipe).encode(Canvas(width: 2400, height: 1800))
        for index in 0..<12 { try fixture.folder.file("images/\(index).jpg", jpeg) }
        let finding = try #require(
            try await fixture.examination(images: 12).findings.first { $0.id == "PS020" }
        )
        #expect(finding.changes == ["resize-quality": "fast"])
        #expect(try #require(finding.gain).likely > 1.03)
        let small = try Fixture.samples(images: 12)
        #expect(try await !small.examination(images: 12).findings.map(\.id).contains("PS020"))
    }

    @Test("One long task at the end is found; even tasks are not", .enabled(if: hasTwoCores))
    func tail() async throws {
        func report(_ slow: Double) async throws -> RunReport {
            let work = BusyStage(seconds: 0.002, slow: (row: 39, seconds: slow))
            return try await write(
                Dataset.range(40).repartition(rowsPerBlock: 1).mapBatches(work, batchSize: 1)
            )
        }
        #expect(try await report(0.2).found.contains("PS022"))
        #expect(try await !report(0.002).found.contains("PS022"))
    }

    @Test("Stages that wait for memory are found, with whose blocks take it; with enough of it they are not")
    func heldByMemory() async throws {
        func report(_ memory: Bytes) async throws -> RunReport {
            var options = RunOptions()
            options.memory = .value(memory)
            let large = Dataset.range(24).repartition(rowsPerBlock: 1).mapBatches("grow", batchSize: 1) { batch in
                let bytes = Column(.binary(VariableBytes(lengths: [3 << 20]) { (_: inout MutableSpan<UInt8>) in }))
                return try batch.block.adding("bytes", bytes)
            }
            // Its workers keep nearly all of the smaller memory.
            let keeping = Resources(memory: .mebibytes(30))
            let fetched = large.mapBatches(
                Fetcher(milliseconds: 10),
                batchSize: 1,
                compute: .actors(2),
                resources: keeping
            )
            return try await write(fetched.selectColumns(["id"]), options)
        }
        let held = try await report(.mebibytes(64)).finding("PS023")
        #expect(held.evidence[1].contains("grow"), "\(held.evidence)")
        #expect(try await !report(.gibibytes(2)).found.contains("PS023"))
    }
}

/// Waits as a request to a store does, and takes no core meanwhile.
private struct Fetcher: BatchTransform {
    let name = "fetch"
    let milliseconds: Int

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

    func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds * batch.rowCount))
        return TransformOutput([batch.block])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}
