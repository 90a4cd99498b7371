import ArgumentParser
import Penstock
import PenstockSamples

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A tour as it was asked for.
struct TourJob: Sendable {
    /// Images of the user's; nil: they are drawn.
    var images: String?
    /// A model of the user's; nil: one with random weights.
    var model: String?
    /// How images are prepared; its model is filled in.
    var classifier: Classifier
    /// How much is measured.
    var extent: Tour.Extent
    /// The command line, for the report.
    var command: String

    /// What is said at the first Ctrl-C.
    static let stopping =
        "Stopping: the run in progress is ended and temporary files are removed. Press Ctrl-C again to stop at once."

    /// Measures everything, with `files` for whatever has to be written.
    ///
    /// - Throws: `ExitCode` when it was interrupted; `PlanError`, `StageError` when a step cannot run.
    func run(_ files: TourFiles) async throws -> TourResults {
        do { return try await measured(files) } catch is CancellationError {
            Terminal.standardError("penstock: the tour was interrupted; nothing of it stays.\n")
            throw ExitCode(ExitStatus.interrupted)
        } catch let error as SampleError {
            throw PlanError(error.description)
        }
    }

    private func measured(_ files: TourFiles) async throws -> TourResults {
        var extent = extent
        var classifier = classifier
        let paths = try await imagePaths(files)
        extent.images = min(extent.images, paths.count)
        extent.longImages = paths.count
        classifier.model = try modelFile(files)
        let pipeline = Self.pipeline(paths, classifier, cache: files("cache"))
        let children = TourChildren(files: files, paths: paths.map(Self.absolute), classifier: classifier)
        var results = try await Tour(children, extent: extent, progress: Self.say).run()
        if Terminal.isInteractive { Terminal.standardError("\r\u{1B}[K") }
        try describe(&results, pipeline)
        results.refusals = await TourRefusal.all(pipeline)
        return results
    }

    private func imagePaths(_ files: TourFiles) async throws -> [String] {
        if let images { return try await MistakenPipeline.listed([images], atMost: extent.longImages) }
        Self.say("drawing \(extent.longImages) sample images")
        return try await files.drawSamples(extent.longImages)
    }

    private func modelFile(_ files: TourFiles) throws -> String {
        if let model { return Self.absolute(model) }
        let path = files("resnet50-random.onnx")
        Self.say("writing a ResNet-50 with random weights")
        try ResNet50Model().write(to: path)
        return path
    }

    /// Setup and plan, which are told and not measured, but for the time that it takes to describe a pipeline.
    private func describe(_ results: inout TourResults, _ pipeline: MistakenPipeline) throws {
        var named = pipeline
        named.paths = [images ?? "samples/"]
        named.classifier.model = model ?? "resnet50-random.onnx"
        let clock = ContinuousClock()
        let start = clock.now
        let dataset = named.dataset(with: [], shape: .builtIn, options: named.options)
        let time = (clock.now - start).components
        results.planSeconds = Double(time.seconds) + Double(time.attoseconds) / 1e18
        results.plan = try dataset.writing(WriteTable(directory: "predictions/")).explain(options: named.options)
        let backend = try BackendList(library: UserFolders.backendLibrary)
        results.setup.date = Date.now.formatted(.iso8601)
        results.setup.processor = backend.devices.first { $0.name == "CPU" }?.fullName ?? "unknown processor"
        results.setup.cores = MachineFacts.current.cores
        results.setup.memory = MachineFacts.current.memory.count
        results.setup.system = ProcessInfo.processInfo.operatingSystemVersionString
        results.setup.model = model ?? "ResNet-50 with random weights (penstock model resnet50)"
        let drawn = "drawn (penstock samples), one of them cut off and one no image"
        results.setup.data = images.map { "from \($0)" } ?? drawn
        results.setup.command = command
    }

    private static func say(_ text: String) {
        if Terminal.isInteractive {
            Terminal.standardError("\r\u{1B}[Ktour: \(text.prefix(max(20, Terminal.width - 7)))")
        } else {
            Terminal.standardError("tour: \(text)\n")
        }
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") || path.contains("://") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// The job of every step: Penstock's defaults.
    static func pipeline(_ paths: [String], _ classifier: Classifier, cache: String) -> MistakenPipeline {
        var options = RunOptions()
        options.cacheDirectory = cache
        options.backendLibrary = UserFolders.backendLibrary
        return MistakenPipeline(paths: paths, classifier: classifier, options: options) { line in
            Terminal.standardError(line + "\n")
        }
    }
}
