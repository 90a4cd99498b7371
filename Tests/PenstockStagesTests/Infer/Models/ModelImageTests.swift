import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockSamples
@testable import PenstockStages

@Suite("Models of images with raw outputs", .tags(.native))
struct ModelImageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Images of one colour each, red, green and blue a row's own.
    private func images(_ colors: [[UInt8]], side: Int = 2) -> Block {
        let pixels = colors.flatMap { color in (0..<side * side).flatMap { _ in color } }
        let tensor = Tensor<UInt8>(shape: [colors.count, side, side, 3], elements: Buffer(pixels))
        return Block(["path": Column(strings: colors.map { "\($0)" }), "image": Column(.tensorUInt8(tensor))])
    }

    private let colors: [[UInt8]] = [[255, 0, 51], [0, 102, 204]]

    private func numbers(_ output: TransformOutput, _ name: String = "y") throws -> [Float] {
        let block = try #require(output.blocks.first)
        #expect(block["image"] == nil, "images do not go on")
        guard case .list(_, let elements)? = block[name]?.values, case .float32(let values) = elements.values else {
            Issue.record("\(block.schema)")
            return []
        }
        return values.array
    }

    private func expectClose(_ numbers: [Float], _ expected: [Float], _ note: Comment) {
        #expect(numbers.count == expected.count, note)
        for (one, other) in zip(numbers, expected) { #expect(abs(one - other) < 1e-4, note) }
    }

    @Test("Without preprocessing pixels are 0…255, whatever the layout", arguments: [true, false])
    func plainPixels(channelsFirst: Bool) throws {
        let job = ModelJob(model: try folder.model(Graphs.color(channelsFirst: channelsFirst)))
        expectClose(try numbers(job.applied(to: images(colors))), [255, 0, 51, 0, 102, 204], "\(channelsFirst)")
    }

    @Test("Preprocessing is put into the graph: mean, deviation and channel order", arguments: [true, false])
    func preprocessing(channelsFirst: Bool) throws {
        var job = ModelJob(model: try folder.model(Graphs.color(channelsFirst: channelsFirst)))
        job.preprocessing = Preprocessing(
            resize: 2,
            crop: 2,
            mean: [0.1, 0.2, 0.3],
            std: [0.5, 0.25, 2],
            channels: .bgr
        )
        let expected: [Float] = [(0.2 - 0.1) / 0.5, -0.2 / 0.25, 0.7 / 2, (0.8 - 0.1) / 0.5, 0.2 / 0.25, -0.3 / 2]
        expectClose(try numbers(job.applied(to: images(colors))), expected, "\(channelsFirst)")
    }

    @Test("Images of another size than the preprocessing's are taken as they are, where the model leaves the size open")
    func otherSizes() throws {
        var job = ModelJob(model: try folder.model(Graphs.color(channelsFirst: true, side: .named("S"))))
        job.preprocessing = .unit
        let transform = ModelTransform(job, settings: .test())
        let shared = try transform.load(.test())
        var state = try transform.makeState(shared, .test())
        let output = try transform.apply(Batch(images(colors, side: 5)), &state)
        expectClose(try numbers(output), [1, 0, 0.2, 0, 0.4, 0.8], "5")
        let error = try stageError { _ = try transform.apply(Batch(images(colors, side: 4)), &state) }
        #expect(error.message.contains("images of 5×5 first and images of 4×4 now"), "\(error.message)")
    }

    @Test("A size that the model fixes wins over the preprocessing's crop, before any image comes")
    func fixedSize() throws {
        var job = ModelJob(model: try folder.model(Graphs.color(channelsFirst: true, side: .fixed(7))))
        job.preprocessing = Preprocessing(resize: 256, crop: 224, mean: [0, 0, 0], std: [1, 1, 1], channels: .rgb)
        expectClose(try numbers(job.applied(to: images(colors, side: 7))), [1, 0, 0.2, 0, 0.4, 0.8], "7")
        let error = try stageError { _ = try job.applied(to: images(colors, side: 8)) }
        #expect(error.code == .invalidModel)
        #expect(error.message.contains("can't take images of 8x8"), "\(error.message)")
    }

    @Test("An image beside another input is prepared before the model", arguments: [true, false])
    func imageAmongInputs(channelsFirst: Bool) throws {
        let color = Graphs.color(channelsFirst: channelsFirst)
        var graph = ONNXGraph(
            name: "scaled",
            inputs: color.inputs + [.init(name: "factor", shape: [.named("N"), .fixed(1)])],
            outputs: color.outputs
        )
        let axes = channelsFirst ? [2, 3] : [1, 2]
        graph.add("ReduceMean", inputs: ["pixels"], output: "m", ("axes", .integers(axes)), ("keepdims", .integer(0)))
        graph.add("Mul", inputs: ["m", "factor"], output: "y")
        var job = ModelJob(model: try folder.model(graph), inputs: ["pixels": "image"])
        job.preprocessing = Preprocessing(resize: 2, crop: 2, mean: [0, 0, 0.2], std: [1, 2, 1], channels: .bgr)
        let block = images(colors)
        let both = Block(["image": block.columns[1], "factor": Column(float32: [1, 10])])
        let expected: [Float] = [0.2, 0, 0.8, 8, 2, -2]
        expectClose(try numbers(job.applied(to: both)), expected, "\(channelsFirst)")
    }

    @Test("Preprocessing without images is refused")
    func preprocessingOfNumbers() throws {
        var job = ModelJob(model: try folder.model(Graphs.double(.float32, [.named("N")])))
        job.preprocessing = .torchvision
        let error = try stageError { _ = try job.applied(to: Block(["x": Column(float32: [1])])) }
        #expect(error.code == .invalidInput)
        #expect(error.message.contains("the preprocessing is for images"))
    }

    @Test(
        "A real model of images gives its scores as a column, the same as the classifier ranks",
        .enabled(if: RealData.isPresent, RealData.reason)
    )
    func realModel() throws {
        let path = RealData.path("models/squeezenet_fp16.onnx")
        let colors: [[UInt8]] = [[200, 30, 30], [20, 120, 220], [90, 90, 90]]
        let block = images(colors, side: 224)
        var classifier = Classifier(model: path)
        classifier.preprocessing = .caffe
        classifier.precision = .f32
        let ranked = try ClassifyTransform(classifier, settings: .test()).applied(to: block)
        var job = ModelJob(model: path)
        job.preprocessing = .caffe
        let output = try #require(try job.applied(to: block).blocks.first)
        #expect(output.schema.fields.last?.type == .tensorFloat32([1000, 1, 1]))
        guard case .tensorFloat32(let scores)? = output.columns.last?.values else { return }
        let (classes, confidences) = (
            try ranked.blocks[0].int32s("predicted_class"), try ranked.blocks[0].float32s("confidence")
        )
        for row in 0..<3 {
            let values = scores.slice(row..<row + 1).elements.array
            #expect(values.firstIndex(of: values.max() ?? 0) == Int(classes[row]))
            #expect(abs((values.max() ?? 0) - confidences[row]) < 1e-6)
        }
    }
}
