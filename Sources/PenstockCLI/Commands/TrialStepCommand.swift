import ArgumentParser
import Penstock

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `penstock trial-step`: one trial of a job, in a process of its own; `penstock tune` and `penstock doctor` start it.
struct TrialStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trial-step",
        abstract: "Runs a sample of a job once and reports.",
        shouldDisplay: false
    )

    @Argument(help: "A file that says what to run.")
    var task: String

    @Argument(help: "A file that receives the report.")
    var answer: String

    func run() async throws {
        let task = try Subcommand.task(TrialTask.self, from: task)
        guard let command = try PenstockCommand.parseAsRoot(task.command) as? any TrialCommand else {
            throw PlanError("\"\(task.command.first ?? "")\" describes no job.", isUsage: true)
        }
        let job = try command.trialJob()
        let trials = DatasetTrials(job.dataset, table: job.table, options: job.options)
        let result = try await Interruption.handling { try await trials.answer(task.trial) }
        try ReportFile.write(String(decoding: JSONEncoder().encode(result), as: UTF8.self), to: answer)
    }
}
