import PenstockCore

/// Finds a batch size from what batches cost: `seconds = fixed + rows × per row`.
///
/// Measures batches of a small size and of the largest, fits the two numbers, and takes the smallest size at which the fixed
/// cost is at most a fiftieth of the rest: more would not be faster, only later and larger. Medians, so that one batch that
/// was disturbed decides nothing; and batches while another worker still starts are not counted.
///
/// A stage that works on a unit of rows at a time, whatever a task has, gains nothing by more of them, but each task costs
/// the engine: then a task gets as many units as take about a second.
struct BatchTuner: Sendable {
    /// Batches of each size that are measured.
    static let samples = 6
    /// Batches that are let pass first: a library prepares itself in its first calls.
    static let warmUp = 2
    /// Share of the fixed cost in the whole that is accepted.
    static let acceptedShare = 0.02
    /// How long a task of whole units may take: so long does a run that is cancelled go on.
    static let unitSeconds = 1.0

    private enum Phase: Sendable, Equatable { case small, large, done }

    private let small: Int
    private let large: Int
    private let unit: Int?
    private var phase = Phase.small
    private var passed = 0
    private var seconds: [Double] = []
    private var smallSeconds = 0.0
    /// Rows of as many units as take `unitSeconds`.
    private var unitRows: Int?
    /// What was found; nil until then.
    private(set) var decision: BatchDecision?

    /// - `small`: where it begins. `large`: the most rows that a batch may have. `unit`: rows that are worked on at once; nil:
    ///   all of a batch.
    init(small: Int, large: Int, unit: Int? = nil) {
        self.small = small
        self.unit = unit
        self.large = max(small, large)
        if large <= small { phase = .done }
    }

    /// The rows that batches should have now.
    var rows: Int {
        switch phase {
        case .small: small
        case .large: large
        case .done: unitRows ?? decision?.rows ?? small
        }
    }

    /// Takes in what a batch took; true when `rows` changed.
    mutating func add(rows: Int, seconds: Double) -> Bool {
        guard phase != .done, rows == self.rows else { return false }
        passed += 1
        if passed <= Self.warmUp { return false }
        self.seconds.append(seconds)
        guard self.seconds.count == Self.samples else { return false }
        let median = Statistics.median(self.seconds) ?? 0
        self.seconds = []
        passed = 0
        if let unit {
            unitRows = self.rows(ofUnits: unit, each: median / Double(rows) * Double(unit))
            phase = .done
        } else if phase == .small {
            smallSeconds = median
            phase = .large
        } else {
            decide(median)
            phase = .done
        }
        return true
    }

    private func rows(ofUnits unit: Int, each seconds: Double) -> Int {
        let units = min(Self.unitSeconds / max(seconds, 1e-9), Double(large / unit))
        return max(Int(units), 1) * unit
    }

    private mutating func decide(_ largeSeconds: Double) {
        let perRow = max((largeSeconds - smallSeconds) / Double(large - small), 1e-12)
        let fixed = max(smallSeconds - perRow * Double(small), 0)
        let wanted = fixed / (perRow * Self.acceptedShare)
        let rows = min(max(Int(min(wanted, 1e9).rounded(.up)), small), large)
        decision = BatchDecision(rows: rows, fixedSeconds: fixed, secondsPerRow: perRow)
    }
}
