public import PenstockCore

/// What each stage of a job does alone on this machine, and what they allow together.
public struct CeilingReport: Codable, Sendable, Equatable {
    /// One stage.
    public struct Stage: Codable, Sendable, Equatable {
        /// Stage name, as in run reports.
        public var name: String
        /// Images per second when the stage has all cores to itself.
        public var imagesPerSecond: Double
        /// Share of the time per image that the ceiling gives it, 0…1.
        public var share: Double
    }

    /// Images per second that the machine allows for this job.
    public var imagesPerSecond: Double
    /// Cores that were used.
    public var cores: Int
    /// The stages, in the order of the plan.
    public var stages: [Stage]
    /// Images that were measured with.
    public var images: Int
    /// Arithmetic of the model.
    public var precision: String
    /// Penstock and library versions.
    public var versions: [String: String] = [:]

    /// The share of the ceiling that a run reached.
    public func reached(by report: RunReport) -> Double {
        imagesPerSecond > 0 ? report.imagesPerSecond / imagesPerSecond : 0
    }
}
