// Classifies images that lie decoded in memory, the same again and again. Benchmarks/model_alone.py runs this beside
// OpenVINO's benchmark_app.
//
// usage: ModelAlone MODEL PRECISION COUNT SIDE       prints the number of images so far, a line for each batch
import Foundation
import Penstock

/// Blocks of 64 images of noise, which share their pixels.
struct ReadyImages: BlockSource {
    static let rowsPerBlock = 64

    let block: Block
    let count: Int
    let name = "ready"

    init(side: Int, count: Int) throws {
        var state: UInt32 = 1
        let pixels = (0..<Self.rowsPerBlock * side * side * 3).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223  // Numerical Recipes' generator; its high bits are good enough
            return UInt8(state >> 24)
        }
        block = try Block(columns: [
            "path": Column(strings: (0..<Self.rowsPerBlock).map(String.init)),
            "image": Column(.tensorUInt8(Tensor(shape: [Self.rowsPerBlock, side, side, 3], elements: Buffer(pixels)))),
        ])
        self.count = count
    }

    func start(_ context: StageContext) throws(StageError) -> Int { 0 }

    func next(_ given: inout Int) throws(StageError) -> Block? {
        guard given < count else { return nil }
        given += block.rowCount
        return block
    }
}

/// Prints how many rows have come.
struct Counter: BlockSink {
    let name = "count"

    func open(_ context: StageContext) throws(StageError) -> Int { 0 }

    func write(_ block: Block?, failures: [RowFailure], to count: inout Int) throws(StageError) {
        guard let block else { return }
        count += block.rowCount
        print(count)
        fflush(nil)
    }

    func commit(_ count: inout Int) throws(StageError) -> SinkSummary { SinkSummary(rowCount: count) }

    func abort(_ count: inout Int) {}
}

let arguments = CommandLine.arguments.dropFirst().map { $0 }
guard arguments.count == 4, let precision = Precision(rawValue: arguments[1]), let count = Int(arguments[2]),
    let side = Int(arguments[3])
else { fatalError("usage: ModelAlone MODEL PRECISION COUNT SIDE") }
var classifier = Classifier(model: arguments[0])
classifier.preprocessing = .torchvision
classifier.precision = precision
_ = try await Dataset.read(try ReadyImages(side: side, count: count))
    // A line for each inference, so that the rate can be told from any two of them.
    .predict(with: classifier, batchSize: .exactly(8))
    .write(to: Counter())
