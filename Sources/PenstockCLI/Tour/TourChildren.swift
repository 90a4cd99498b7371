import Penstock

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What one process of the tour is to do.
struct TourTask: Codable {
    /// A file with the images' paths, one a line.
    var list: String
    /// The model and how images are prepared for it.
    var classifier: Classifier
    /// What is measured.
    var step: TourStep
    /// Compiled models, and how far precisions agree; of this tour's own.
    var cache: String
    /// Receives the rows.
    var output: String
}

/// Runs each step in a process of its own, so that its memory and its CPU time are its own, and so that two can take turns.
struct TourChildren: TourRunner {
    let files: TourFiles
    let paths: [String]
    let classifier: Classifier

    func run(inTurns steps: [TourStep]) async throws -> [TourMeasurement] {
        let tasks = try steps.enumerated().map { index, step in
            let list = "list-\(step.images).txt"
            try files.write(paths.prefix(step.images).joined(separator: "\n") + "\n", to: list)
            return TourTask(
                list: files(list),
                classifier: classifier,
                step: step,
                cache: files("cache"),
                output: files("output-\(index)")
            )
        }
        defer { for task in tasks { remove(task.output) } }
        do {
            let subcommand = Subcommand(name: "tour-step", folder: files.path)
            return try await subcommand.run(tasks, answer: TourMeasurement.self)
        } catch let failure as Subcommand.Failure {
            let step = steps[failure.index]
            let names = step.mistakes.map(\.rawValue).sorted().joined(separator: ", ")
            throw PlanError("the run with mistakes [\(names)] over \(step.images) images \(failure.text)")
        }
    }

    private func remove(_ folder: String) {
        do { try FileManager.default.removeItem(atPath: folder) } catch {
            // Nothing was written, or the whole folder goes when the tour ends.
        }
    }
}
