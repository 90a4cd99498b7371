import ArgumentParser
import Penstock

/// `penstock tour`: the classic mistakes, measured.
struct TourCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tour",
        abstract: "Makes the classic mistakes of batch inference, measures each alone, and fixes them one by one.",
        discussion: """
            Without --images it draws sample images, two of them broken; without --model it uses a ResNet-50 with random
            weights. Everything it writes lies in a temporary folder and is removed, but for --html and --json.

            Examples:
              penstock tour --html tour.html
              penstock tour --quick --model Models/shapes10.onnx
              penstock tour --images photos/ --model resnet50.onnx --html tour.html
            """
    )

    @Option(help: ArgumentHelp("Images to use instead of drawn ones: a folder, pattern or list.", valueName: "path"))
    var images: String?

    @Option(name: .shortAndLong, help: "The model: an ONNX file, or an OpenVINO IR (.xml).")
    var model: String?

    @Option(help: ArgumentHelp("Write a report with charts: one file that needs nothing else.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Write every figure to this file.", valueName: "file"))
    var json: String?

    @Option(
        help: ArgumentHelp("Measure nothing: show what an earlier tour wrote with --json.", valueName: "file")
    )
    var from: String?

    @Flag(help: "Fewer images, and one round of the waterfall: about three minutes.")
    var quick = false

    @Option(help: ArgumentHelp("Images of a full run.", valueName: "n"))
    var count: Int?

    @Option(help: ArgumentHelp("Pairs of runs for each mistake; at least 3 for an interval.", valueName: "n"))
    var rounds: Int?

    @OptionGroup(title: "Preprocessing")
    var preprocessing: PreprocessingOptions

    func validate() throws {
        if let count, count < 16 || count > 100_000 {
            throw ValidationError("--count \(count): it is between 16 and 100,000 images.")
        }
        if from != nil, images != nil || model != nil || quick || count != nil || rounds != nil {
            throw ValidationError("--from shows what was measured; options that say what to measure have no effect.")
        }
        if let rounds, rounds < 1 || rounds > 100 {
            throw ValidationError("--rounds \(rounds): it is between 1 and 100.")
        }
    }

    func run() async throws {
        let results = if let from { try TourResults(contentsOf: from) } else { try await measured() }
        for line in TourText(results).lines() { print(line) }
        if let html {
            try ReportFile.write(TourPage(results).html(), to: html)
            print("\nReport   \(html)")
        }
        if let json { try ReportFile.write(try results.json(), to: json) }
    }

    private func measured() async throws -> TourResults {
        let files = try TourFiles()
        defer { files.remove() }
        let clock = ContinuousClock()
        let start = clock.now
        let job = try job()
        var results = try await Interruption.handling(TourJob.stopping) { try await job.run(files) }
        results.seconds = Double((clock.now - start).components.seconds)
        return results
    }

    private func job() throws(PlanError) -> TourJob {
        // Defaults are chosen so that a full tour takes less than ten minutes on two cores.
        let pairs = rounds ?? 3
        let most = count ?? (quick ? 96 : 160)
        let extent = Tour.Extent(
            images: most,
            longImages: most * 4,
            rounds: pairs,
            fixRounds: quick ? 1 : pairs,
            secondsPerRun: quick ? 1 : 2
        )
        return TourJob(
            images: images,
            model: model,
            classifier: try preprocessing.configured(Classifier(model: model ?? "")),
            extent: extent,
            command: command
        )
    }

    /// The command as it was typed, as far as it changes what is measured.
    private var command: String {
        var words = ["penstock tour"]
        if let images { words.append("--images \(images)") }
        if let model { words.append("--model \(model)") }
        if quick { words.append("--quick") }
        if let count { words.append("--count \(count)") }
        if let rounds { words.append("--rounds \(rounds)") }
        return words.joined(separator: " ")
    }
}
