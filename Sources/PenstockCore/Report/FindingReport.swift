/// One piece of advice: what was found, on what evidence, what to change, and what that should bring.
public struct FindingReport: Codable, Sendable, Equatable {
    /// How much a finding matters.
    public enum Severity: String, Codable, Sendable, CaseIterable {
        /// Answers or the machine are in danger.
        case error
        /// Time or memory is lost.
        case warning
        /// Good to know.
        case note
    }

    /// Stable name of the rule, such as `PS004`.
    public var id: String
    /// How much it matters.
    public var severity: Severity
    /// What is wrong, in a few words.
    public var title: String
    /// The numbers that say so, each as a sentence.
    public var evidence: [String] = []
    /// How many times faster the run should be afterwards; nil where that was not measured, or speed is not the point.
    public var gain: GainReport?
    /// Why no gain is predicted; empty where one is.
    public var unpredicted = ""
    /// Changes of other findings that were made before this gain was predicted; empty: none, the job is as it was.
    public var after: [String: String] = [:]
    /// Settings to change, by name, as their flags take them; empty where code or data must change.
    public var changes: [String: String] = [:]
    /// What to do, for people.
    public var advice: String
    /// The page of the documentation that explains it.
    public var page: String

    /// A finding without numbers so far.
    public init(id: String, severity: Severity, title: String, advice: String, page: String) {
        self.id = id
        self.severity = severity
        self.title = title
        self.advice = advice
        self.page = page
    }

    /// One line for people.
    public var text: String {
        let proof = evidence.first.map { ": \($0)" } ?? ""
        return "\(id) \(title)\(proof)"
    }
}

extension FindingReport {
    /// Reads a finding, also one of an earlier version: what it does not have stays empty.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(id: "", severity: .note, title: "", advice: "", page: "")
        try values.read(.id, into: &id)
        try values.read(.severity, into: &severity)
        try values.read(.title, into: &title)
        try values.read(.evidence, into: &evidence)
        gain = try values.decodeIfPresent(GainReport.self, forKey: .gain)
        try values.read(.unpredicted, into: &unpredicted)
        try values.read(.after, into: &after)
        try values.read(.changes, into: &changes)
        try values.read(.advice, into: &advice)
        try values.read(.page, into: &page)
    }
}

/// How many times faster something should be, or is: 1 is as before, 2 twice as fast.
public struct GainReport: Codable, Sendable, Equatable {
    /// The least that the evidence allows.
    public var low: Double
    /// What is most likely.
    public var likely: Double
    /// The most that the evidence allows.
    public var high: Double

    /// A gain; the three are put in order.
    public init(low: Double, likely: Double, high: Double) {
        let sorted = [low, likely, high].sorted()
        (self.low, self.likely, self.high) = (sorted[0], sorted[1], sorted[2])
    }

    /// Whether a measured gain lies inside.
    public func contains(_ gain: Double) -> Bool { (low...high).contains(gain) }
}
