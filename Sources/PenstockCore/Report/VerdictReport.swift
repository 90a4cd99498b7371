/// Which stage limits a run, how sure that is, and what comes after it.
public struct VerdictReport: Codable, Sendable, Equatable {
    /// What ran out.
    public enum Resource: String, Codable, Sendable {
        /// The cores: tasks computed on all of them.
        case cores
        /// The places for tasks: tasks held logical CPUs without computing.
        case slots
        /// The workers of the limiting stage: all of them were at work.
        case workers
        /// The run's memory limit.
        case memory
    }

    /// Name of the limiting stage, or `balanced`, `start` or `memory`; empty when nothing ran.
    public var limitingStage = ""
    /// Its share of the core time for `cores`, of the places for `slots`, of its own workers' time for `workers`, 0…1.
    public var share = 0.0
    /// What ran out; nil where nothing did.
    public var resource: Resource?
    /// Share of their time that the other stages waited, 0…1.
    public var waitedShare = 0.0
    /// What the run would have reached had its stages never waited for each other: an upper bound from their own times.
    public var potentialImagesPerSecond = 0.0
    /// What it reached of that, 0…1.
    public var potentialShare = 0.0
    /// What would limit if the limiting stage cost nothing.
    public var nextStage = ""
    /// The rate at which that would be; 0 when nothing would limit.
    public var nextImagesPerSecond = 0.0
    /// What was measured, a sentence each.
    public var evidence: [String] = []
    /// One sentence for people.
    public var text = ""

    /// An empty verdict.
    public init() {}

    /// A verdict without numbers.
    public init(limitingStage: String, share: Double, text: String) {
        self.limitingStage = limitingStage
        self.share = share
        self.text = text
    }
}

extension VerdictReport {
    /// Reads a verdict, also one of an earlier version: what it does not have stays empty.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        try values.read(.limitingStage, into: &limitingStage)
        try values.read(.share, into: &share)
        resource = try values.decodeIfPresent(Resource.self, forKey: .resource)
        try values.read(.waitedShare, into: &waitedShare)
        try values.read(.potentialImagesPerSecond, into: &potentialImagesPerSecond)
        try values.read(.potentialShare, into: &potentialShare)
        try values.read(.nextStage, into: &nextStage)
        try values.read(.nextImagesPerSecond, into: &nextImagesPerSecond)
        try values.read(.evidence, into: &evidence)
        try values.read(.text, into: &text)
    }
}
