import ArgumentParser
import Penstock

/// `penstock explain`: what a job would do.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Prints the logical and physical plan and every setting with its origin. Runs nothing.",
        discussion: """
            Takes what classify takes.

            Example:
              penstock explain photos/ --model resnet50.onnx --output predictions/ --batch-size 32
            """
    )

    @OptionGroup var job: JobOptions

    func run() throws {
        print(try job.dataset().writing(job.table).explain(options: job.runOptions()))
    }
}
