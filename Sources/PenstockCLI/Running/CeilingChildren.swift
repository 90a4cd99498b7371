import Penstock

/// What one process is to measure of a ceiling.
struct CeilingStepTask: Codable {
    /// The command line of `penstock ceiling`, without the program's name.
    var command: [String]
    /// The part.
    var task: CeilingTask
}

/// Measures parts of the ceiling on this command line in processes of their own.
struct CeilingChildren: CeilingProcesses {
    /// The command line, without the program's name.
    var command = Array(CommandLine.arguments.dropFirst())

    func run(_ tasks: [CeilingTask]) async throws -> [CeilingSample] {
        do {
            let steps = tasks.map { CeilingStepTask(command: command, task: $0) }
            return try await Subcommand.run("ceiling-step", steps, answer: CeilingSample.self, waitsUntilReady: true)
        } catch let failure as Subcommand.Failure {
            throw PlanError("measuring \(tasks[failure.index].part) \(failure.text)")
        }
    }
}
