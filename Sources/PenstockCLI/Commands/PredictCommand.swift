import ArgumentParser
import Penstock

/// `penstock predict`: any model over tables or images, of which `classify` is the special case.
struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Runs any model over tables or images and writes its raw outputs as columns.",
        discussion: """
            Examples:
              penstock predict features.parquet --model net.onnx --input x=features --output scored/
              penstock predict visits.csv --model risk.onnx --input age=age --input dose=mg --output-column risk=risk \\
                --keep patient --filter "age >= 18" --output scored/
              penstock predict photos/ --model resnet50-embed.onnx --output-column embedding=vector --output vectors/
              penstock predict photos/ --model mobilenet.onnx --preset unit --size 160,160 --output raw/

            One number a row becomes a column of numbers, more become lists: an embedding is a list column. A model with one
            input and a table with one fitting column need no --input. Classes of images with names and confidences:
            penstock classify.
            """
    )

    @OptionGroup var predict: PredictOptions

    @OptionGroup var reporting: ReportingOptions

    func run() async throws { try await reporting.run(try predict.job()) }
}
