import Foundation
import Penstock
import Testing

@Suite("Fidelity", .tags(.native), .serialized, .enabled(if: RealData.isPresent, RealData.reason))
struct FidelityTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func classify(_ classifier: Classifier) async throws -> RunReport {
        try await Dataset.readImages(from: [RealData.path("images")]).predict(with: classifier)
            .writeParquet(to: folder("out"))
    }

    /// How many of the 123 photographs are right.
    private func rightAnswers() throws -> Int {
        let predictions = try Predictions(in: folder("out"))
        let accuracy = try predictions.accuracy(against: RealData.path("images.csv"))
        #expect(accuracy.known == 123)
        return accuracy.correct
    }

    @Test("ResNet-50 in f32 gives the reference's classes and probabilities: 101 of 123 are right")
    func resNet50AgreesWithTheReference() async throws {
        var classifier = Classifier(model: try Models.realdata("resnet50.onnx"))
        classifier.precision = .f32
        classifier.orientation = .ignore
        classifier.topK = 5
        let report = try await classify(classifier)
        #expect(report.rowsWritten == 123)
        #expect(report.model?.precision == "f32")
        let golden = try GoldenRow.all()
        #expect(golden.count == 123)
        var largest: Float = 0
        for block in try Predictions(in: folder("out")).rows(atMost: .max) {
            let paths = try block.strings("path")
            let classes = try block.lists("classes") { try Block(["x": $0]).integers("x") }
            let probabilities = try block.lists("confidences") { try Block(["x": $0]).floats("x") }
            for row in 0..<block.rowCount {
                let name = URL(filePath: paths.string(row)).lastPathComponent
                let reference = try #require(golden[name])
                largest = max(largest, reference.difference(classes[row], probabilities[row]))
                if reference.margin > 1e-3 { #expect(classes[row].first == reference.classes.first, "\(name)") }
            }
        }
        #expect(largest <= 1e-3)
        #expect(try rightAnswers() == 101)
    }

    @Test("SqueezeNet with the caffe preset: 79 of 123, give or take one")
    func squeezeNet() async throws {
        var classifier = Classifier(model: RealData.path("models/squeezenet_fp16.onnx"))
        classifier.preprocessing = .caffe
        #expect(try await classify(classifier).rowsWritten == 123)
        #expect((78...80).contains(try rightAnswers()))
    }

    @Test("MobileNet in int8 with resize 232: 95 of 123, give or take one")
    func mobileNet() async throws {
        var classifier = Classifier(model: RealData.path("models/mobilenet_v2_int8.onnx"))
        classifier.preprocessing.resize = 232
        #expect(try await classify(classifier).rowsWritten == 123)
        #expect((94...96).contains(try rightAnswers()))
    }
}

/// One row of realdata's golden.csv: the reference's five best classes.
private struct GoldenRow {
    let classes: [Int]
    let probabilities: [Float]

    var margin: Float { probabilities[0] - probabilities[1] }

    static func all() throws -> [String: GoldenRow] {
        let rows = CSVTable.rows(String(decoding: try RealData.bytes("golden.csv"), as: UTF8.self))
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let classes = try (0..<5).map { index in try #require(row["class\(index)"].flatMap { Int($0) }) }
                let probabilities = try (0..<5).map { index in try #require(row["prob\(index)"].flatMap { Float($0) }) }
                return (try #require(row["file"]), GoldenRow(classes: classes, probabilities: probabilities))
            }
        )
    }

    /// The largest difference in probability over the classes that both name, and over the ranks.
    func difference(_ found: [Int], _ values: [Float]) -> Float {
        var largest: Float = 0
        for (rank, index) in classes.enumerated() {
            largest = max(largest, abs(values[rank] - probabilities[rank]))
            if let place = found.firstIndex(of: index) {
                largest = max(largest, abs(values[place] - probabilities[rank]))
            }
        }
        return largest
    }
}
