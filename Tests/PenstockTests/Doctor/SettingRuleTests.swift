import Foundation
import Testing

@testable import Penstock
@testable import PenstockSamples

@Suite("Doctor: mistakes in settings", .serialized, .tags(.native))
struct SettingRuleTests {
    static let hasTwoCores = MachineFacts.current.cores >= 2

    @Test("Batches of two are found; batches of eight are not")
    func smallBatches() async throws {
        let fixture = try Fixture()
        let finding = try await fixture.run([.batchOfTwo], .builtIn).finding("PS004")
        #expect(finding.changes == ["batch-size": "auto"])
        #expect(try await !fixture.run().found.contains("PS004"))
    }

    @Test("One cause is found once: small blocks that come from a batch of one are the batch's matter")
    func oneCause() async throws {
        var fixture = try Fixture(images: 240)
        fixture.options.batchSize = .value(1)
        fixture.options.decodeWorkers = .value(1)
        fixture.options.modelWorkers = .value(1)
        let report = try await fixture.run()
        #expect(report.found.contains("PS004"))
        #expect(!report.found.contains("PS010"), "\(report.findings.map(\.text))")
        fixture.options.batchSize = .value(4)
        fixture.options.decodeWorkers = .auto
        // Nothing says that four are too few, so where small blocks leave cores idle, they are named with their cause.
        for finding in try await fixture.run().findings where finding.id == "PS010" {
            #expect(finding.changes == ["batch-size": "auto"])
        }
    }

    @Test("A finding has a gain, or says why it has none")
    func reasons() async throws {
        var fixture = try Fixture(images: 80)
        fixture.options.batchSize = .value(1)
        fixture.options.memory = .value(.gibibytes(1 << 20))
        let findings = try await fixture.run().findings
        #expect(Set(findings.map(\.id)).isSuperset(of: ["PS004", "PS017"]))
        for finding in findings { #expect((finding.gain == nil) != finding.unpredicted.isEmpty, "\(finding.text)") }
    }

    @Test("A batch that leaves a worker one or two of them is found; one that leaves many is not")
    func largeBatches() async throws {
        var fixture = try Fixture()
        fixture.options.batchSize = .value(64)
        #expect(try await fixture.run().found.contains("PS005"))
        fixture.options.batchSize = .value(2)
        #expect(try await !fixture.run().found.contains("PS005"))
    }

    @Test(
        "One decoder for several cores is found, with the gain of more; one for each core is not",
        .enabled(if: hasTwoCores)
    )
    func fewWorkers() async throws {
        var fixture = try Fixture.heavy(images: 48)
        fixture.options.decodeWorkers = .value(1)
        let finding = try await fixture.run().finding("PS006")
        #expect(finding.changes == ["decode-workers": "auto"])
        #expect(try #require(finding.gain).high > 1.2)
        fixture.options.decodeWorkers = .value(MachineFacts.current.cores)
        #expect(try await !fixture.run().found.contains("PS006"))
    }

    @Test("A stage of the user's with one worker is found when it holds the cores up", .enabled(if: hasTwoCores))
    func oneActor() async throws {
        func report(_ compute: Compute?) async throws -> RunReport {
            let folder = try TemporaryFolder()
            return try await Dataset.range(64).repartition(rowsPerBlock: 1)
                .mapBatches(BusyStage(seconds: 0.004), batchSize: 1, compute: compute).writeParquet(to: folder("out"))
        }
        #expect(try await report(.actors(1)).found.contains("PS006"))
        #expect(try await !report(nil).found.contains("PS006"))
    }

    @Test("More inferences than cores are found; the default is not")
    func manyWorkers() async throws {
        let fixture = try Fixture()
        guard MachineFacts.current.cores < 8 else { return }
        #expect(try await fixture.run([.eightWorkers], .builtIn).found.contains("PS007"))
        #expect(try await !fixture.run([], .builtIn).found.contains("PS007"))
    }

    @Test("A device that is not there is found before anything runs; the CPU is not")
    func absentDevice() async throws {
        var fixture = try Fixture()
        fixture.classifier.device = "GPU.7"
        let examination = try await fixture.examination()
        #expect(examination.findings.map(\.id) == ["PS008"])
        #expect(examination.sample == nil)
        fixture.classifier.device = "CPU"
        #expect(try await !fixture.examination().findings.map(\.id).contains("PS008"))
    }

    @Test("All of the machine's memory is found; half of it is not")
    func limits() async throws {
        var fixture = try Fixture()
        let finding = try await fixture.run([.noLimits], .builtIn).finding("PS017")
        #expect(finding.severity == .error)
        fixture.options.memory = .value(Bytes(MachineFacts.current.memory.count / 2))
        #expect(try await !fixture.run().found.contains("PS017"))
    }

    @Test("f32 is found where the device has a faster precision; auto is not")
    func precision() async throws {
        var fixture = try Fixture()
        fixture.classifier = Classifier(model: Fixture.shapes)
        fixture.classifier.precision = .f32
        let report = try await fixture.run()
        guard report.model?.fastestPrecision != "f32" else { return }
        #expect(report.found.contains("PS021"))
        fixture.classifier.precision = .auto
        #expect(try await !fixture.run().found.contains("PS021"))
    }

    @Test("A limit that leaves nothing to time is found; a run of everything there is is not")
    func timing() async throws {
        let fixture = try Fixture()
        let short = try await fixture.dataset.limit(16).writeParquet(to: fixture.output, options: fixture.options)
        #expect(short.found.contains("PS024"))
        #expect(try await !fixture.run().found.contains("PS024"))
    }
}

extension Fixture {
    /// What the doctor says of the job through Penstock's own stages.
    func examination(images: Int? = 32) async throws -> DatasetDoctor.Examination {
        try await DatasetDoctor(dataset, table: WriteTable(directory: folder("none")), options: options)
            .examine(images: images)
    }
}

/// Computes for a time, on its own thread.
struct BusyStage: BatchTransform {
    let name = "work"
    var seconds: Double
    /// Seconds for each row instead, where its number is this.
    var slow: (row: Int64, seconds: Double)?

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) {}

    func apply(_ batch: Batch, _ state: inout Void) throws(StageError) -> TransformOutput {
        for row in try batch.block.int64s("id").array {
            let wanted = slow.flatMap { $0.row == row ? $0.seconds : nil } ?? seconds
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .seconds(wanted) {}
        }
        return TransformOutput([batch.block])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}
