import Penstock
import Testing

@Suite("Tour: mistakes", .tags(.native))
struct MistakeTests {
    /// 37 small pictures, one of them broken, and a model that tells colours apart.
    private struct Job {
        let folder: TemporaryFolder
        var pipeline: MistakenPipeline
        let images = 37

        init(log: @escaping @Sendable (String) -> Void = { _ in }) throws {
            folder = try TemporaryFolder()
            let paths = try Pictures.write(images, to: folder)
            try folder.file("images/0005.bmp", text: "no picture")
            pipeline = MistakenPipeline(
                paths: paths,
                classifier: Classifier(model: try Models.tiny(folder)),
                options: RunOptions(),
                log: log
            )
        }

        func measure(_ mistakes: Set<Mistake>, _ shape: MistakenPipeline.Shape) async throws -> TourMeasurement {
            let name = "out-\(shape.rawValue)-\(mistakes.map(\.rawValue).sorted().joined(separator: "-").hashValue)"
            let step = TourStep(mistakes, shape: shape, images: images, precision: .f32)
            return try await pipeline.measure(step, into: folder(name))
        }
    }

    @Test("a mistake costs time and changes no answer", arguments: Mistake.allCases.filter { !$0.changesAnswers })
    func answersStay(mistake: Mistake) async throws {
        let job = try Job()
        let good = try await job.measure([], .builtIn)
        let bad = try await job.measure([mistake], MistakenPipeline.shape(for: mistake))
        #expect(good.predictions.count == job.images - 1)
        #expect(bad.predictions.keys.sorted() == good.predictions.keys.sorted())
        #expect(TourAnswers(bad, good: good).isSame)
        #expect(bad.quarantined == 1 && good.quarantined == 1)
        #expect(bad.images == job.images)
        #expect(Set(good.predictions.values.map(\.predicted)).count > 1)
    }

    @Test("without mistakes, wrapped and fused stages do what the built-in ones do", arguments: [0, 1])
    func control(fused: Int) async throws {
        let job = try Job()
        let good = try await job.measure([], .builtIn)
        let same = try await job.measure([], fused == 1 ? .fused : .wrapped)
        #expect(same.predictions == good.predictions)
        #expect(same.quarantined == 1)
    }

    @Test("swallowed errors become rows that look like predictions", arguments: [0, 1])
    func swallowedErrors(fused: Int) async throws {
        let job = try Job()
        let good = try await job.measure([], .builtIn)
        let bad = try await job.measure([.errorsSwallowed], fused == 1 ? .fused : .wrapped)
        #expect(bad.quarantined == 0)
        #expect(bad.predictions["0005.bmp"] == TourPrediction(predicted: -1, confidence: 0))
        let answers = TourAnswers(bad, good: good)
        #expect(answers.sentinels == 1 && answers.different == 0 && answers.compared == job.images - 1)
        #expect(!answers.isSame)
    }

    @Test("all mistakes together still classify every image that can be read")
    func allTogether() async throws {
        let job = try Job()
        let good = try await job.measure([], .builtIn)
        let bad = try await job.measure(Set(Mistake.allCases), .fused)
        #expect(TourAnswers(bad, good: good).different == 0)
        #expect(bad.predictions.count == job.images)
    }

    @Test("the mistake of logging writes a line for the first and every tenth image of a batch")
    func logging() async throws {
        let (lines, sink) = AsyncStream<String>.makeStream()
        var job = try Job { sink.yield($0) }
        job.pipeline.options.batchSize = .value(16)
        _ = try await job.measure([.loggingInHotPath], .wrapped)
        sink.finish()
        var count = 0
        for await line in lines {
            #expect(line.hasPrefix("Processed image "))
            count += 1
        }
        // 37 images in blocks of 16: rows 0 and 10 of two blocks, row 0 of the last.
        #expect(count == 5)
    }

    @Test("mistakes that cannot be made are refused, each with a reason")
    func refusals() async throws {
        let job = try Job()
        let refusals = await TourRefusal.all(job.pipeline)
        #expect(refusals.compactMap(\.number) == [11, 12, 15, 16, 18, 19])
        #expect(refusals[0].message.contains("results") && refusals[0].message.contains("predicted_class"))
        #expect(refusals[1].message.contains("threads for"))
        #expect(refusals[3].message.contains("loaded for each batch"))
        #expect(refusals[4].message.contains("there is no setting \"concurrency\""))
        #expect(refusals[5].message.contains("takeAll"))
    }

    @Test("every mistake of the document is measured or refused")
    func complete() async throws {
        let measured = Mistake.allCases.flatMap(\.ids)
        let refused = await TourRefusal.all(try Job().pipeline).flatMap(\.ids)
        let all = Set(measured + refused + ["S74"])
        #expect((62...82).map { "S\($0)" }.filter { !all.contains($0) } == [])
    }
}
