import Foundation
import Synchronization
import Testing

@testable import Penstock

@Suite("Doctor: mistakes in the code of stages", .serialized, .tags(.native))
struct CodeRuleTests {
    @Test("A model that is loaded for every batch is found with what loading took; one that is loaded once is not")
    func modelLoads() async throws {
        let fixture = try Fixture()
        let finding = try await fixture.run([.modelLoadedInCall], .wrapped).finding("PS001")
        #expect(finding.evidence[0].contains("compiled a model 10 times in 10 tasks"), "\(finding.evidence)")
        #expect(try #require(finding.gain).likely > 1)
        let good = try await fixture.run([], .wrapped)
        #expect(!good.found.contains("PS001"))
        #expect(good.stages.allSatisfy { $0.work.modelLoads == 0 })
    }

    @Test("Decoders that are made for every call are found; one for each worker is not")
    func rebuilt() async throws {
        let fixture = try Fixture()
        #expect(try await fixture.run([.transformRebuilt], .wrapped).found.contains("PS002"))
        #expect(try await fixture.run([.nothingKept], .wrapped).found.contains("PS002"))
        #expect(try await !fixture.run([], .wrapped).found.contains("PS002"))
    }

    @Test("A call of the model for each image is found; one for each batch is not")
    func passes() async throws {
        let fixture = try Fixture()
        let finding = try await fixture.run([.passPerImage], .wrapped).finding("PS003")
        #expect(finding.evidence[0].contains("made 80 inferences of 1 rows"), "\(finding.evidence)")
        #expect(try await !fixture.run([], .wrapped).found.contains("PS003"))
    }

    @Test("Penstock's own model stage may call a model row by row, when the model's file demands it")
    func rigidModel() async throws {
        var fixture = try Fixture()
        fixture.classifier.model = try Models.tiny(fixture.folder, batch: 1, isRigid: true)
        #expect(try await !fixture.run().found.contains("PS003"))
    }

    @Test("Decoding in the model's worker is found; two stages are not")
    func fused() async throws {
        let fixture = try Fixture()
        #expect(try await fixture.run([], .fused).found.contains("PS009"))
        #expect(try await !fixture.run([], .wrapped).found.contains("PS009"))
    }

    @Test("Lines that are logged in tasks are found by what the threads wrote; a silent stage is not")
    func logging() async throws {
        let fixture = try Fixture(images: 160)
        let report = try await fixture.run([.loggingInHotPath], .wrapped)
        let finding = try report.finding("PS014")
        #expect(finding.evidence[0].contains("workers of model"), "\(finding.evidence)")
        let quiet = try await fixture.run([], .wrapped)
        #expect(!quiet.found.contains("PS014"))
        #expect(quiet.stages.dropFirst(2).dropLast().allSatisfy { $0.work.bytesWritten == 0 })
    }

    @Test("Rows that come back one by one are found; a block for each batch is not")
    func shape() async throws {
        func report(cuts: Bool) async throws -> RunReport {
            let folder = try TemporaryFolder()
            return try await Dataset.range(256).mapBatches(Splitter(cuts: cuts), batchSize: 32)
                .writeParquet(to: folder("out"))
        }
        #expect(try await report(cuts: true).found.contains("PS016"))
        #expect(try await !report(cuts: false).found.contains("PS016"))
    }

    @Test("The rows of a stage that others work beside are not counted as its own")
    func attribution() async throws {
        let report = try await Fixture().run([], .wrapped)
        let work = Dictionary(report.stages.map { ($0.name, $0.work) }) { first, _ in first }
        #expect(work["decode"]?.imagesDecoded == 80)
        #expect(work["decode"]?.inferenceCalls == 0)
        #expect(work["model"]?.inferenceRows == 80)
        #expect(work["model"]?.imagesDecoded == 0)
    }
}

/// Gives each batch back as it is, or row by row.
private struct Splitter: BatchTransform {
    let name = "splitter"
    let cuts: Bool

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

    func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        guard cuts else { return TransformOutput([batch.block]) }
        return TransformOutput((0..<batch.rowCount).map { batch.block.slice($0..<$0 + 1) })
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}
