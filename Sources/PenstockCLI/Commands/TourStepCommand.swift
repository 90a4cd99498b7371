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
    var file: String

    func run() async throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw PlanError("cannot read \"\(file)\", which penstock tour writes.", isUsage: true)
        }
        let task: TourTask
        do { task = try JSONDecoder().decode(TourTask.self, from: data) } catch {
            throw PlanError("\"\(file)\" is no step of a tour: \(error).", isUsage: true)
        }
        let pipeline = TourJob.pipeline(["@" + task.list], task.classifier, cache: task.cache)
        let result = try await Interruption.handling { try await pipeline.measure(task.step, into: task.output) }
        try ReportFile.write(String(decoding: JSONEncoder().encode(result), as: UTF8.self), to: task.result)
    }
}
