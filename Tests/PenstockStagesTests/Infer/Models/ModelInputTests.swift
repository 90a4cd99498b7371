import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockSamples
@testable import PenstockStages

@Suite("What a model cannot be fed", .tags(.native))
struct ModelInputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func path(_ graph: ONNXGraph) throws -> String { try folder.model(graph) }

    @Test("An input without a column lists the inputs, the columns and the way to name one")
    func missingColumn() throws {
        let job = ModelJob(model: try path(Graphs.pair()))
        let block = Block([
            "a": Column.lists([[1, 2, 3]] as [[Float]]), "other": Column.lists([[1, 2, 3]] as [[Float]]),
        ])
        let error = try stageError { _ = try job.applied(to: block) }
        #expect(error.code == .invalidInput)
        #expect(
            error.message == """
                the model's input "b": f32 [?,3] has no column of its name, and it must be said which one feeds it. The \
                inputs of "\(job.model)" are "a": f32 [?,3], "b": f32 [?,3]; the rows have [a: list<float>, other: \
                list<float>]. Name the column: inputs: ["b": "a"], or --input b=a.
                """
        )
        let schema = block.schema.fields
        let early = try stageError { _ = try ModelTransform.outputFields(of: job, input: schema, backendLibrary: nil) }
        #expect(early == error)
    }

    @Test(
        "Names that are none are refused with what there is",
        arguments: [
            (["c": "a"], [:], nil, "the model has no input \"c\"", "\"b\": f32 [?,3]"),
            (
                ["b": "z"], [:], nil, "there is no column \"z\" for the model's input \"b\": f32 [?,3]",
                "[a: list<float>"
            ),
            ([:], ["y": "y"], nil, "the model has no output \"y\"", "\"sum\": f32 [?,3], \"product\": f32 [?,2]"),
            ([:], [:], ["z"], "there is no column \"z\" to keep", "[a: list<float>"),
            ([:], ["sum": "a", "product": "a"], ["b"], "cannot become column \"a\"", "`outputs`"),
            ([:], ["sum": "note"], nil, "cannot become column \"note\"", "`keep`"),
        ] as [([String: String], [String: String], [String]?, String, String)]
    )
    func wrongNames(
        inputs: [String: String],
        outputs: [String: String],
        keep: [String]?,
        first: String,
        second: String
    ) throws {
        let job = ModelJob(model: try path(Graphs.pair()), inputs: inputs, outputs: outputs, keep: keep)
        let lists = Column.lists([[1, 2, 3]] as [[Float]])
        let block = Block(["a": lists, "b": lists, "note": Column(int32: [1])])
        let error = try stageError { _ = try job.applied(to: block) }
        #expect(error.code == .invalidInput)
        #expect(error.message.contains(first) && error.message.contains(second), "\(error.message)")
    }

    @Test(
        "Columns of a wrong type are refused with both types",
        arguments: [
            (ONNXGraph.ElementType.float32, Column(strings: ["a"]), "it is not made of numbers"),
            (.int64, Column(float32: [1]), "f32 becomes i64 only with loss"),
            (.bool, Column(int32: [1]), "i32 becomes bool only with loss"),
            (.float32, Column(.tensorFloat32(Tensor(shape: [1, 2], elements: Buffer([1, 2])))), "shape [2]"),
            (.float32, Column(listOf: .lists([[1]] as [[Float]]), lengths: [1]), "lists of them"),
        ]
    )
    func wrongTypes(type: ONNXGraph.ElementType, column: Column, words: String) throws {
        var graph = ONNXGraph(
            name: "same",
            inputs: [.init(name: "x", type: type, shape: [.named("N")])],
            outputs: [.init(name: "y", type: type, shape: [.named("N")])]
        )
        graph.add("Identity", inputs: ["x"], output: "y")
        let job = ModelJob(model: try path(graph))
        let error = try stageError { _ = try job.applied(to: Block(["x": column])) }
        #expect(error.code == .invalidInput)
        #expect(error.message.contains(words), "\(error.message)")
        #expect(error.message.contains("column \"x\" (\(column.type))"), "\(error.message)")
    }

    @Test("A tensor whose axes lie otherwise is refused, not turned round")
    func exchangedAxes() throws {
        let graph = Graphs.double(.float32, [.named("N"), .fixed(3), .fixed(2)])
        let tensor = Tensor<Float>(shape: [1, 2, 3], elements: Buffer([1, 2, 3, 4, 5, 6]))
        let job = ModelJob(model: try path(graph))
        let error = try stageError { _ = try job.applied(to: Block(["x": Column(.tensorFloat32(tensor))])) }
        #expect(error.message.contains("a row has the shape [2, 3], and the model takes [3, 2]"), "\(error.message)")
    }

    @Test("Rows with a missing value, a wrong length or a missing number fail alone; the others keep their answers")
    func badRows() throws {
        let elements = Column(
            .float32(Buffer([1, 2, 3, 9, 4, 5, 6, 7, 8, 9, 1, 1, 1])),
            validity: Bitmap((0..<13).map { $0 != 8 })
        )
        let offsets = Buffer<Int32>([0, 3, 4, 7, 7, 10, 13])
        let lists = Column(
            .list(offsets: offsets, elements: elements),
            validity: Bitmap([true, true, true, false, true, true])
        )
        let block = Block([
            "path": Column(strings: ["0", "1", "2", "3", "4", "5"]), "a": lists,
            "b": Column.lists(Array(repeating: [1, 1, 1], count: 6) as [[Float]]),
        ])
        for rows in [ONNXGraph.Dimension.named("N"), .fixed(2)] {
            let job = ModelJob(model: try path(Graphs.pair(rows: rows)), keep: ["path", "a"])
            let output = try job.applied(to: block)
            #expect(output.failures.map(\.path) == ["1", "3", "4"])
            #expect(output.failures.allSatisfy { $0.stage == "model" && $0.code == .invalidInput && $0.attempts == 1 })
            let messages = output.failures.map(\.message)
            try #require(messages.count == 3)
            #expect(messages[0].contains("column \"a\" has 1 numbers in this row"), "\(messages[0])")
            #expect(messages[0].contains("takes 3"))
            #expect(messages[1].contains("column \"a\" has no value"))
            #expect(messages[2].contains("number 1 of column \"a\" is missing"), "\(messages[2])")
            let cells = try #require(output.blocks.first).cells
            #expect(cells["path"] == ["'0'", "'2'", "'5'"])
            #expect(cells["a"] == ["[1.0, 2.0, 3.0]", "[4.0, 5.0, 6.0]", "[1.0, 1.0, 1.0]"])
            #expect(cells["sum"] == ["[2.0, 3.0, 4.0]", "[5.0, 6.0, 7.0]", "[2.0, 2.0, 2.0]"])
        }
    }

    @Test("When every row is bad there are failures and no block; rows without a path are named by their number")
    func onlyBadRows() throws {
        let job = ModelJob(model: try path(Graphs.double(.float32, [.named("N")])))
        let column = Column(.float32(Buffer([1, 2])), validity: Bitmap([false, false]))
        let output = try job.applied(to: Block(["x": column]))
        #expect(output.blocks.isEmpty)
        #expect(output.failures.map(\.path) == ["0", "1"])
    }

    @Test(
        "A number that does not fit the model's type fails its row, with the number",
        arguments: [
            (ONNXGraph.ElementType.int32, Column(int64: [1, 3_000_000_000]), "3000000000"),
            (.int64, Column(int64: [1, -3_000_000_000]), "-3000000000"),
            (.float64, Column(float64: [1, 1e39]), "1e+39"),
            (.uint8, Column(int32: [1, -1]), "-1"), (.int8, Column(.uint8(Buffer([1, 200]))), "200"),
            (.uint64, Column(int64: [1, -5]), "-5"), (.float32, Column(float64: [1, 1e300]), "1e+300"),
            (.float16, Column(float32: [1, 70_000]), "70000.0"),
        ]
    )
    func numbersThatDoNotFit(type: ONNXGraph.ElementType, column: Column, number: String) throws {
        let job = ModelJob(model: try path(Graphs.double(type, [.named("N")])))
        let output = try job.applied(to: Block(["x": column]))
        #expect(output.blocks.first?.rowCount == 1)
        #expect(output.failures.map(\.path) == ["1"])
        #expect(output.failures.first?.message.contains("column \"x\" has \(number) in this row") == true)
    }

    @Test("Inputs that fix different numbers of rows are refused, with their shapes")
    func disagreeingRows() throws {
        var graph = ONNXGraph(
            name: "disagree",
            inputs: [.init(name: "a", shape: [.fixed(2)]), .init(name: "b", shape: [.fixed(3)])],
            outputs: [.init(name: "y", shape: [.fixed(5)])]
        )
        graph.add("Concat", inputs: ["a", "b"], output: "y", ("axis", .integer(0)))
        let job = ModelJob(model: try path(graph))
        let block = Block(["a": Column(float32: [1]), "b": Column(float32: [1])])
        let error = try stageError { _ = try job.applied(to: block) }
        #expect(error.message.contains("\"a\": f32 [2], \"b\": f32 [3]"), "\(error.message)")
    }

    @Test("A missing library and a file that is no model stop the load")
    func unusableModels() throws {
        let job = ModelJob(model: try path(Graphs.pair()))
        let settings = ClassifyTransform.ModelSettings.test(library: folder("absent.so"))
        #expect(
            try stageError { _ = try ModelTransform(job, settings: settings).load(.test()) }.code == .backendMissing
        )
        let other = ModelJob(model: try folder.file("page.onnx", text: "<!DOCTYPE html><html>"))
        let error = try stageError { _ = try ModelTransform(other, settings: .test()).load(.test()) }
        #expect(error.code == .invalidModel)
        #expect(error.message.contains("HTML page"))
    }
}
