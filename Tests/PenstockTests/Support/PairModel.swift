@testable import PenstockSamples

extension Models {
    /// A model with two inputs of three numbers a row and two outputs: `sum` = a + b, `first` = a · [1, 0, 0].
    @discardableResult
    static func pair(_ folder: TemporaryFolder) throws -> String {
        let rows = ONNXGraph.Dimension.named("N")
        var graph = ONNXGraph(
            name: "pair",
            inputs: [.init(name: "a", shape: [rows, .fixed(3)]), .init(name: "b", shape: [rows, .fixed(3)])],
            outputs: [.init(name: "sum", shape: [rows, .fixed(3)]), .init(name: "first", shape: [rows, .fixed(1)])]
        )
        let weight = graph.addTensor("weight", shape: [3, 1], .values([1, 0, 0]))
        graph.add("Add", inputs: ["a", "b"], output: "sum")
        graph.add("MatMul", inputs: ["a", weight], output: "first")
        return try write(graph, "pair.onnx", folder)
    }

    /// `risk` = age · 0.01 + dose · 0.1, of one number a row each.
    @discardableResult
    static func risk(_ folder: TemporaryFolder) throws -> String {
        let shape: [ONNXGraph.Dimension] = [.named("N"), .fixed(1)]
        var graph = ONNXGraph(
            name: "risk",
            inputs: [.init(name: "age", shape: shape), .init(name: "dose", shape: shape)],
            outputs: [.init(name: "risk", shape: shape)]
        )
        let (first, second) = (
            graph.addTensor("first", shape: [1, 1], .values([0.01])),
            graph.addTensor("second", shape: [1, 1], .values([0.1]))
        )
        graph.add("MatMul", inputs: ["age", first], output: "old")
        graph.add("MatMul", inputs: ["dose", second], output: "much")
        graph.add("Add", inputs: ["old", "much"], output: "risk")
        return try write(graph, "risk.onnx", folder)
    }

    private static func write(_ graph: ONNXGraph, _ name: String, _ folder: TemporaryFolder) throws -> String {
        var bytes: [UInt8] = []
        try graph.encode { (piece: [UInt8]) throws(SampleError) in bytes += piece }
        return try folder.file(name, bytes)
    }
}
