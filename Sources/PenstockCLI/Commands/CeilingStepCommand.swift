import ArgumentParser
import Penstock

/// `penstock ceiling-step`: one part of a ceiling, in a process of its own; `penstock ceiling` starts it.
struct CeilingStepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ceiling-step",
        abstract: "Measures one stage of a job alone, or the whole job.",
        shouldDisplay: false
    )

    @OptionGroup var files: SubcommandFiles

    func run() async throws {
        let step = try files.task(CeilingStepTask.self)
        guard let command = try PenstockCommand.parseAsRoot(step.command) as? CeilingCommand else {
            throw PlanError("\"\(step.command.first ?? "")\" measures no ceiling.", isUsage: true)
        }
        let (dataset, options, files) = (try command.dataset(), command.options, files)
        let sample = try await Interruption.handling {
            try await dataset.measure(step.task, options: options, isReady: { try files.isReady() })
        }
        try files.write(sample)
    }
}
