import Penstock
import Testing

@Suite("The ceiling")
struct CeilingTests {
    @Test("It measures each stage alone and adds their times; it ends by itself")
    func stagesAddUp() async throws {
        let job = try SmallJob()
        let ceiling = try await job.dataset.ceiling(images: 8, seconds: 0.05, options: job.options)
        #expect(ceiling.stages.map(\.name) == ["read", "decode", "model"])
        #expect(ceiling.stages.allSatisfy { $0.imagesPerSecond > 0 })
        let seconds = ceiling.stages.reduce(0) { $0 + 1 / $1.imagesPerSecond }
        #expect(abs(ceiling.imagesPerSecond * seconds - 1) < 1e-9)
        #expect(abs(ceiling.stages.reduce(0) { $0 + $1.share } - 1) < 1e-9)
        #expect(ceiling.images > 0 && ceiling.images <= 8)
    }

    @Test("A run's share of it is its rate over the ceiling's")
    func sharesAreRatios() async throws {
        let job = try SmallJob()
        let ceiling = try await job.dataset.ceiling(images: 8, seconds: 0.05, options: job.options)
        let report = try await job.write()
        #expect(ceiling.reached(by: report) == report.imagesPerSecond / ceiling.imagesPerSecond)
    }

    @Test("What cannot be decoded leaves nothing to measure with, and says so")
    func nothingToMeasure() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.file("broken.jpg")
        let model = try Models.tiny(folder)
        await #expect(throws: StageError.self) {
            try await Dataset.readImages(from: [folder("broken.jpg")]).predict(with: .classifier(model)).ceiling(
                seconds: 0.05
            )
        }
    }
}
