import Penstock

/// The words of a progress line; keeps the last looks to compute rates.
struct ProgressLine {
    /// Seconds over which the rate is averaged.
    private static let window = 5.0
    /// Begins with the run's start, before which nothing had happened.
    private var history = [RunSnapshot()]
    private var rates = RateHistory()
    private let rowsAre: RowWord
    private let pricePerHour: Double?

    init(rowsAre: RowWord, pricePerHour: Double? = nil) {
        self.rowsAre = rowsAre
        self.pricePerHour = pricePerHour
    }

    /// The line for a look at the run, cut to `width` characters.
    mutating func text(_ snapshot: RunSnapshot, width: Int?) -> String {
        history.append(snapshot)
        rates.add(snapshot)
        while history.count > 2, snapshot.seconds - history[1].seconds > Self.window { history.removeFirst() }
        let done = snapshot.rowsWritten + snapshot.rowsQuarantined + snapshot.rowsSkipped
        var parts = [counts(done, of: snapshot)]
        if let rate { parts.append("\(Format.number(rate)) \(rowsAre)/s") }
        if let remaining = rates.remaining { parts.append(eta(remaining)) }
        if let cost = cost(snapshot) { parts.append(cost) }
        if snapshot.rowsQuarantined > 0 { parts.append("\(Format.count(snapshot.rowsQuarantined)) bad") }
        parts.append(limit(snapshot))
        parts.append(queues(snapshot))
        let line = parts.joined(separator: "  ")
        guard let width, line.count > width else { return line }
        return String(line.prefix(max(width, 1)))
    }

    private func counts(_ done: Int, of snapshot: RunSnapshot) -> String {
        guard let total = snapshot.totalRows, total > 0 else {
            return "\(Format.count(done)) of \(Format.count(snapshot.rowsRead))+ rows"
        }
        return "\(Format.count(done)) / \(Format.count(total))  \(done * 100 / total) %"
    }

    private func eta(_ remaining: RemainingTime) -> String {
        let band = remaining.halfWidth.map { " ± \(Format.clock(max($0, 1)))" } ?? ""
        return "ETA \(Format.clock(remaining.seconds))\(band)"
    }

    /// What it cost so far and will have cost.
    private func cost(_ snapshot: RunSnapshot) -> String? {
        guard let pricePerHour else { return nil }
        let spent = pricePerHour * snapshot.seconds / 3600
        let rest = rates.remaining.map { pricePerHour * $0.seconds / 3600 }
        return "cost \(Format.price(spent))" + (rest.map { " of \(Format.price(spent + $0))" } ?? "")
    }

    /// Rows per second over the last looks.
    private var rate: Double? {
        guard let first = history.first, let last = history.last, last.seconds > first.seconds else { return nil }
        let rows = last.rowsWritten - first.rowsWritten
        return rows > 0 ? Double(rows) / (last.seconds - first.seconds) : nil
    }

    /// What limited lately, by the logic of the run's verdict.
    private func limit(_ snapshot: RunSnapshot) -> String {
        guard let first = history.first else { return "starting" }
        if snapshot.rowsWritten == 0, snapshot.isLoading { return "loading the model" }
        let verdict = snapshot.verdict(since: first)
        switch verdict.limitingStage {
        case "": return "waiting"
        case "balanced": return "balanced"
        case let stage: return "\(stage)-bound \(Format.percent(verdict.share, places: 0))"
        }
    }

    private func queues(_ snapshot: RunSnapshot) -> String {
        "queued " + snapshot.stages.dropFirst().map { "\($0.name) \($0.queuedRows)" }.joined(separator: " · ")
    }
}
