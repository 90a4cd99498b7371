import ArgumentParser
import Dispatch
import Penstock
import PenstockSamples
import Synchronization

/// `penstock samples`: images to try Penstock with.
struct SamplesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "samples",
        abstract: "Draws labelled sample photographs: ten classes of textured shapes on cluttered backgrounds.",
        discussion: """
            The same seed gives the same files everywhere. DIR/images receives the JPEGs, DIR/labels.csv the true classes,
            DIR/labels.txt the class names.

            Example:
              penstock samples samples/ --count 2000
              penstock classify samples/images --model Models/shapes10.onnx --labels samples/labels.txt --output predictions/
            """
    )

    @Argument(help: "The folder to write to.")
    var directory: String

    @Option(name: .shortAndLong, help: ArgumentHelp("How many images.", valueName: "n"))
    var count = 2000

    @Option(help: "Another seed gives other images.")
    var seed = SampleImages.defaultSeed

    @Flag(help: "Replace the sample images that are there.")
    var overwrite = false

    func run() async throws {
        do {
            let images = try SampleImages(seed: seed, count: count)
            let folder = try SampleFolder(path: directory, images: images, existing: overwrite ? .replace : .refuse)
            let isComplete = try await Interruption.handling { try await Self.draw(folder) }
            guard isComplete, try folder.finish() else {
                Terminal.standardError("penstock: interrupted after \(folder.progress.drawn) of \(count) images.\n")
                throw ExitCode(ExitStatus.interrupted)
            }
            print(
                "\(Format.count(count)) images in \(folder.imagesPath), true classes in \(directory)/labels.csv, class names in \(directory)/labels.txt"
            )
        } catch let error as SampleError {
            throw PlanError(error.description, isUsage: error.code != .fileSystem)
        }
    }

    /// Draws on every core.
    ///
    /// - Returns: false when the task was cancelled before all images were there.
    static func draw(_ folder: SampleFolder) async throws -> Bool {
        let stop = StopFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    let failure = Mutex<SampleError?>(nil)
                    DispatchQueue.concurrentPerform(iterations: MachineFacts.current.cores) { _ in
                        do throws(SampleError) {
                            try folder.drawImages { stop.isSet }
                        } catch {
                            failure.withLock { $0 = error }
                        }
                    }
                    if let error = failure.withLock({ $0 }) {
                        continuation.resume(throwing: error)
                    } else {
                        continuation.resume(returning: !stop.isSet)
                    }
                }
            }
        } onCancel: {
            stop.set()
        }
    }
}

/// A flag that one thread sets and others see.
private final class StopFlag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
