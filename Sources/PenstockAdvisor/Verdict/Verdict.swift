package import PenstockCore

/// Which stage limits a run, from its busy, starved and held times.
///
/// Never a guess. Stages that compute share the cores. When their tasks kept the cores busy, the stage that used most of that time is the
/// limit, since making it faster frees the most. When they did not, something waited: the stage whose workers were busy
/// for most of the run is the limit, typically a disk or a single worker. A busy worker that waits for a disk takes no core.
package struct Verdict {
    /// Share of the cores' time above which the cores themselves are the limit.
    static let saturation = 0.85
    /// A second stage that comes this close to the first makes the pipeline balanced.
    static let balance = 0.9

    private let stages: [StageReport]
    private let cores: Int
    private let wallSeconds: Double

    /// - `stages` with `cores` logical CPUs over `wallSeconds`.
    package init(stages: [StageReport], cores: Int, wallSeconds: Double) {
        self.stages = stages
        self.cores = cores
        self.wallSeconds = wallSeconds
    }

    /// The verdict, with a sentence for people.
    package var report: VerdictReport {
        let busy = stages.reduce(0) { $0 + $1.busySeconds }
        guard busy > 0, wallSeconds > 0 else { return VerdictReport(limitingStage: "", share: 0, text: "nothing ran.") }
        let starting = stages.map(startingTime).max() ?? 0
        let usable = Double(cores) * wallSeconds
        if starting > wallSeconds * 0.5 {
            return VerdictReport(
                limitingStage: "start",
                share: starting / wallSeconds,
                text:
                    "start-bound: loading took \(percent(starting / wallSeconds)) of the \(seconds(wallSeconds)); use more images to see what limits the rest."
            )
        }
        let computing = stages.reduce(0) { $0 + coreSeconds($1) }
        return computing / usable >= Self.saturation ? sharedCores(busy: computing) : waiting()
    }

    /// The cores were busy: the largest consumer is the limit.
    private func sharedCores(busy: Double) -> VerdictReport {
        let ranked = stages.filter { $0.cpusPerTask > 0 }.sorted { coreSeconds($0) > coreSeconds($1) }
        let first = ranked[0]
        let share = coreSeconds(first) / busy
        if ranked.count > 1, coreSeconds(ranked[1]) >= Self.balance * coreSeconds(first) {
            return VerdictReport(
                limitingStage: "balanced",
                share: share,
                text:
                    "balanced: \(first.name) (\(percent(share))) and \(ranked[1].name) (\(percent(coreSeconds(ranked[1]) / busy))) use the \(coreText) alike."
            )
        }
        let next =
            ranked.count > 1 ? " Next comes \(ranked[1].name) with \(percent(coreSeconds(ranked[1]) / busy))." : ""
        let busyCores = cores == 1 ? "the core was busy" : "the \(cores) cores were busy"
        return VerdictReport(
            limitingStage: first.name,
            share: share,
            text: "\(first.name)-bound: \(busyCores), \(percent(share)) of it with \(first.name).\(next)"
        )
    }

    /// The cores had time to spare: the stage whose workers had least of it is the limit.
    private func waiting() -> VerdictReport {
        let ranked = stages.filter { $0.lifetimeSeconds > 0 }.sorted { utilization($0) > utilization($1) }
        guard let first = ranked.first else { return VerdictReport(limitingStage: "", share: 0, text: "nothing ran.") }
        let share = utilization(first)
        return VerdictReport(
            limitingStage: first.name,
            share: share,
            text:
                "\(first.name)-bound: its \(first.workers == 1 ? "worker was" : "\(first.workers) workers were") busy \(percent(share)) of the time while cores were idle."
        )
    }

    /// Share of its workers' time, once they had started, that they worked; pools that scale count each worker's own time.
    private func utilization(_ stage: StageReport) -> Double {
        stage.busySeconds / max(stage.workerSeconds - stage.startingSeconds, 1e-9)
    }

    /// How long its workers took to start, on average: worker seconds say nothing about the time that passed.
    private func startingTime(_ stage: StageReport) -> Double { stage.startingSeconds / Double(max(stage.workers, 1)) }

    /// Core time that its tasks took.
    private func coreSeconds(_ stage: StageReport) -> Double { stage.busySeconds * stage.cpusPerTask }

    private var coreText: String { cores == 1 ? "core" : "\(cores) cores" }
    private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
    private func seconds(_ value: Double) -> String { "\((value * 10).rounded() / 10) s" }
}
