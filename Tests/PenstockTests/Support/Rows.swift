import Foundation
import Penstock
import Testing

/// One written row.
struct Row: Hashable, CustomStringConvertible {
    let path: String
    let predictedClass: Int
    let confidence: Float

    var description: String { "\(path): \(predictedClass), \(confidence)" }
    /// Without folders.
    var name: String { URL(filePath: path).lastPathComponent }
}

/// Rows of a folder of predictions, in the order of its parts; none when there are no parts.
func writtenRows(_ directory: String) throws -> [Row] {
    guard try !partNames(directory).isEmpty else { return [] }
    return try Predictions(in: directory).rows(atMost: .max).flatMap { block in
        let paths = try block.strings("path")
        let classes = try block.integers("predicted_class")
        let confidences = try block.floats("confidence")
        return (0..<block.rowCount).map { row in
            Row(path: paths.string(row), predictedClass: classes[row], confidence: confidences[row])
        }
    }
}

/// Names of committed parts.
func partNames(_ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix("part-") }.sorted()
}

/// Path, stage and message of each row in quarantine.
func quarantinedRows(_ directory: String) throws -> [(path: String, stage: String, message: String)] {
    try Predictions.quarantined(in: directory, atMost: .max).flatMap { block in
        let (paths, stages) = (try block.strings("path"), try block.strings("stage"))
        let messages = try block.strings("message")
        return (0..<block.rowCount).map { (paths.string($0), stages.string($0), messages.string($0)) }
    }
}

extension Block {
    /// Whole numbers, whatever type the file's format gave them.
    func integers(_ name: String) throws -> [Int] {
        if case .int64(let values)? = self[name]?.values { return values.array.map { Int($0) } }
        return try int32s(name).array.map { Int($0) }
    }

    func floats(_ name: String) throws -> [Float] {
        switch self[name]?.values {
        case .float64(let values)?: values.array.map { Float($0) }
        case .int64(let values)?: values.array.map { Float($0) }
        default: try float32s(name).array
        }
    }

    /// Rows of a list column.
    func lists<Element>(_ name: String, _ elements: (Column) throws -> [Element]) throws -> [[Element]] {
        guard case .list(let offsets, let column)? = self[name]?.values else {
            throw StageError(.invalidInput, "\(name) is no list")
        }
        let all = try elements(column)
        return (0..<offsets.count - 1).map { Array(all[Int(offsets[$0])..<Int(offsets[$0 + 1])]) }
    }
}

/// The `RunError` that `body` throws.
func runError(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws -> RunError {
    let error = await #expect(throws: RunError.self, sourceLocation: sourceLocation) { try await body() }
    return try #require(error, sourceLocation: sourceLocation)
}

/// One job on small pictures and the tiny model, with what it needs.
struct SmallJob {
    let folder: TemporaryFolder
    let images: [String]
    var classifier: Classifier
    var options = RunOptions()

    init(images count: Int = 30) throws {
        folder = try TemporaryFolder()
        images = try Pictures.write(count, to: folder)
        classifier = Classifier(model: try Models.tiny(folder))
        classifier.precision = .f32
        options.batchSize = .value(4)
    }

    var dataset: Dataset { Dataset.readImages(from: [folder("images")]).predict(with: classifier) }

    /// Runs into `output` and returns the report.
    @discardableResult
    func write(_ output: String = "out", existing: ExistingOutput = .refuse) async throws -> RunReport {
        try await dataset.writeParquet(to: folder(output), existing: existing, options: options)
    }
}
