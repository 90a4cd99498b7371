// The whole pipeline of the Ray Data tutorial that Penstock was made after: read images, preprocess them as ResNet wants,
// classify them in batches on a pool of workers, write Parquet, and report what was slow. docs/guides has it in Python.
import Penstock

@main
struct OriginPipeline {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 5 else {
            print("usage: OriginPipeline IMAGES MODEL LABELS OUTPUT")
            return
        }

        // Lazy: nothing is read yet. The number of blocks is chosen from the files and the cores.
        let images = Dataset.readImages(from: [words[1]], mode: .rgb).limit(10_000)
        let size = try await images.sizeBytes()
        print("\(try await images.count()) images in \(try await images.blockCount()) blocks, \(size.bytes)")

        // Resize 256, crop 224, ImageNet's mean and deviation: torchvision's preset is the default. The model is loaded
        // once and shared; each worker keeps an inference request of its own.
        let results = images.predict(
            with: .classifier(words[2], labels: words[3]),
            batchSize: 16,
            compute: .actors(1...2)
        )
        print(try results.explain())

        let report = try await results.writeParquet(to: words[4], existing: .overwrite)
        print("\(report.rowsWritten) images in \(report.wallSeconds) s: \(report.imagesPerSecond) images/s")
        print(report.verdict.text)
        print(report.statsTable)
        try await Dataset.readParquet(from: [words[4]]).show(5)
    }
}
