import ArgumentParser
import Penstock

/// `penstock ceiling`: what the machine allows.
struct CeilingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ceiling",
        abstract: "Measures each stage alone, and the throughput that this machine allows for the job.",
        discussion: """
            Stages share the cores, so the time per image adds up: 1/ceiling = 1/read + 1/decode + 1/model. The precision guard
            should have decided before (run classify once), or give --precision.

            Examples:
              penstock ceiling photos/ --model resnet50.onnx --precision bf16
              penstock ceiling photos/ --model resnet50.onnx --run predictions/
            """
    )

    @Argument(help: "Images: files, folders, patterns, or lists of paths.")
    var paths: [String]

    @Option(name: .shortAndLong, help: "The model: an ONNX file, or an OpenVINO IR (.xml).")
    var model: String

    @Option(
        help: ArgumentHelp("A folder of predictions: print how much of the ceiling that run reached.", valueName: "dir")
    )
    var run: String?

    @Option(help: ArgumentHelp("Images to measure with.", valueName: "n"))
    var images = 256

    @Option(help: ArgumentHelp("Seconds for each stage.", valueName: "s"))
    var seconds = 5.0

    @Option(help: ArgumentHelp("Also write the figures to this file.", valueName: "file"))
    var json: String?

    @OptionGroup(title: "Preprocessing")
    var preprocessing: PreprocessingOptions

    @OptionGroup(title: "Speed")
    var speed: SpeedOptions

    func validate() throws {
        if images < 1 { throw ValidationError("--images \(images): at least 1 image is needed.") }
        if !(seconds > 0 && seconds <= 3600) {
            throw ValidationError("--seconds \(seconds): it must be above 0 and at most 3600.")
        }
    }

    func run() async throws {
        var options = RunOptions()
        speed.apply(to: &options)
        options.cacheDirectory = UserFolders.cache
        options.backendLibrary = UserFolders.backendLibrary
        let dataset = Dataset.readImages(from: paths).predict(with: try classifier())
        let count = images
        let time = seconds
        let report = try await Interruption.handling { [options] in
            try await dataset.ceiling(images: count, seconds: time, options: options)
        }
        for line in lines(report) { print(line) }
        if let run { print(try reached(report, by: run)) }
        if let json { try ReportFile.write(report.json(), to: json) }
    }

    private func classifier() throws(PlanError) -> Classifier {
        try speed.configured(try preprocessing.configured(Classifier(model: model)))
    }

    private func lines(_ report: CeilingReport) -> [String] {
        var table = TextTable(["stage alone", "images/s", "share of the ceiling's time"], rightAligned: [1, 2])
        for stage in report.stages {
            table.add([stage.name, Format.number(stage.imagesPerSecond), Format.percent(stage.share)])
        }
        let machine =
            "\(report.cores) core\(report.cores == 1 ? "" : "s"), \(report.images) images, precision \(report.precision)"
        return table.lines() + ["Ceiling: \(Format.number(report.imagesPerSecond)) images/s (\(machine))"]
    }

    private func reached(_ ceiling: CeilingReport, by directory: String) throws -> String {
        let report = try RunReport(contentsOf: directory)
        return
            "The run in \(directory) reached \(Format.number(report.imagesPerSecond)) images/s: \(Format.percent(ceiling.reached(by: report))) of the ceiling."
    }
}
