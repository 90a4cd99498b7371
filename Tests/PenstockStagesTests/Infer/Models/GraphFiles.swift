import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockSamples
@testable import PenstockStages

/// Small models whose answers a test computes itself.
enum Graphs {
    typealias Port = ONNXGraph.Port

    /// `sum` = a + b, `product` = a · W with W = [[1, 2], [3, 4], [5, 6]].
    static func pair(rows: ONNXGraph.Dimension = .named("N")) -> ONNXGraph {
        var graph = ONNXGraph(
            name: "pair",
            inputs: [Port(name: "a", shape: [rows, .fixed(3)]), Port(name: "b", shape: [rows, .fixed(3)])],
            outputs: [Port(name: "sum", shape: [rows, .fixed(3)]), Port(name: "product", shape: [rows, .fixed(2)])]
        )
        let weight = graph.addTensor("weight", shape: [3, 2], .values([1, 2, 3, 4, 5, 6]))
        graph.add("Add", inputs: ["a", "b"], output: "sum")
        graph.add("MatMul", inputs: ["a", weight], output: "product")
        return graph
    }

    /// `y` = x + x, of any type and shape.
    static func double(
        _ type: ONNXGraph.ElementType,
        _ shape: [ONNXGraph.Dimension],
        names: (String, String) = ("x", "y")
    ) -> ONNXGraph {
        var graph = ONNXGraph(
            name: "double",
            inputs: [Port(name: names.0, type: type, shape: shape)],
            outputs: [Port(name: names.1, type: type, shape: shape)]
        )
        graph.add("Add", inputs: [names.0, names.0], output: names.1)
        return graph
    }

    /// The vectors of some ids: `y` = table[ids], with table[i] = [10i, 10i + 1, 10i + 2] and ids 0…4.
    static func embedding(_ shape: [ONNXGraph.Dimension]) -> ONNXGraph {
        var graph = ONNXGraph(
            name: "embedding",
            inputs: [Port(name: "ids", type: .int64, shape: shape)],
            outputs: [Port(name: "y", shape: shape + [.fixed(3)])]
        )
        let table = graph.addTensor("table", shape: [5, 3], .values((0..<15).map { Float($0 / 3 * 10 + $0 % 3) }))
        graph.add("Gather", inputs: [table, "ids"], output: "y")
        return graph
    }

    /// `y` = the mean of all of x, without an axis of rows, beside `z` = x + x.
    static func mean() -> ONNXGraph {
        var graph = ONNXGraph(
            name: "mean",
            inputs: [Port(name: "x", shape: [.named("N"), .fixed(2)])],
            outputs: [Port(name: "y", shape: []), Port(name: "z", shape: [.named("N"), .fixed(2)])]
        )
        graph.add("ReduceMean", inputs: ["x"], output: "y", ("keepdims", .integer(0)))
        graph.add("Add", inputs: ["x", "x"], output: "z")
        return graph
    }

    /// The mean colour of images: `y` [N, 3].
    static func color(channelsFirst: Bool, side: ONNXGraph.Dimension = .fixed(2)) -> ONNXGraph {
        let sizes: [ONNXGraph.Dimension] = channelsFirst ? [.fixed(3), side, side] : [side, side, .fixed(3)]
        var graph = ONNXGraph(
            name: "color",
            inputs: [Port(name: "pixels", shape: [.named("N")] + sizes)],
            outputs: [Port(name: "y", shape: [.named("N"), .fixed(3)])]
        )
        let axes = channelsFirst ? [2, 3] : [1, 2]
        graph.add("ReduceMean", inputs: ["pixels"], output: "y", ("axes", .integers(axes)), ("keepdims", .integer(0)))
        return graph
    }
}

extension TemporaryFolder {
    /// Writes a model and gives its path.
    func model(_ graph: ONNXGraph, _ name: String = "model.onnx") throws -> String {
        var bytes: [UInt8] = []
        try graph.encode { (piece: [UInt8]) throws(SampleError) in bytes += piece }
        return try file(name, bytes)
    }
}

extension ClassifyTransform.ModelSettings {
    /// One worker of one thread, and no cache.
    static func test(_ facts: ModelFacts = ModelFacts(), workers: Int = 1, library: String? = nil) -> Self {
        Self(workers: workers, threadsPerWorker: 1, cacheDirectory: nil, backendLibrary: library, facts: facts)
    }
}

extension ModelJob {
    /// Loads the model, and runs it on one block.
    func applied(to block: Block) throws -> TransformOutput {
        try ModelTransform(self, settings: .test()).applied(to: block)
    }

    /// The columns of one block's output, as texts.
    func cells(_ block: Block) throws -> [String: [String]] {
        let output = try applied(to: block)
        #expect(output.failures.isEmpty, "\(output.failures)")
        return try #require(output.blocks.first).cells
    }
}

extension Column {
    /// Lists of f32, each of one length.
    static func lists(_ rows: [[Float]]) -> Column {
        Column(listOf: Column(float32: rows.flatMap(\.self)), lengths: rows.map(\.count))
    }

    /// Lists of i64.
    static func lists(_ rows: [[Int64]]) -> Column {
        Column(listOf: Column(int64: rows.flatMap(\.self)), lengths: rows.map(\.count))
    }
}
