/// What the tasks of a stage did inside, as far as Penstock's own models and decoders are used and the kernel counts it.
///
/// Loading, and what workers make when they start, is not among it: a model that is loaded where it belongs counts 0 here.
public struct WorkReport: Codable, Sendable, Equatable {
    /// Models that were compiled in tasks.
    public var modelLoads = 0
    /// Seconds that reading and compiling them took.
    public var modelLoadSeconds = 0.0
    /// Inferences.
    public var inferenceCalls = 0
    /// Rows of all inferences.
    public var inferenceRows = 0
    /// Seconds in inferences.
    public var inferenceSeconds = 0.0
    /// Inference requests that were made in tasks.
    public var requestsMade = 0
    /// Image decoders that were made in tasks.
    public var decodersMade = 0
    /// Seconds that making requests and decoders took.
    public var makingSeconds = 0.0
    /// Images that were decoded.
    public var imagesDecoded = 0
    /// Seconds in decoding and resizing.
    public var decodeSeconds = 0.0
    /// Bytes that its workers' threads wrote to files, pipes or a terminal while they ran tasks; 0 where the system does not
    /// count.
    public var bytesWritten = 0
    /// Calls of the system for them.
    public var writeCalls = 0

    /// Nothing.
    public init() {}

    /// What two tasks did together.
    package static func += (left: inout WorkReport, right: WorkReport) { left.add(right, sign: 1) }

    /// What was done between two looks.
    package static func - (left: WorkReport, right: WorkReport) -> WorkReport {
        var difference = left
        difference.add(right, sign: -1)
        return difference
    }

    private mutating func add(_ other: WorkReport, sign: Int) {
        modelLoads += sign * other.modelLoads
        modelLoadSeconds += Double(sign) * other.modelLoadSeconds
        inferenceCalls += sign * other.inferenceCalls
        inferenceRows += sign * other.inferenceRows
        inferenceSeconds += Double(sign) * other.inferenceSeconds
        requestsMade += sign * other.requestsMade
        decodersMade += sign * other.decodersMade
        makingSeconds += Double(sign) * other.makingSeconds
        imagesDecoded += sign * other.imagesDecoded
        decodeSeconds += Double(sign) * other.decodeSeconds
        bytesWritten += sign * other.bytesWritten
        writeCalls += sign * other.writeCalls
    }
}

extension WorkReport {
    /// Reads an entry, also one of an earlier version: what it does not have stays empty.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        try values.read(.modelLoads, into: &modelLoads)
        try values.read(.modelLoadSeconds, into: &modelLoadSeconds)
        try values.read(.inferenceCalls, into: &inferenceCalls)
        try values.read(.inferenceRows, into: &inferenceRows)
        try values.read(.inferenceSeconds, into: &inferenceSeconds)
        try values.read(.requestsMade, into: &requestsMade)
        try values.read(.decodersMade, into: &decodersMade)
        try values.read(.makingSeconds, into: &makingSeconds)
        try values.read(.imagesDecoded, into: &imagesDecoded)
        try values.read(.decodeSeconds, into: &decodeSeconds)
        try values.read(.bytesWritten, into: &bytesWritten)
        try values.read(.writeCalls, into: &writeCalls)
    }
}
