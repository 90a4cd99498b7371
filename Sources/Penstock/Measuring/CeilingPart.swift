package import PenstockAdvisor
package import PenstockCore
import PenstockPlan

/// What takes turns when a ceiling is measured: a stage alone, or the whole job.
package enum CeilingPart: Hashable, Codable, Sendable {
    /// The codec decoding whole frames.
    case bareDecode
    /// The job's step from a file's bytes to a place in a batch.
    case decode
    /// The model on decoded images.
    case model(ModelLayout)
    /// Every stage together, over so many images.
    case job(images: Int)
}

extension CeilingPart: CustomStringConvertible {
    /// The part, for people.
    package var description: String {
        switch self {
        case .bareDecode: "the bare decode"
        case .decode: "decoding"
        case .model(let layout): "the model (\(layout.precision), batch \(layout.batch))"
        case .job(let images): "the whole job (\(images) images)"
        }
    }
}

/// A part that is to be measured.
package struct CeilingTask: Codable, Sendable {
    package var part: CeilingPart
    /// The model as the planner runs it, its precision decided.
    package var planned: ModelLayout
    /// Images that the model sees at once, where that was set; nil: what the planner says.
    package var batch: Int?
    /// Images to measure with, at most.
    package var images: Int
    /// Seconds to measure for; the job takes as long as its images take.
    package var seconds: Double
}

/// What a part did.
package struct CeilingSample: Codable, Sendable {
    /// Images per second, on all workers.
    package var rate: Double
    /// CPU seconds that its workers' own threads took for an image; 0 for the whole job.
    package var coreSeconds = 0.0
    /// What each stage did; empty for a stage alone.
    package var stages: [StageReport] = []
    /// CPU seconds of the process meanwhile, of the whole job; 0 for a stage alone.
    package var processSeconds = 0.0
}

/// Measures parts in processes of their own, which take turns of a part of a second.
///
/// A program can do so that knows how to start itself again: the command line is one, a host of the library need not be.
package protocol CeilingProcesses: Sendable {
    /// - Returns: the samples, in the order of the tasks; their times are those in which each could run.
    /// - Throws: `PlanError` when one cannot run; `CancellationError`.
    func run(_ tasks: [CeilingTask]) async throws -> [CeilingSample]
}
