import PenstockCore
import PenstockPlan

/// Runs a job over the sample, and sees to it that only work is measured: a model that is compiled anew is loaded once before.
struct TuningBench {
    /// Images of a run that only prepares: enough for the precision guard to decide.
    static let warmingImages = 48

    private let tools: TuningTools
    private let request: TuningRequest
    private let start: RunInstant
    /// Images of a measured run.
    var images: Int
    /// Runs that can be under way at the same time.
    var together = 2
    private(set) var runs = 0
    /// Compiled models that lie in the cache by now, by the settings that they depend on.
    private var warm: Set<[String]> = []
    /// Seconds of the slowest of the last measured runs.
    private var lastSeconds: Double

    init(_ request: TuningRequest, _ tools: TuningTools) {
        self.request = request
        self.tools = tools
        start = tools.clock.now()
        images = max(1, min(Self.warmingImages, request.availableImages))
        lastSeconds = request.secondsPerRun
    }

    /// Seconds since the search began.
    var elapsed: Double { tools.clock.now().seconds(since: start) }

    /// Seconds that are left.
    var left: Double { request.seconds - elapsed }

    /// Seconds to count on for a run: no fewer than what all so far took on average, with all that goes before one.
    var secondsPerRun: Double { max(lastSeconds, elapsed / Double(max(runs, 1)), 1e-3) }

    /// One run.
    ///
    /// - Throws: what the runner throws, and `CancellationError`.
    mutating func run(_ changes: SettingChanges) async throws -> RunReport {
        try await prepare(changes)
        return try await measured([changes], images)[0]
    }

    /// A run of each, in turns where the runner can do that.
    ///
    /// - `round`: in every second one the last begins.
    /// - Returns: their reports, in the order of `ways`.
    /// - Throws: as `run`.
    mutating func run(inTurns ways: [SettingChanges], round: Int = 0) async throws -> [RunReport] {
        for way in ways { try await prepare(way) }
        return try await measured(ways, images, round: round)
    }

    /// Sees to it that the model is compiled.
    private mutating func prepare(_ changes: SettingChanges) async throws {
        let key = ["cores", "model-workers", "precision", "threads-per-worker"].map { changes.values[$0] ?? "" }
        if warm.contains(key) { return }
        let known = lastSeconds
        _ = try await measured([changes], min(Self.warmingImages, images))
        lastSeconds = known
        warm.insert(key)
    }

    private mutating func measured(_ ways: [SettingChanges], _ images: Int, round: Int = 0) async throws -> [RunReport]
    {
        try Task.checkCancellation()
        let begin = tools.clock.now()
        let reports: [RunReport]
        do {
            reports =
                ways.count == 1
                ? [try await tools.runner.run(ways[0], images: images)]
                : try await tools.runner.run(inTurns: ways, images: images, round: round)
        } catch {
            // However a run puts it that somebody ended it.
            try Task.checkCancellation()
            throw error
        }
        try Task.checkCancellation()
        runs += ways.count
        let seconds = tools.clock.now().seconds(since: begin) / Double(ways.count)
        lastSeconds = max(lastSeconds * 0.8, seconds)
        guard reports.allSatisfy({ $0.outcome == .done && $0.rowsWritten > 0 }) else {
            throw StageError(.invalidInput, "none of the \(images) images of the sample could be classified.")
        }
        return reports
    }
}
