package import PenstockCore

/// What a stage costs in one run, in figures that do not grow with the number of rows.
package struct StageCost: Sendable, Equatable {
    /// Worker time in tasks for a row of it.
    package let milliseconds: Double
    /// The same, counted only as far as it takes a core.
    package let coreMilliseconds: Double
    /// Shares of its workers' time, 0…1.
    package let busy, starved, held: Double
    /// The commonest reason why it was held; empty when it was not.
    package let heldBy: String
    /// Workers it had.
    package let workers: Int
    /// Seconds until its workers could work, for one worker.
    package let startingSeconds: Double

    /// The costs of a stage.
    package init(_ stage: StageReport) {
        let total = max(stage.startingSeconds + stage.busySeconds + stage.starvedSeconds + stage.heldSeconds, 1e-9)
        milliseconds = stage.rows > 0 ? stage.busySeconds * 1000 / Double(stage.rows) : 0
        coreMilliseconds = milliseconds * stage.cpusPerTask
        busy = stage.busySeconds / total
        starved = stage.starvedSeconds / total
        held = stage.heldSeconds / total
        heldBy = stage.heldBy.max { $0.value < $1.value }?.key ?? ""
        workers = stage.workers
        startingSeconds = stage.startingSeconds / Double(max(stage.workers, 1))
    }
}

/// A stage in two runs; nil where one of them does not have it.
package struct StagePair: Sendable, Equatable {
    /// Its name.
    package let name: String
    /// In the first run.
    package let first: StageCost?
    /// In the second run.
    package let second: StageCost?

    /// Time per row in the second run ÷ in the first; nil when there is nothing to divide.
    package var ratio: Double? {
        guard let first, let second, first.milliseconds > 0 else { return nil }
        return second.milliseconds / first.milliseconds
    }

    /// How much more core time a row takes in the second run, in milliseconds.
    var coreDifference: Double { (second?.coreMilliseconds ?? 0) - (first?.coreMilliseconds ?? 0) }

    /// The stages of two reports, in the order of the first; what only the second has comes last.
    static func pairs(_ first: [StageReport], _ second: [StageReport]) -> [StagePair] {
        func cost(_ name: String, _ stages: [StageReport]) -> StageCost? {
            stages.first { $0.name == name }.map { StageCost($0) }
        }
        let names = first.map(\.name) + second.map(\.name).filter { name in !first.contains { $0.name == name } }
        return names.map { StagePair(name: $0, first: cost($0, first), second: cost($0, second)) }
    }
}
