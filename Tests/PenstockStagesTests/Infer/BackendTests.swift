import Foundation
import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockSamples
@testable import PenstockStages

@Suite("OpenVINO", .tags(.native))
struct BackendTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func settings(
        _ change: (inout ClassifyTransform.ModelSettings) -> Void = { _ in }
    ) -> ClassifyTransform.ModelSettings {
        var settings = ClassifyTransform.ModelSettings(
            workers: 1,
            threadsPerWorker: 2,
            cacheDirectory: nil,
            backendLibrary: nil,
            facts: ModelFacts()
        )
        change(&settings)
        return settings
    }

    private func squeezeNet() -> Classifier {
        var classifier = Classifier(model: RealData.path("models/squeezenet_fp16.onnx"))
        classifier.preprocessing = .caffe
        classifier.precision = .f32
        return classifier
    }

    /// Images of one colour each, as the decode stage hands them on.
    private func images(_ count: Int, side: Int = 224) -> Block {
        var pixels: [UInt8] = []
        for row in 0..<count { pixels += [UInt8](repeating: UInt8(row * 6), count: side * side * 3) }
        let tensor = Tensor<UInt8>(shape: [count, side, side, 3], elements: Buffer(pixels))
        return Block(["path": Column(strings: (0..<count).map { "\($0)" }), "image": Column(.tensorUInt8(tensor))])
    }

    @Test("A library that is not there, or is another one, is missing, and the message says how to install it")
    func missingLibrary() throws {
        let other = try folder.file("libopenvino_c.so", text: "not a library")
        for path in [folder("absent.so"), other] {
            let error = try stageError { _ = try OpenVINOBackend(library: path) }
            #expect(error.code == .backendMissing)
            #expect(error.message.contains(path))
            #expect(error.message.contains("pip install openvino"), "\(error.message)")
        }
    }

    @Test("The backend names itself and has a CPU that computes f32")
    func devices() throws {
        let backend = try OpenVINOBackend(library: nil)
        #expect(backend.version.hasPrefix("2026."))
        #expect(backend.libraryPath.contains("openvino_c"))
        let cpu = try #require(try backend.devices().first { $0.name == "CPU" })
        #expect(cpu.precisions.contains(.f32))
        #expect(try backend.supports(.f32, on: "CPU"))
        let error = try stageError { _ = try backend.supports(.f32, on: "GPU.7") }
        #expect(error.message.contains("GPU.7"))
    }

    @Test(
        "A missing library stops a classifier before its model is read",
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func classifierWithoutLibrary() throws {
        let transform = ClassifyTransform(squeezeNet(), settings: settings { $0.backendLibrary = folder("absent.so") })
        #expect(try stageError { _ = try transform.load(.test()) }.code == .backendMissing)
    }

    @Test(
        "Labels that are too few are refused before anything runs, with both numbers",
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func wrongLabelCount() throws {
        var classifier = squeezeNet()
        classifier.labels = try folder.file("labels.txt", text: "a\nb\nc\n")
        let error = try stageError { _ = try ClassifyTransform(classifier, settings: settings()).load(.test()) }
        #expect(error.code == .invalidModel)
        #expect(error.message.contains("has 3 names, and the model has 1000 classes"))
    }

    @Test("A size that the model cannot take is refused with both", .enabled(if: RealData.isPresent, RealData.reason))
    func wrongInputSize() throws {
        var classifier = squeezeNet()
        classifier.preprocessing.crop = 200
        let error = try stageError { _ = try ClassifyTransform(classifier, settings: settings()).load(.test()) }
        #expect(error.code == .invalidModel)
        #expect(error.message.contains("200x200") && error.message.contains("224"), "\(error.message)")
    }

    @Test(
        "Asking for int8 of a model that is not quantised is refused",
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func int8NeedsAQuantisedModel() throws {
        var classifier = squeezeNet()
        classifier.precision = .int8
        let error = try stageError { _ = try ClassifyTransform(classifier, settings: settings()).load(.test()) }
        #expect(error.code == .invalidModel)
        #expect(error.message.contains("no int8 layers"))
        classifier = Classifier(model: RealData.path("models/mobilenet_v2_int8.onnx"))
        classifier.precision = .int8
        _ = try ClassifyTransform(classifier, settings: settings()).load(.test())
        #expect(try ModelTraits(of: classifier.model).dependsOnBatch)
        #expect(try !ModelTraits(of: squeezeNet().model).isQuantized)
    }

    @Test(
        "A model of batch 1 takes any number of rows, and each row's answer is its own",
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func fixedBatch() throws {
        let facts = ModelFacts()
        let transform = ClassifyTransform(squeezeNet(), settings: settings { $0.facts = facts })
        let all = try #require(try transform.applied(to: images(5)).blocks.first)
        #expect(all.schema.fields.map(\.name) == ["path", "predicted_class", "confidence"])
        let single = try #require(try transform.applied(to: images(5).slice(3..<4)).blocks.first)
        #expect(all.slice(3..<4).cells == single.cells)
        #expect(try all.strings("path").texts == ["0", "1", "2", "3", "4"])
        #expect(facts.report.precision == "f32")
        #expect(facts.report.backend == "openvino")
        #expect(facts.report.hash.count == 64)
        #expect(all.byteCount <= transform.outputBytes(for: images(5)))
    }

    @Test("A model compiled for 4 rows answers for any number as one compiled for any", arguments: [1, 3, 4, 5, 9])
    func compiledRows(count: Int) throws {
        var classifier = Classifier(model: try folder.model(Graphs.color(channelsFirst: true, side: .fixed(4))))
        classifier.preprocessing.crop = 4
        classifier.precision = .f32
        // Red, green and blue in turn, each a little brighter than the one before.
        var pixels: [UInt8] = []
        for row in 0..<count {
            for _ in 0..<16 { pixels += (0..<3).map { $0 == row % 3 ? UInt8(100 + row) : 20 } }
        }
        let tensor = Tensor<UInt8>(shape: [count, 4, 4, 3], elements: Buffer(pixels))
        let block = Block([
            "path": Column(strings: (0..<count).map { "\($0)" }), "image": Column(.tensorUInt8(tensor)),
        ])
        let fixed = ClassifyTransform(classifier, settings: settings { $0.batchRows = 4 })
        #expect(try fixed.load(.test()).exact?.info.batchRows == 4)
        let open = ClassifyTransform(classifier, settings: settings())
        #expect(try open.load(.test()).exact?.info.batchRows == 0)
        let (four, any) = (try fixed.applied(to: block).blocks[0], try open.applied(to: block).blocks[0])
        #expect(try four.int32s("predicted_class").array == (0..<count).map { Int32($0 % 3) })
        #expect(try four.strings("path").texts == any.strings("path").texts)
        for row in 0..<count {
            #expect(try abs(four.float32s("confidence")[row] - any.float32s("confidence")[row]) < 1e-5)
        }
    }

    @Test(
        "With labels and top-k there are names and lists, as many as the model has classes at most",
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func labelsAndLists() throws {
        var classifier = squeezeNet()
        classifier.labels = RealData.path("models/imagenet_labels.txt")
        for (topK, length) in [(3, 3), (2000, 1000)] {
            classifier.topK = topK
            let transform = ClassifyTransform(classifier, settings: settings())
            let block = try #require(try transform.applied(to: images(2)).blocks.first)
            let names = ["path", "predicted_class", "confidence", "label", "classes", "confidences"]
            #expect(block.schema.fields.map(\.name) == names)
            guard case .list(let offsets, let elements)? = block["classes"]?.values else {
                Issue.record("classes are no lists")
                continue
            }
            #expect(offsets.array == [0, Int32(length), Int32(2 * length)])
            #expect(elements.cells[0] == block.cells["predicted_class"]?[0])
            #expect(block.byteCount <= transform.outputBytes(for: images(2)))
            let labels = try ModelFile.labels(RealData.path("models/imagenet_labels.txt"))
            let classes = try block.int32s("predicted_class").array
            #expect(try block.strings("label").texts == classes.map { labels[Int($0)] })
        }
    }

    @Test(
        "The guard compares on the first images, remembers agreement and uses it the next time",
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func guardRemembers() throws {
        let backend = try OpenVINOBackend(library: nil)
        guard try backend.supports(.bf16, on: "CPU") || backend.supports(.f16, on: "CPU") else { return }
        var classifier = squeezeNet()
        classifier.precision = .auto
        let facts = ModelFacts()
        let settings = settings {
            $0.cacheDirectory = folder("cache")
            $0.facts = facts
        }
        _ = try ClassifyTransform(classifier, settings: settings).applied(to: images(40))
        #expect(facts.report.agreementImages == 40)
        #expect(try folder.entries("cache/agreement").count == 1)
        let loaded = try ClassifyTransform(classifier, settings: settings).load(.test())
        #expect(loaded.exact == nil && loaded.fast != nil, "only one of the two is compiled")
        // A refusal, as of a run over other images, is none for these.
        let memory = try folder.entries("cache/agreement")[0]
        try folder.file("cache/agreement/\(memory)", text: "0.5 32\n")
        let doubtful = ClassifyTransform(classifier, settings: settings)
        let both = try doubtful.load(.test())
        #expect(both.exact != nil && both.fast != nil)
        var state = try doubtful.makeState(both, .test())
        _ = try doubtful.apply(Batch(images(40)), &state)
        #expect(both.exact == nil && facts.report.agreementImages == 40)
    }

    @Test(
        "The model that the guard rejects is dropped at once, and by each worker with its next batch",
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func rejectedModelIsDropped() throws {
        let backend = try OpenVINOBackend(library: nil)
        guard try backend.supports(.bf16, on: "CPU") || backend.supports(.f16, on: "CPU") else { return }
        var classifier = squeezeNet()
        classifier.precision = .auto
        let transform = ClassifyTransform(classifier, settings: settings())
        let shared = try transform.load(.test())
        var (first, second) = (try transform.makeState(shared, .test()), try transform.makeState(shared, .test()))
        _ = try transform.apply(Batch(images(4)), &second)
        #expect(second.exact != nil && second.fast != nil && shared.exact != nil && shared.fast != nil)
        weak let exact = shared.exact.map { $0 as AnyObject }
        weak let fast = shared.fast.map { $0 as AnyObject }
        _ = try transform.apply(Batch(images(32)), &first)
        #expect((shared.exact == nil) != (shared.fast == nil))
        #expect((exact == nil) == (shared.exact == nil) && (fast == nil) == (shared.fast == nil))
        let before = try transform.apply(Batch(images(4)), &first).blocks[0].cells
        #expect(try transform.apply(Batch(images(4)), &second).blocks[0].cells == before)
        #expect((second.exact == nil) == (shared.exact == nil) && (second.fast == nil) == (shared.fast == nil))
    }
}
