import ArgumentParser
import Penstock

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `penstock tour-step`: one run of the tour, in a process of its own; `penstock tour` starts it.
struct TourStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tour-step",
        abstract: "Runs one step of the tour and measures it.",
        shouldDisplay: false
    )

    @Argument(help: "A file that says what to run.")
    var task: String

    @Argument(help: "A file that receives the measurement.")
    var answer: String

    func run() async throws {
        let task = try Subcommand.task(TourTask.self, from: task)
        let pipeline = TourJob.pipeline(["@" + task.list], task.classifier, cache: task.cache)
        let result = try await Interruption.handling { try await pipeline.measure(task.step, into: task.output) }
        try ReportFile.write(String(decoding: JSONEncoder().encode(result), as: UTF8.self), to: answer)
    }
}
