import ArgumentParser
import Penstock

/// `penstock tour-step`: one run of the tour, in a process of its own; `penstock tour` starts it.
struct TourStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tour-step",
        abstract: "Runs one step of the tour and measures it.",
        shouldDisplay: false
    )

    @OptionGroup var files: SubcommandFiles

    func run() async throws {
        let task = try files.task(TourTask.self)
        let pipeline = TourJob.pipeline(["@" + task.list], task.classifier, cache: task.cache)
        let result = try await Interruption.handling { try await pipeline.measure(task.step, into: task.output) }
        try files.write(result)
    }
}
