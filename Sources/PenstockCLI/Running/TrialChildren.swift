import Penstock

/// What one process of a comparison is to do.
struct TrialTask: Codable {
    /// The command line that describes the job, without the program's name.
    var command: [String]
    /// What differs from it.
    var trial: Trial
}

/// A command whose job can be run again, in other processes, for trials.
protocol TrialCommand {
    /// The job that the command line describes.
    func trialJob() throws -> Job
}

/// Runs trials of the job on this command line in processes of their own.
struct TrialChildren: TrialProcesses {
    /// The command line, without the program's name.
    var command = Array(CommandLine.arguments.dropFirst())

    func run(_ trials: [Trial]) async throws -> [RunReport] {
        do {
            let tasks = trials.map { TrialTask(command: command, trial: $0) }
            return try await Subcommand.run("trial-step", tasks, answer: RunReport.self)
        } catch let failure as Subcommand.Failure {
            let changes = SettingChanges(trials[failure.index].changes).description
            throw PlanError("the trial of \(changes.isEmpty ? "the job as it is" : changes) \(failure.text)")
        }
    }
}
