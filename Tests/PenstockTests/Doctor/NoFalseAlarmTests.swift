import Foundation
import Testing

@testable import Penstock

@Suite("Doctor: everything at once, and nothing", .serialized, .tags(.native))
struct NoFalseAlarmTests {
    @Test("No rule fires on the default pipeline over sample images")
    func samples() async throws {
        let fixture = try Fixture.samples(images: 60)
        let report = try await fixture.run()
        #expect(report.findings.map(\.text) == [])
        let examination = try await fixture.examination(images: 60)
        #expect(examination.findings.map(\.text) == [])
    }

    @Test("No rule fires on the default pipeline over photographs", .enabled(if: RealData.isPresent, RealData.reason))
    func photographs() async throws {
        var fixture = try Fixture(images: 0)
        fixture.options = RunOptions()
        fixture.classifier = Classifier(model: Fixture.shapes)
        let photographs = Dataset.readImages(from: [RealData.path("images")]).predict(with: fixture.classifier)
        let report = try await photographs.writeParquet(to: fixture.output, options: fixture.options)
        #expect(report.findings.map(\.text) == [])
    }

    @Test("All rules that apply fire on the pipeline with all mistakes in it")
    func everything() async throws {
        let fixture = try Fixture(images: 240)
        try fixture.folder.file("images/broken.bmp", text: "no image")
        let report = try await fixture.run(Set(Mistake.allCases).subtracting([.collectsEverything]), .fused)
        var expected: Set = ["PS001", "PS003", "PS004", "PS009", "PS014", "PS015", "PS017"]
        if MachineFacts.current.cores < 8 { expected.insert("PS007") }
        #expect(report.found.isSuperset(of: expected), "missing \(expected.subtracting(report.found))")
    }
}
