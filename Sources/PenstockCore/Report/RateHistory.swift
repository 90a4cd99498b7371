/// The recent rates of a run, from looks at it: when it will be done, and how sure that is.
public struct RateHistory: Sendable {
    /// Rows come in blocks, so that shorter intervals show the blocks and not the rate.
    private static let interval = 1.0
    /// Intervals that count; what was longer ago says less about what comes.
    private static let most = 30
    /// Fewer give no spread worth telling.
    private static let fewest = 4

    private var seconds: [Double] = []
    private var rates: [Double] = []
    private var last = RunSnapshot()
    private var left: Int?

    /// A history without looks.
    public init() {}

    /// Adds a look; looks come in the order of time.
    public mutating func add(_ snapshot: RunSnapshot) {
        left = snapshot.totalRows.map { max(0, $0 - snapshot.rowsDone) }
        let passed = snapshot.seconds - last.seconds
        guard passed >= Self.interval else { return }
        let rows = snapshot.rowsDone - last.rowsDone
        let isStart = rates.isEmpty && rows == 0
        last = snapshot
        if isStart { return }  // the model is loading, which says nothing about the rate
        seconds.append(passed)
        rates.append(Double(rows) / passed)
        if rates.count > Self.most {
            seconds.removeFirst()
            rates.removeFirst()
        }
    }

    /// Rows per second over the intervals that count; nil before there are any.
    public var rate: Double? {
        let time = seconds.reduce(0, +)
        guard time > 0 else { return nil }
        return zip(rates, seconds).reduce(0) { $0 + $1.0 * $1.1 } / time
    }

    /// The time until all rows are done; nil while their number or the rate is not known.
    ///
    /// The half width is twice the standard error: of the mean of the rates so far, and of the mean of as many as are to come.
    public var remaining: RemainingTime? {
        guard let left, let rate, rate > 0 else { return nil }
        let time = Double(left) / rate
        guard rates.count >= Self.fewest else { return RemainingTime(seconds: time, halfWidth: nil) }
        let count = Double(rates.count)
        let variance = rates.reduce(0) { $0 + ($1 - rate) * ($1 - rate) } / (count - 1)
        let coming = max(time / (seconds.reduce(0, +) / count), 1)
        let error = (variance * (1 / count + 1 / coming)).squareRoot()
        return RemainingTime(seconds: time, halfWidth: time * 2 * error / rate)
    }
}

/// When a run will be done, as far as its rates tell.
public struct RemainingTime: Sendable, Equatable {
    /// Seconds from now.
    public let seconds: Double
    /// Half the width of an interval that holds it in about 95 % of cases; nil before there are enough rates.
    public let halfWidth: Double?
}

extension RunSnapshot {
    /// Rows that need no more work.
    public var rowsDone: Int { rowsWritten + rowsQuarantined + rowsSkipped }
}
