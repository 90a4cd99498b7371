import ArgumentParser
import Penstock

/// `penstock classify`: the main job.
struct ClassifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Predicts a class for each image and writes Parquet.",
        discussion: """
            Examples:
              penstock classify photos/ --model resnet50.onnx --output predictions/
              penstock classify photos/ more/*.png --model resnet50.onnx --labels imagenet.txt --top-k 5 --output predictions/
              penstock classify @list.txt --model squeezenet.onnx --preset caffe --output predictions/ --resume
              penstock classify photos/ --model resnet50.onnx --precision f32 --exif ignore --output reference/

            What cannot be read or decoded is quarantined with its reason, and the run goes on. See it with
            penstock show DIR --quarantine.
            """
    )

    @OptionGroup var job: JobOptions

    @Option(
        help: ArgumentHelp(
            "CSV file with columns file and index: prints the share of right predictions.",
            valueName: "file"
        )
    )
    var truth: String?

    @OptionGroup var profiles: ProfileOptions

    @OptionGroup var reporting: ReportingOptions

    func run() async throws {
        let (job, truth) = (try await profiles.applied(to: try job.job()), truth)
        try await reporting.run(job) {
            guard let truth else { return [] }
            let accuracy = try Predictions(in: job.table.directory).accuracy(against: truth)
            return [
                "",
                "Top-1    \(Format.percent(accuracy.share)) (\(Format.count(accuracy.correct)) of \(Format.count(accuracy.known)) labelled images)",
            ]
        }
    }
}
