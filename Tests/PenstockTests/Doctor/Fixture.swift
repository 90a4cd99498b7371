import Foundation
import Testing

@testable import Penstock
@testable import PenstockSamples

/// Images, a model and a place for output, for pipelines that make mistakes and for those close by that do not.
struct Fixture {
    let folder: TemporaryFolder
    var classifier: Classifier
    var options = RunOptions()

    /// `count` small pictures, and a model of a few weights.
    init(images count: Int = 80) throws {
        folder = try TemporaryFolder()
        _ = try Pictures.write(count, to: folder)
        classifier = Classifier(model: try Models.tiny(folder))
        classifier.precision = .f32
        options.batchSize = .value(8)
    }

    /// `count` pictures of a megapixel, whose decoding takes most of the time.
    static func heavy(images count: Int) throws -> Fixture {
        let fixture = try Fixture(images: 0)
        for index in 0..<count {
            try fixture.folder.file("images/\(1000 + index).bmp", Pictures.picture(index, width: 1024, height: 1024))
        }
        return fixture
    }

    /// The shapes of `penstock samples`, with the model that was trained on them and nothing set.
    static func samples(images count: Int) throws -> Fixture {
        var fixture = try Fixture(images: 0)
        let images = try SampleImages(count: count)
        for index in 0..<count {
            let image = try images.render(index: index)
            try fixture.folder.file("images/\(image.recipe.name)", image.jpeg)
        }
        fixture.classifier = Classifier(model: shapes)
        fixture.options = RunOptions()
        return fixture
    }

    static var shapes: String {
        var package = URL(filePath: #filePath)
        for _ in 0..<4 { package.deleteLastPathComponent() }
        return package.appending(path: "Models/shapes10.onnx").path
    }

    /// The job through Penstock's own stages.
    func run() async throws -> RunReport {
        try await dataset.writeParquet(to: output, options: options)
    }

    var dataset: Dataset { Dataset.readImages(from: [folder("images")]).predict(with: classifier) }

    /// The job with mistakes in it.
    func run(_ mistakes: Set<Mistake>, _ shape: MistakenPipeline.Shape) async throws -> RunReport {
        let log = try FileHandle(forWritingTo: URL(filePath: "/dev/null"))
        let pipeline = MistakenPipeline(
            paths: [folder("images")],
            classifier: classifier,
            options: options,
            log: { line in log.write(Data("\(line)\(String(repeating: ".", count: 400))\n".utf8)) }
        )
        return try await pipeline.run(mistakes, shape: shape, into: output)
    }

    /// A folder that is not there yet.
    var output: String { folder("out-\(UUID().uuidString)") }
}

extension RunReport {
    /// Ids of what was found.
    var found: Set<String> { Set(findings.map(\.id)) }

    func finding(_ id: String) throws -> FindingReport {
        try #require(findings.first { $0.id == id }, "\(findings.map(\.text))")
    }
}
