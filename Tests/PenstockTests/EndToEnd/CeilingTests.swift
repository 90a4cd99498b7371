import Penstock
import Testing

@Suite("The ceiling")
struct CeilingTests {
    private var request: CeilingRequest {
        var request = CeilingRequest()
        request.images = 8
        request.seconds = 0.02
        request.repeats = 2
        return request
    }

    @Test("It measures each stage alone and adds their times; it ends by itself")
    func stagesAddUp() async throws {
        let job = try SmallJob()
        let ceiling = try await job.dataset.ceiling(request, options: job.options)
        #expect(ceiling.stages.map(\.name) == ["list", "read", "decode", "model", "write"])
        #expect(ceiling.stages.allSatisfy { $0.rate.imagesPerSecond > 0 && $0.rate.samples.count == 2 })
        let milliseconds = ceiling.stages.reduce(0) { $0 + $1.coreMilliseconds } / Double(ceiling.cores)
        let slowest = ceiling.stages.map { 1000 / $0.rate.imagesPerSecond }.max() ?? 0
        #expect(abs(ceiling.imagesPerSecond * max(milliseconds, slowest) / 1000 - 1) < 1e-9)
        #expect(ceiling.images > 0 && ceiling.images <= 8)
        #expect(ceiling.decoding.bareDecode.imagesPerSecond > 0)
    }

    @Test("The planner's model comes first, its rivals follow, and one of its precision makes the ceiling")
    func modelsAreCompared() async throws {
        let job = try SmallJob()
        let ceiling = try await job.dataset.ceiling(request, options: job.options)
        #expect(ceiling.models.map(\.isPlanned) == [true] + ceiling.models.dropFirst().map { _ in false })
        #expect(ceiling.models[0].batchSize == 4)
        let equals = ceiling.models.filter { $0.precision == "f32" }
        #expect(equals.count > 2 && equals.count(where: \.isInCeiling) == 1)
        #expect(ceiling.models.count(where: \.isInCeiling) == 1)
        #expect(ceiling.plannedImagesPerSecond <= ceiling.imagesPerSecond)
    }

    @Test("The whole job is measured beside its stages, each of which takes time in it")
    func wholeJob() async throws {
        let job = try SmallJob()
        let ceiling = try await job.dataset.ceiling(request, options: job.options)
        #expect(ceiling.job.rate.samples.count == 2 && ceiling.job.rate.samples.allSatisfy { $0 > 0 })
        #expect(ceiling.job.shares.count == 2 && ceiling.job.shares.allSatisfy { $0 > 0 })
        #expect(ceiling.job.stages.map(\.name) == ceiling.stages.map(\.name))
        #expect(ceiling.job.stages.dropFirst().allSatisfy { ($0.runCoreMilliseconds ?? 0) > 0 })
    }

    @Test("Files that are not there, or no images, are left out as in a run")
    func badFiles() async throws {
        let job = try SmallJob()
        let broken = try job.folder.file("broken.jpg")
        let list = try job.folder.file(
            "list.txt",
            text: (job.images + [broken, job.folder("none.jpg")]).joined(separator: "\n")
        )
        var request = request
        request.images = 100
        let dataset = Dataset.readImages(from: [list]).predict(with: job.classifier)
        let ceiling = try await dataset.ceiling(request, options: job.options)
        #expect(ceiling.images == job.images.count + 1)
        #expect(ceiling.job.shares.allSatisfy { $0 > 0 })
    }

    @Test("The batch size of a run that is compared is taken, unless one is set")
    func batchOfTheRun() async throws {
        let job = try SmallJob()
        var request = request
        (request.run, request.repeats) = (try await job.write(), 1)
        var options = job.options
        options.batchSize = .auto
        #expect(try await job.dataset.ceiling(request, options: options).models[0].batchSize == 4)
        options.batchSize = .value(2)
        #expect(try await job.dataset.ceiling(request, options: options).models[0].batchSize == 2)
    }

    @Test("Cancelling ends it", .timeLimit(.minutes(10)), arguments: ["each stage", "the whole job"])
    func cancelling(phase: String) async throws {
        let job = try SmallJob()
        var request = request
        // Far more than is measured until the word comes.
        if phase == "each stage" { request.repeats = 1000 } else { (request.repeats, request.seconds) = (1, 2) }
        let (phases, told) = AsyncStream.makeStream(of: String.self)
        request.tell = { told.yield($0) }
        let measuring = Task { [request] in try await job.dataset.ceiling(request, options: job.options) }
        for await line in phases where line.contains(phase) { break }
        measuring.cancel()
        await #expect { try await measuring.value } throws: { ($0 as? StageError)?.code == .cancelled }
    }

    @Test("A run's share of it is its rate over the ceiling's, and each of its stages is compared")
    func sharesAreRatios() async throws {
        let job = try SmallJob()
        let report = try await job.write()
        var request = request
        request.run = report
        let ceiling = try await job.dataset.ceiling(request, options: job.options)
        #expect(ceiling.reached(by: report) == report.imagesPerSecond / ceiling.imagesPerSecond)
        #expect(ceiling.run?.reached == ceiling.reached(by: report))
        #expect(ceiling.run?.stages.map(\.name) == ceiling.stages.map(\.name))
        #expect(ceiling.run?.stages.allSatisfy { ($0.reached ?? 0) > 0 } == true)
    }

    @Test("Its JSON has stable keys in snake case")
    func keysAreSnakeCase() async throws {
        let job = try SmallJob()
        let json = try await job.dataset.ceiling(request, options: job.options).json()
        for key in ["images_per_second", "planned_images_per_second", "core_milliseconds", "bare_decode", "is_planned"]
        {
            #expect(json.contains("\"\(key)\""), "no \(key)")
        }
    }

    @Test("A report is read from a file as well as from the folder of its run")
    func reportFiles() async throws {
        let job = try SmallJob()
        let report = try await job.write()
        let file = try job.folder.file("copy.json", Array(try report.json().utf8))
        #expect(try RunReport(contentsOf: file).imagesPerSecond == report.imagesPerSecond)
        #expect(try RunReport(contentsOf: job.folder("out")).imagesPerSecond == report.imagesPerSecond)
        #expect(throws: StageError.self) { try RunReport(contentsOf: job.folder("none.json")) }
    }

    @Test("What cannot be decoded leaves nothing to measure with, and says so")
    func nothingToMeasure() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.file("broken.jpg")
        let model = try Models.tiny(folder)
        await #expect(throws: StageError.self) {
            try await Dataset.readImages(from: [folder("broken.jpg")]).predict(with: .classifier(model)).ceiling(
                request
            )
        }
    }
}
