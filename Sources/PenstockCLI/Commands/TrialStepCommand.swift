import ArgumentParser
import Penstock

/// `penstock trial-step`: one trial of a job, in a process of its own; `penstock tune` and `penstock doctor` start it.
struct TrialStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trial-step",
        abstract: "Runs a sample of a job once and reports.",
        shouldDisplay: false
    )

    @OptionGroup var files: SubcommandFiles

    func run() async throws {
        let task = try files.task(TrialTask.self)
        guard let command = try PenstockCommand.parseAsRoot(task.command) as? any TrialCommand else {
            throw PlanError("\"\(task.command.first ?? "")\" describes no job.", isUsage: true)
        }
        let job = try command.trialJob()
        let trials = DatasetTrials(job.dataset, table: job.table, options: job.options)
        let result = try await Interruption.handling { try await trials.report(task.trial) }
        try files.write(result)
    }
}
