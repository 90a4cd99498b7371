import Foundation
import Synchronization
import Testing

@testable import PenstockSamples

/// Models for tests.
enum Models {
    /// A model of a few weights that tells images apart by their mean colour.
    ///
    /// Input [N,3,224,224], output [N,10] logits.
    /// `batch`: rows that the file declares for each inference; nil: any number. `isRigid`: and that cannot be changed.
    static func tiny(_ folder: TemporaryFolder, batch: Int? = nil, isRigid: Bool = false) throws -> String {
        let rows: ONNXGraph.Dimension = batch.map { .fixed($0) } ?? .named("N")
        var graph = ONNXGraph(
            name: "tiny",
            input: .init(name: "input", shape: [rows, .fixed(3), .fixed(224), .fixed(224)]),
            output: .init(name: "output", shape: [rows, .fixed(10)]),
            seed: 5
        )
        graph.add("GlobalAveragePool", inputs: ["input"], output: "mean")
        graph.add("Flatten", inputs: ["mean"], output: "flat", ("axis", .integer(1)))
        let weight = graph.addTensor("weight", shape: [10, 3], .uniform(bound: 3))
        let bias = graph.addTensor("bias", shape: [10], .uniform(bound: 1))
        if let batch, isRigid {
            let zeros = graph.addTensor("zeros", shape: [batch, 10], .constant(0))
            graph.add("Gemm", inputs: ["flat", weight, bias], output: "scores", ("transB", .integer(1)))
            graph.add("Add", inputs: ["scores", zeros], output: "output")
        } else {
            graph.add("Gemm", inputs: ["flat", weight, bias], output: "output", ("transB", .integer(1)))
        }
        var bytes: [UInt8] = []
        try graph.encode { (piece: [UInt8]) throws(SampleError) in bytes += piece }
        return try folder.file(batch.map { "tiny\($0).onnx" } ?? "tiny.onnx", bytes)
    }

    /// A model of realdata, unpacked where it is packed: once, into a folder that later test runs find again.
    static func realdata(_ name: String) throws -> String {
        let plain = RealData.path("models/\(name)")
        if FileManager.default.fileExists(atPath: plain) { return plain }
        return try unpacking.withLock { _ in try unpacked(name) }
    }

    private static let unpacking = Mutex(())

    private static func unpacked(_ name: String) throws -> String {
        let cache = FileManager.default.temporaryDirectory.appending(path: "penstock-test-models")
        let target = cache.appending(path: name).path
        if FileManager.default.fileExists(atPath: target) { return target }
        try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
        let part = "\(target).\(UUID().uuidString)"
        #expect(FileManager.default.createFile(atPath: part, contents: nil))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["xz", "--decompress", "--stdout", RealData.path("models/\(name).xz")]
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: part))
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "xz could not unpack \(name)")
        try FileManager.default.moveItem(atPath: part, toPath: target)
        return target
    }
}

/// Small pictures, each of a colour of its own, as BMP files: quick to make, exact to decode.
enum Pictures {
    /// Writes pictures and returns their paths, in the order in which they are listed.
    static func write(_ count: Int, to folder: TemporaryFolder, _ name: String = "images") throws -> [String] {
        try (0..<count).map { index in
            let digits = String(index)
            let number = String(repeating: "0", count: 4 - digits.count) + digits
            return try folder.file("\(name)/\(number).bmp", picture(index))
        }
    }

    /// One colour, 24 bits a pixel; `width` is a multiple of 4, as rows are padded to that.
    static func picture(_ index: Int, width: Int = 12, height: Int = 9) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
        let color = [index * 37 % 256, index * 101 % 256, index * 173 % 256].map { UInt8($0) }
        let row = (0..<width).flatMap { _ in color }
        let pixels = Array(repeatElement(row, count: height).joined())
        return Array("BM".utf8) + little(54 + pixels.count, 4) + little(0, 4) + little(54, 4) + little(40, 4)
            + little(width, 4) + little(height, 4) + little(1, 2) + little(24, 2) + little(0, 24) + pixels
    }
}
