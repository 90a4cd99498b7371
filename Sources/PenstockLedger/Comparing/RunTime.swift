package import PenstockCore

/// How long an image took in a run, in two factors: how much work it was, and how much of the machine the run had.
///
/// They are disturbed by different things. A machine that is slow for a while, as virtual ones are, makes the same work take
/// more CPU time, by a third and more. It does not change how many cores the run kept busy, which tells within a few percent
/// whether the run waited: for storage, for another process, for a CPU quota.
package struct RunTime: Sendable, Equatable {
    /// From one image to the next.
    package let milliseconds: Double
    /// CPU time ÷ time of the whole run; nil where the report does not say.
    package let coresUsed: Double?

    /// A run's time.
    package init(milliseconds: Double, coresUsed: Double?) {
        self.milliseconds = milliseconds
        self.coresUsed = coresUsed.flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    }

    /// The time of the run that a report is about; nil when it wrote nothing.
    package init?(_ report: RunReport) {
        guard report.imagesPerSecond > 0 else { return nil }
        let cores = report.wallSeconds > 0 ? report.cpuSeconds / report.wallSeconds : 0
        self.init(milliseconds: 1000 / report.imagesPerSecond, coresUsed: cores)
    }

    /// CPU time of an image, in milliseconds; nil where the report does not say.
    package var work: Double? { coresUsed.map { milliseconds * $0 } }

    /// Wall time for each second of CPU time.
    package var waiting: Double? { coresUsed.map { 1 / $0 } }
}

/// How much runs of one job differ, for each factor of `RunTime`.
package struct JobNoise: Sendable, Equatable {
    /// Few runs of a quiet second differ by less than others do.
    private static let leastWaiting = 0.01

    /// Of the time of an image.
    package let time: Noise
    /// Of its CPU time; the same where only the time is known.
    package let work: Noise
    /// Of the wall time for each second of CPU time.
    package let waiting: Noise

    /// From groups of runs; what they are too few for is taken from `other`.
    package init(groups: [[RunTime]], else other: JobNoise) {
        time = Noise(groups: groups.map { $0.map(\.milliseconds) }) ?? other.time
        work = Noise(groups: groups.map { $0.compactMap(\.work) }) ?? other.work
        waiting = Noise(groups: groups.map { $0.compactMap(\.waiting) }, least: Self.leastWaiting) ?? other.waiting
    }

    /// From the batches of runs.
    package init(batchesOf reports: [RunReport]) {
        time = Noise(batchesOf: reports)
        work = time
        waiting = Noise.assumed
    }
}
