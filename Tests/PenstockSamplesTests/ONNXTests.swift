import Foundation
import Testing

@testable import PenstockSamples

@Suite("ONNX writer")
struct ONNXTests {
    @Test("Fields are encoded as the Protocol Buffers guide shows")
    func knownProtobufBytes() {
        var number = ProtobufWriter()
        number.write(150, field: 1)
        #expect(number.bytes == [0x08, 0x96, 0x01])

        var text = ProtobufWriter()
        text.write("testing", field: 2)
        #expect(text.bytes == [0x12, 0x07] + Array("testing".utf8))

        var nested = ProtobufWriter()
        nested.write(number, field: 3)
        #expect(nested.bytes == [0x1A, 0x03, 0x08, 0x96, 0x01])
    }

    @Test("Varints take seven bits a byte; negative numbers take ten bytes; high field numbers a longer tag")
    func varintLengths() {
        let cases: [(Int, [UInt8])] = [
            (0, [0]), (127, [0x7F]), (128, [0x80, 1]), (16_384, [0x80, 0x80, 1]),
            (-1, [UInt8](repeating: 0xFF, count: 9) + [1]),
        ]
        for (value, expected) in cases {
            var writer = ProtobufWriter()
            writer.write(value, field: 1)
            #expect(writer.bytes == [0x08] + expected)
        }
        var writer = ProtobufWriter()
        writer.write(Float(1), field: 20)
        #expect(writer.bytes == [0xA5, 0x01, 0, 0, 0x80, 0x3F])
    }

    @Test("A graph's declared size is the size that is written, and equal seeds give equal bytes")
    func declaredSizeIsTheWrittenSize() throws {
        let bytes = try encoded(smallGraph(seed: 3))
        #expect(bytes.count == smallGraph(seed: 3).encodedByteCount)
        #expect(try bytes == encoded(smallGraph(seed: 3)))
        #expect(try bytes != encoded(smallGraph(seed: 4)))
        // ir_version 8 first, the default operator set in version 13 last.
        #expect(bytes.starts(with: [0x08, 0x08, 0x12, 0x08]))
        #expect(bytes.suffix(6) == [0x42, 0x04, 0x0A, 0x00, 0x10, 0x0D])
    }

    @Test("Weights are within their bound, spread over it, and constants are what they say")
    func weightsFollowTheirDescription() throws {
        let bytes = try encoded(smallGraph(seed: 3))
        let name = Array("weight".utf8)
        let place = try #require(bytes.firstRange(of: [0x42, 0x06] + name)?.upperBound)
        // Tag and length of raw_data: 4 * 3 * 100 000 bytes is a varint of three bytes.
        let start = place + 4
        let values = (0..<300_000).map { index in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + 4 * index + $1]) << UInt32(8 * $1) })
        }
        #expect(values.allSatisfy { abs($0) <= 0.5 })
        #expect(abs(values.reduce(0, +) / 300_000) < 0.01)
        #expect(abs(values.reduce(0) { $0 + $1 * $1 } / 300_000 - 0.25 / 3) < 0.002)
    }

    @Test("ResNet-50 has the layers, weights and size of the published one")
    func resNet50HasThePublishedShape() {
        let model = ResNet50Model()
        let graph = model.graph
        func count(_ operation: String) -> Int { graph.nodes.count { $0.operation == operation } }
        #expect(count("Conv") == 53)
        #expect(count("BatchNormalization") == 53)
        #expect(count("Relu") == 49)
        #expect(count("Add") == 16)
        #expect(graph.nodes.count == 175)
        // torchvision counts 25 557 032 parameters and 53 120 running means and variances.
        #expect(model.parameterCount == 25_557_032 + 53_120)
        #expect((102_440_608..<102_500_000).contains(model.byteCount))
        #expect(graph.tensors.map(\.shape).contains([512, 512, 3, 3]))
    }

    @Test("Every node of ResNet-50 reads the input, a weight or what an earlier node wrote")
    func resNet50IsInOrder() {
        let graph = ResNet50Model().graph
        var known = Set([graph.input.name] + graph.tensors.map(\.name))
        #expect(known.count == graph.tensors.count + 1)
        for node in graph.nodes {
            #expect(node.inputs.allSatisfy(known.contains), "\(node.operation) \(node.output)")
            #expect(known.insert(node.output).inserted)
        }
        #expect(known.contains(graph.output.name))
    }

    @Test("A model that can't be written says why and leaves nothing")
    func unwritableModel() throws {
        let error = #expect(throws: SampleError.self) { try ResNet50Model().write(to: "/nonexistent/model.onnx") }
        #expect(error?.code == .fileSystem)
        #expect(error?.description.contains("No such file or directory") == true)
    }

    private func smallGraph(seed: UInt64) -> ONNXGraph {
        var graph = ONNXGraph(
            name: "small",
            input: .init(name: "input", shape: [.named("N"), .fixed(3)]),
            output: .init(name: "output", shape: [.named("N"), .fixed(100_000)]),
            seed: seed
        )
        let weight = graph.addTensor("weight", shape: [100_000, 3], .uniform(bound: 0.5))
        let bias = graph.addTensor("bias", shape: [100_000], .constant(0.25))
        graph.add("Gemm", inputs: ["input", weight, bias], output: "output", ("transB", .integer(1)))
        return graph
    }

    private func encoded(_ graph: ONNXGraph) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try graph.encode { (piece) throws(SampleError) in bytes += piece }
        return bytes
    }
}
