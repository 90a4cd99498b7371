/// What a run did and what limited it: the stable content of `report.json`.
///
/// Times are seconds, sizes bytes. Keys are written in snake case.
public struct RunReport: Codable, Sendable {
    /// How a run ended.
    public enum Outcome: String, Codable, Sendable {
        case done, interrupted, tooManyBadRows = "too_many_bad_rows", failed
    }

    /// How the run ended.
    public var outcome: Outcome = .done
    /// Rows that the source produced; equals written + quarantined + skipped + unfinished + not needed, unless a transform
    /// filters or multiplies rows.
    public var rowsRead = 0
    /// Rows committed by the sink.
    public var rowsWritten = 0
    /// Rows that failed and went to quarantine.
    public var rowsQuarantined = 0
    /// Rows left out because an earlier run wrote them.
    public var rowsSkipped = 0
    /// Rows read but not finished when the run was stopped early; 0 for a run that is done.
    public var rowsUnfinished = 0
    /// Rows read but dropped, because a later stage had all the rows that were wanted.
    public var rowsNotNeeded = 0
    /// Rows written that say by a class below 0, or by a text in a column for errors, that they have no answer.
    public var rowsWithoutAnswer = 0
    /// From the call to its end, when every thread is gone.
    public var wallSeconds = 0.0
    /// From the call to the first row read.
    public var startupSeconds = 0.0
    /// Rows written ÷ time from first read to last commit.
    public var imagesPerSecond = 0.0
    /// The most memory the process had resident.
    public var peakRssBytes = 0
    /// CPU time of the process during the run, user and system.
    public var cpuSeconds = 0.0
    /// The most bytes that blocks and reservations held at any time; the run's memory limit is about these.
    public var peakBytesHeld = 0
    /// Bytes of blocks and reservations still held at the end; anything but 0 is a defect of ours.
    public var bytesHeldAtEnd = 0
    /// One entry per operator, in the order of the plan.
    public var stages: [StageReport] = []
    /// Every change of a pool's size, in order.
    public var scaling: [ScalingDecision] = []
    /// How long one batch takes in the model.
    public var batchLatencyMs = LatencyReport()
    /// Every setting with where it comes from.
    public var settings: [String: SettingReport] = [:]
    /// The model, when there is one.
    public var model: ModelReport?
    /// Which stage limits, and by how much.
    public var verdict = VerdictReport()
    /// Advice, most valuable first.
    public var findings: [FindingReport] = []
    /// Penstock, backend and library versions.
    public var versions: [String: String] = [:]
    /// What the run cost, where a price was given.
    public var cost: CostReport?
    /// The machine, or the container's share of it.
    public var machine: MachineReport?

    /// An empty report.
    public init() {}
}

extension RunReport {
    /// Reads a report, also one of an earlier version: what it does not have stays empty.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        try values.read(.outcome, into: &outcome)
        try values.read(.rowsRead, into: &rowsRead)
        try values.read(.rowsWritten, into: &rowsWritten)
        try values.read(.rowsQuarantined, into: &rowsQuarantined)
        try values.read(.rowsSkipped, into: &rowsSkipped)
        try values.read(.rowsUnfinished, into: &rowsUnfinished)
        try values.read(.rowsNotNeeded, into: &rowsNotNeeded)
        try values.read(.rowsWithoutAnswer, into: &rowsWithoutAnswer)
        try values.read(.wallSeconds, into: &wallSeconds)
        try values.read(.startupSeconds, into: &startupSeconds)
        try values.read(.imagesPerSecond, into: &imagesPerSecond)
        try values.read(.peakRssBytes, into: &peakRssBytes)
        try values.read(.cpuSeconds, into: &cpuSeconds)
        try values.read(.peakBytesHeld, into: &peakBytesHeld)
        try values.read(.bytesHeldAtEnd, into: &bytesHeldAtEnd)
        try values.read(.stages, into: &stages)
        try values.read(.scaling, into: &scaling)
        try values.read(.batchLatencyMs, into: &batchLatencyMs)
        try values.read(.settings, into: &settings)
        model = try values.decodeIfPresent(ModelReport.self, forKey: .model)
        try values.read(.verdict, into: &verdict)
        try values.read(.findings, into: &findings)
        try values.read(.versions, into: &versions)
        cost = try values.decodeIfPresent(CostReport.self, forKey: .cost)
        machine = try values.decodeIfPresent(MachineReport.self, forKey: .machine)
    }
}

/// Percentiles of a duration, in milliseconds.
public struct LatencyReport: Codable, Sendable, Equatable {
    /// Half of all durations stay below it.
    public var p50 = 0.0
    /// 95 % of all durations stay below it.
    public var p95 = 0.0
    /// 99 % of all durations stay below it.
    public var p99 = 0.0

    /// All zero.
    public init() {}

    /// Three percentiles.
    public init(p50: Double, p95: Double, p99: Double) {
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
    }
}

/// A setting's value, where it comes from and why it is what it is.
public struct SettingReport: Codable, Sendable, Equatable {
    /// The value as people read it.
    public var value: String
    /// A raw value of `SettingOrigin`, such as `flag` or `default`.
    public var origin: String
    /// Why it is this value; empty when somebody set it.
    public var reason: String

    /// A setting as reports and `explain` print it.
    public init(value: String, origin: String, reason: String) {
        self.value = value
        self.origin = origin
        self.reason = reason
    }
}

/// The model that was run.
public struct ModelReport: Codable, Sendable, Equatable {
    /// The model file as it was named.
    public var path = ""
    /// SHA-256 of the model file, hexadecimal.
    public var hash = ""
    /// The library that ran it.
    public var backend = ""
    /// The device, by the backend's name.
    public var device = ""
    /// The arithmetic that the rows were computed with.
    public var precision = ""
    /// The fastest arithmetic for floating-point layers that the device has.
    public var fastestPrecision: String?
    /// Share of guard images on which the fastest precision and fp32 agree, whichever of them was taken in the end; nil when
    /// they were not compared.
    public var agreement: Double?
    /// How many images the agreement was measured on.
    public var agreementImages: Int?

    /// An empty entry.
    public init() {}
}

extension KeyedDecodingContainer {
    /// Reads a value where there is one; what an earlier version did not write keeps its default.
    func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        value = try decodeIfPresent(Value.self, forKey: key) ?? value
    }
}

extension RunReport {
    /// From the first rows read to the last commit; of a run that wrote nothing, all of its time.
    package var processingSeconds: Double { imagesPerSecond > 0 ? Double(rowsWritten) / imagesPerSecond : wallSeconds }
}
