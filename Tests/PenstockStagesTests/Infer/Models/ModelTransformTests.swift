import PenstockCore
import PenstockPlan
import Synchronization
import Testing

@testable import PenstockSamples
@testable import PenstockStages

@Suite("Models of any inputs and outputs", .tags(.native))
struct ModelTransformTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let pairRows: [[Float]] = [[1, 2, 3], [4, 5, 6], [-1, 0, 0.5]]

    private var pairBlock: Block {
        Block([
            "path": Column(strings: ["p", "q", "r"]),
            "a": .lists(pairRows),
            "b": .lists([[10, 10, 10], [0, 1, 0], [1, 1, 1]] as [[Float]]),
            "note": Column(int32: [7, 8, 9]),
        ])
    }

    private let pairResult = [
        "path": ["'p'", "'q'", "'r'"], "note": ["7", "8", "9"],
        "sum": ["[11.0, 12.0, 13.0]", "[4.0, 6.0, 6.0]", "[0.0, 1.0, 1.5]"],
        "product": ["[22.0, 28.0]", "[49.0, 64.0]", "[1.5, 1.0]"],
    ]

    @Test("Two inputs are fed by name, two outputs become list columns, and the other columns go on")
    func twoInputsAndOutputs() throws {
        let facts = ModelFacts()
        let job = ModelJob(model: try folder.model(Graphs.pair()))
        let transform = ModelTransform(job, settings: .test(facts))
        let block = try #require(try transform.applied(to: pairBlock).blocks.first)
        #expect(block.schema.fields.map(\.name) == ["path", "note", "sum", "product"])
        #expect(block.cells == pairResult)
        #expect(facts.report.hash.count == 64)
        #expect(facts.report.precision == "f32")
        #expect(facts.version.hasPrefix("2026."))
    }

    @Test("A mapping names columns and outputs, leaves outputs out, and says what is kept")
    func mapping() throws {
        var job = ModelJob(model: try folder.model(Graphs.pair()), inputs: ["b": "a"], outputs: ["sum": "twice"])
        #expect(try job.cells(pairBlock)["twice"] == ["[2.0, 4.0, 6.0]", "[8.0, 10.0, 12.0]", "[-2.0, 0.0, 1.0]"])
        #expect(try job.applied(to: pairBlock).blocks[0].schema.fields.map(\.name) == ["path", "b", "note", "twice"])
        job.keep = ["a", "path"]
        #expect(try job.applied(to: pairBlock).blocks[0].schema.fields.map(\.name) == ["path", "a", "twice"])
        job.keep = []
        #expect(try job.applied(to: pairBlock).blocks[0].schema.fields.map(\.name) == ["twice"])
    }

    @Test("A batch that the file fixes is filled up and looped over; rows do not notice", arguments: [1, 2, 4])
    func fixedBatch(rows: Int) throws {
        let job = ModelJob(model: try folder.model(Graphs.pair(rows: .fixed(rows))))
        #expect(try job.cells(pairBlock) == pairResult)
    }

    @Test("A column that is a slice in the middle of its memory gives the rows of the slice")
    func slices() throws {
        let job = ModelJob(model: try folder.model(Graphs.pair()))
        #expect(try job.cells(pairBlock.slice(1..<3)) == pairResult.mapValues { Array($0[1...]) })
    }

    @Test(
        "Every numeric column feeds an input of floats, as [rows] and as [rows, 1]",
        arguments: [
            Column(.bool(Bitmap([true, false]))), Column(.uint8(Buffer([1, 0]))), Column(int32: [1, 0]),
            Column(int64: [1, 0]), Column(float32: [1, 0]), Column(float64: [1, 0]),
        ]
    )
    func numericColumns(column: Column) throws {
        let shapes: [[ONNXGraph.Dimension]] = [[.named("N")], [.named("N"), .fixed(1)]]
        for (index, shape) in shapes.enumerated() {
            for type in [ONNXGraph.ElementType.float32, .float64, .float16] {
                let job = ModelJob(model: try folder.model(Graphs.double(type, shape), "\(index)\(type).onnx"))
                #expect(try job.cells(Block(["any": column])) == ["y": ["2.0", "0.0"]], "\(shape) \(type)")
            }
        }
    }

    @Test(
        "Outputs of each type become columns that hold it without loss",
        arguments: [
            (ONNXGraph.ElementType.float32, ColumnType.float32), (.float64, .float64), (.float16, .float32),
            (.int64, .int64), (.int32, .int32), (.uint8, .uint8), (.int8, .int32), (.int16, .int32), (.uint16, .int32),
            (.uint32, .int64), (.uint64, .float64),
        ]
    )
    func outputTypes(type: ONNXGraph.ElementType, expected: ColumnType) throws {
        let job = ModelJob(model: try folder.model(Graphs.double(type, [.named("N")])))
        let column = type == .float64 ? Column(float64: [3, 50]) : Column(.uint8(Buffer([3, 50])))
        let block = try #require(try job.applied(to: Block(["x": column])).blocks.first)
        #expect(block.schema.fields == [Field("y", expected)])
        let isFloat = [.float32, .float64].contains(expected)
        #expect(block.cells["y"] == (isFloat ? ["6.0", "100.0"] : ["6", "100"]))
        let fields = try ModelTransform.outputFields(of: job, input: [Field("x", column.type)], backendLibrary: nil)
        #expect(fields == block.schema.fields)
    }

    @Test("A bool goes in and comes out as a bool")
    func bools() throws {
        var graph = ONNXGraph(
            name: "not",
            inputs: [.init(name: "x", type: .bool, shape: [.named("N")])],
            outputs: [.init(name: "y", type: .bool, shape: [.named("N")])]
        )
        graph.add("Not", inputs: ["x"], output: "y")
        let job = ModelJob(model: try folder.model(graph))
        let bits = (0..<11).map { $0 % 3 == 0 }
        #expect(try job.cells(Block(["x": Column(.bool(Bitmap(bits)))]))["y"] == bits.map { "\(!$0)" })
    }

    @Test("f64 comes out as double, and an f16 beside it as float")
    func doubles() throws {
        var graph = Graphs.double(.float64, [.named("N")])
        graph = ONNXGraph(
            name: "both",
            inputs: graph.inputs + [.init(name: "h", type: .float16, shape: [.named("N")])],
            outputs: graph.outputs + [.init(name: "g", type: .float16, shape: [.named("N")])]
        )
        graph.add("Add", inputs: ["x", "x"], output: "y")
        graph.add("Add", inputs: ["h", "h"], output: "g")
        let job = ModelJob(model: try folder.model(graph))
        let block = Block(["x": Column(float64: [0.5, 0x1p100]), "h": Column(float32: [0.25, -3])])
        #expect(try job.cells(block) == ["y": ["1.0", "\(0x1p101)"], "g": ["0.5", "-6.0"]])
    }

    @Test("Integers of 64 bits feed an embedding: ids in, vectors out, and integers beyond what f32 counts")
    func embeddings() throws {
        let job = ModelJob(model: try folder.model(Graphs.embedding([.named("N")])))
        let block = Block(["path": Column(strings: ["a", "b", "c"]), "token": Column(int64: [4, 0, 2])])
        #expect(try job.cells(block)["y"] == ["[40.0, 41.0, 42.0]", "[0.0, 1.0, 2.0]", "[20.0, 21.0, 22.0]"])
        let large = ModelJob(model: try folder.model(Graphs.double(.int64, [.named("N"), .fixed(1)]), "large.onnx"))
        #expect(try large.cells(Block(["x": Column(int64: [(1 << 29) + 1])]))["y"] == ["1073741826"])
    }

    @Test("Rows of two axes and more become tensors; their shape is known before anything runs")
    func tensorOutputs() throws {
        let job = ModelJob(model: try folder.model(Graphs.embedding([.named("N"), .fixed(2)])))
        let block = Block(["ids": Column.lists([[1, 2], [3, 4]] as [[Int64]])])
        let result = try #require(try job.applied(to: block).blocks.first)
        #expect(result.schema.fields == [Field("y", .tensorFloat32([2, 3]))])
        #expect(result.cells["y"] == ["[10.0, 11.0, 12.0, 20.0, 21.0, 22.0]", "[30.0, 31.0, 32.0, 40.0, 41.0, 42.0]"])
        let fields = try ModelTransform.outputFields(of: job, input: block.schema.fields, backendLibrary: nil)
        #expect(fields == result.schema.fields)
    }

    @Test("Rows of several lengths go to the model by length and come back in order")
    func lengths() throws {
        var graph = ONNXGraph(
            name: "lengths",
            inputs: [.init(name: "x", shape: [.named("N"), .named("L")])],
            outputs: [.init(name: "y", shape: [.named("N"), .named("L")]), .init(name: "sum", shape: [.named("N")])]
        )
        graph.add("Add", inputs: ["x", "x"], output: "y")
        graph.add("ReduceMax", inputs: ["x"], output: "sum", ("axes", .integers([1])), ("keepdims", .integer(0)))
        let job = ModelJob(model: try folder.model(graph))
        let block = Block(["x": Column.lists([[1], [2, 3], [4, 5], [6]] as [[Float]])])
        let result = ["y": ["[2.0]", "[4.0, 6.0]", "[8.0, 10.0]", "[12.0]"], "sum": ["1.0", "3.0", "5.0", "6.0"]]
        #expect(try job.cells(block) == result)
        let fields = try ModelTransform.outputFields(of: job, input: block.schema.fields, backendLibrary: nil)
        #expect(fields == [Field("y", .list(.float32)), Field("sum", .float32)])
    }

    @Test("Tensor and binary columns give their numbers in order; a flat row takes any shape")
    func tensorsAndBinaries() throws {
        let flat = ModelJob(model: try folder.model(Graphs.double(.float32, [.named("N"), .fixed(4)]), "flat.onnx"))
        let tensor = Tensor<Float>(shape: [2, 2, 2], elements: Buffer([1, 2, 3, 4, 5, 6, 7, 8]))
        let expected = ["[2.0, 4.0, 6.0, 8.0]", "[10.0, 12.0, 14.0, 16.0]"]
        #expect(try flat.cells(Block(["x": Column(.tensorFloat32(tensor))]))["y"] == expected)
        let bytes = VariableBytes(lengths: [4, 4]) { span in for index in 0..<8 { span[index] = UInt8(index + 1) } }
        #expect(try flat.cells(Block(["x": Column(.binary(bytes))]))["y"] == expected)
        let deep = Graphs.double(.float32, [.named("N"), .fixed(1), .fixed(2), .fixed(2)])
        let square = ModelJob(model: try folder.model(deep, "deep.onnx"))
        let block = Block(["x": Column.lists([[1, 2, 3, 4]] as [[Float]])])
        let result = try #require(try square.applied(to: block).blocks.first)
        #expect(result.schema.fields == [Field("y", .tensorFloat32([1, 2, 2]))])
        #expect(result.cells["y"] == ["[2.0, 4.0, 6.0, 8.0]"])
    }

    @Test("Names of outputs become plain names of columns that are free")
    func names() throws {
        let shape: [ONNXGraph.Dimension] = [.named("N")]
        var graph = ONNXGraph(
            name: "names",
            inputs: [.init(name: "x", shape: shape)],
            outputs: ["/head/Add:0", "345", "path", "head_Add-0", "head Add 0"].map { .init(name: $0, shape: shape) }
        )
        for output in graph.outputs { graph.add("Add", inputs: ["x", "x"], output: output.name) }
        let job = ModelJob(model: try folder.model(graph))
        let block = Block(["path": Column(strings: ["p"]), "x": Column(float32: [1])])
        let names = try #require(try job.applied(to: block).blocks.first).schema.fields.map(\.name)
        #expect(names == ["path", "head_Add_0", "output_345", "path_2", "head_Add_0_2", "head_Add_0_3"])
    }

    @Test("An output without an axis of rows is refused with its shape, and can be left out")
    func outputWithoutRows() throws {
        var job = ModelJob(model: try folder.model(Graphs.mean()))
        let block = Block(["x": Column.lists([[1, 2], [3, 4]] as [[Float]])])
        let error = try stageError { _ = try job.applied(to: block) }
        #expect(error.code == .invalidModel)
        #expect(error.message.contains("\"y\": f32 [] has no axis of rows"), "\(error.message)")
        #expect(error.message.contains("Leave it out"))
        job.outputs = ["z": "z"]
        #expect(try job.cells(block) == ["z": ["[2.0, 4.0]", "[6.0, 8.0]"]])
    }

    @Test("An output whose first axis turns out not to be the rows is refused while running")
    func outputOfOtherRows() throws {
        var graph = ONNXGraph(
            name: "pairs",
            inputs: [.init(name: "x", shape: [.named("N"), .fixed(2)])],
            outputs: [.init(name: "y", shape: [.named("M"), .fixed(2)])]
        )
        graph.add("Concat", inputs: ["x", "x"], output: "y", ("axis", .integer(0)))
        let job = ModelJob(model: try folder.model(graph))
        let error = try stageError { _ = try job.applied(to: Block(["x": Column.lists([[1, 2]] as [[Float]])])) }
        #expect(error.code == .invalidModel)
        #expect(error.message.contains("it gave [2, 2] for 1 rows"), "\(error.message)")
    }

    @Test("Several workers share one model and give the same rows")
    func workers() async throws {
        let job = ModelJob(model: try folder.model(Graphs.pair()))
        let transform = ModelTransform(job, settings: .test(workers: 4))
        let shared = try transform.load(.test())
        let (block, result) = (pairBlock, pairResult)
        try await withThrowingTaskGroup(of: [String: [String]]?.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var state = try transform.makeState(shared, .test())
                    var cells: [String: [String]]?
                    for _ in 0..<20 { cells = try transform.apply(Batch(block), &state).blocks.first?.cells }
                    return cells
                }
            }
            for try await cells in group { #expect(cells == result) }
        }
    }

    @Test("Blocks with other columns are joined to the model anew, by the same worker")
    func otherColumns() throws {
        let job = ModelJob(model: try folder.model(Graphs.double(.float32, [.named("N")])))
        let transform = ModelTransform(job, settings: .test())
        var state = try transform.makeState(try transform.load(.test()), .test())
        let first = Block(["x": Column(float32: [1, 2]), "id": Column(int32: [5, 6])])
        let second = Block(["id": Column(int32: [7]), "x": Column(int64: [3])])
        for (block, cells) in [
            (first, ["id": ["5", "6"], "y": ["2.0", "4.0"]]), (second, ["id": ["7"], "y": ["6.0"]]),
            (first, ["id": ["5", "6"], "y": ["2.0", "4.0"]]),
        ] {
            #expect(try transform.apply(Batch(block), &state).blocks.first?.cells == cells)
        }
    }

    @Test("Model, requests and batches are given back with the worker")
    func release() throws {
        let job = ModelJob(model: try folder.model(Graphs.pair(rows: .fixed(2))))
        let transform = ModelTransform(job, settings: .test())
        weak var model: LoadedModel?
        weak var run: ModelRun?
        do {
            var state: ModelTransform.State? = try transform.makeState(try transform.load(.test()), .test())
            _ = try transform.apply(Batch(pairBlock), &state!)
            (model, run) = (state?.model, state?.bound?.run)
            #expect(model != nil && run != nil)
            state = nil
        }
        #expect(model == nil && run == nil)
    }

    @Test("A run that is stopped ends between two inferences")
    func cancellation() throws {
        let job = ModelJob(model: try folder.model(Graphs.pair(rows: .fixed(1))))
        let transform = ModelTransform(job, settings: .test())
        let calls = Atomic<Int>(0)
        let context = StageContext(worker: 0, clock: StandingClock()) {
            calls.wrappingAdd(1, ordering: .relaxed).newValue > 2
        }
        var state = try transform.makeState(try transform.load(context), context)
        let error = try stageError { _ = try transform.apply(Batch(pairBlock), &state) }
        #expect(error.code == .cancelled)
        #expect(calls.load(ordering: .relaxed) == 3)
    }

    @Test("The output fits what is reserved for it, and the columns that are kept are counted")
    func outputBytes() throws {
        var job = ModelJob(model: try folder.model(Graphs.embedding([.named("N"), .fixed(2)])))
        job.keep = ["ids"]
        let block = Block(["ids": Column.lists(Array(repeating: [1, 2], count: 1000) as [[Int64]])])
        let transform = ModelTransform(job, settings: .test())
        #expect(transform.outputBytes(for: block) > .mebibytes(3), "4 KiB a row before anything is known")
        let output = try #require(try transform.applied(to: block).blocks.first)
        let bound = transform.outputBytes(for: block)
        #expect(output.byteCount <= bound)
        #expect(bound < .mebibytes(1))
    }

    @Test("Where shapes are open, what came out is the measure")
    func measuredOutputBytes() throws {
        let job = ModelJob(model: try folder.model(Graphs.embedding([.named("N"), .named("L")])))
        let block = Block(["ids": Column.lists(Array(repeating: [1, 2, 3], count: 100) as [[Int64]])])
        let transform = ModelTransform(job, settings: .test())
        let before = transform.outputBytes(for: block)
        let output = try #require(try transform.applied(to: block).blocks.first)
        #expect(transform.outputBytes(for: block) < before)
        #expect(output.byteCount <= transform.outputBytes(for: block))
        let fields = try ModelTransform.outputFields(of: job, input: block.schema.fields, backendLibrary: nil)
        #expect(fields == nil, "the tensor's shape shows only while running")
    }
}
