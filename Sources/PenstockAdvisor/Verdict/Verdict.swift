package import PenstockCore

/// Which stage limits a run, from what its stages did in the time that it took.
///
/// Never a guess: `LimitModel` says what was demanded of cores, places for tasks and workers, and which stage's absence
/// would have made most room. Here it is decided whether that is worth a name, and put into words.
package struct Verdict {
    /// A stage whose absence would gain less than this factor does not limit, nor does one that another comes this close to.
    static let margin = 1.1
    /// Nothing was demanded for this share of the time: something else made the run as slow as it was.
    static let demanded = 0.6
    /// A stage is short of room when it was held for this share of its time by a stage that was without input for the other.
    private static let roomless = (held: 0.25, starved: 0.5)

    let window: RunWindow
    let model: LimitModel

    /// A verdict about a stretch of a run.
    package init(_ window: RunWindow) {
        self.window = window
        model = LimitModel(window)
    }

    /// The verdict about a whole run.
    ///
    /// - `ready`: the run when its workers could take work; nil if that never was. `loading` is then all there is to say.
    package static func ofRun(_ run: RunSnapshot, ready: RunSnapshot?) -> VerdictReport {
        let start = ready ?? RunSnapshot()
        let report = Verdict(RunWindow(run: run, ready: start)).report
        let loading = run.stages.map { $0.report.startingSeconds / Double(max($0.report.workers, 1)) }.max() ?? 0
        guard report.limitingStage != "", run.seconds > 0, loading > run.seconds * 0.5 else { return report }
        return startBound(loading / run.seconds, of: run.seconds, then: report)
    }

    /// The verdict, with a sentence for people.
    package var report: VerdictReport {
        guard window.seconds > 0, window.stages.contains(where: { $0.busy > 0 }) else {
            return VerdictReport(limitingStage: "", share: 0, text: "nothing ran.")
        }
        let top = model.highest()
        var report = VerdictReport()
        report.potentialShare = min(top.demand, 1)
        report.potentialImagesPerSecond = rate(at: top.demand)
        let ranked = window.stages.indices.map { (stage: $0, left: model.highest(without: $0).demand) }
            .sorted { $0.left < $1.left }
        let first = ranked[0]
        if let stage = shortOfRoom { return roomBound(report, stage) }
        if top.demand < Self.demanded { return unlimited(report, top) }
        if first.left * Self.margin > top.demand { return balanced(report, top) }
        if ranked.count > 1, ranked[1].left < first.left * Self.margin {
            return alike(report, top, first.stage, ranked[1].stage)
        }
        return limited(report, by: first.stage, top)
    }

    private func limited(
        _ report: VerdictReport,
        by stage: Int,
        _ top: (resource: LimitModel.Resource, demand: Double)
    ) -> VerdictReport {
        var report = report
        let top = explaining(stage, top)
        report.limitingStage = window.stages[stage].name
        report.resource = kind(top.resource)
        report.share = share(of: stage, top)
        report.waitedShare = model.waitedShare(on: stage)
        let next = model.highest(without: stage)
        if next.demand > 0, let second = model.largest(of: next.resource, without: stage) {
            report.nextStage = window.stages[second].name
            report.nextImagesPerSecond = rate(at: next.demand)
        }
        report.evidence = evidence(stage)
        report.text = sentence(report, stage)
        return report
    }

    /// What to show of a stage: the resource that is demanded most, or its own workers when they are as short as that and
    /// it takes the smaller part of the other.
    private func explaining(
        _ stage: Int,
        _ top: (resource: LimitModel.Resource, demand: Double)
    ) -> (resource: LimitModel.Resource, demand: Double) {
        let own = model.demand(of: .workers(stage), without: nil)
        let isSmall = share(of: stage, top) < 0.5
        return isSmall && own * Self.margin * Self.margin > top.demand ? (.workers(stage), own) : top
    }

    /// Two stages demand nearly the same: to make one of them faster shows the other.
    private func alike(
        _ report: VerdictReport,
        _ top: (resource: LimitModel.Resource, demand: Double),
        _ first: Int,
        _ second: Int
    ) -> VerdictReport {
        var report = report
        report.limitingStage = "balanced"
        report.resource = kind(top.resource)
        report.share = share(of: first, top)
        report.evidence = evidence(first) + evidence(second)
        let names = [first, second].map { "\(window.stages[$0].name) (\(Self.percent(share(of: $0, top))))" }
        report.text = "balanced: \(names[0]) and \(names[1]) use the \(things(top.resource)) alike."
        return report
    }

    /// No single stage would make room.
    private func balanced(
        _ report: VerdictReport,
        _ top: (resource: LimitModel.Resource, demand: Double)
    ) -> VerdictReport {
        var report = report
        report.limitingStage = "balanced"
        let busiest = window.stages.indices.sorted { demand($0) > demand($1) }.prefix(2)
        report.share = busiest.first.map(demand) ?? 0
        report.evidence = busiest.flatMap(evidence)
        let names = busiest.map { window.stages[$0].name }.joined(separator: " and ")
        report.text = "balanced: no stage by itself holds up the others; \(names) are busiest."
        return report
    }

    /// Nothing was demanded most of the time.
    private func unlimited(
        _ report: VerdictReport,
        _ top: (resource: LimitModel.Resource, demand: Double)
    ) -> VerdictReport {
        var report = report
        let short = window.stages.map { ($0.heldBy["memory"] ?? 0) / max($0.present, 1e-9) }.max() ?? 0
        let busiest = model.largest(of: top.resource, without: nil) ?? 0
        report.evidence = evidence(busiest)
        if short > 0.5 {
            report.limitingStage = "memory"
            report.resource = .memory
            report.share = short
            report.text =
                "memory-bound: the memory limit held a stage for \(Self.percent(short)) of its time, and no stage was busy for more than \(Self.percent(top.demand)). Raise --memory, or make blocks smaller."
            return report
        }
        report.limitingStage = "balanced"
        report.share = top.demand
        report.text =
            "balanced: nothing limits; \(window.stages[busiest].name) is busiest, and demanded only \(Self.percent(top.demand)) of its \(things(top.resource)). A run with more rows keeps more workers busy."
        return report
    }

    /// A stage that had no room for what it puts out, though the next one could have taken it and cores were idle.
    ///
    /// Limits on bytes that wait are checked before a task starts: where they hold fewer blocks than there are workers, workers
    /// idle, and neither stage is slow.
    private var shortOfRoom: Int? {
        guard model.coresUsed < window.cores * 0.85 else { return nil }
        return window.stages.indices.dropLast().first { index in
            let (use, next) = (window.stages[index], window.stages[index + 1])
            return heldForRoom(index) > Self.roomless.held * use.present
                && next.starved > Self.roomless.starved * next.present
        }
    }

    private func heldForRoom(_ stage: Int) -> Double {
        window.stages[stage].heldBy["output waits for \(window.stages[stage + 1].name)"] ?? 0
    }

    private func roomBound(_ report: VerdictReport, _ stage: Int) -> VerdictReport {
        var report = report
        let (use, next) = (window.stages[stage], window.stages[stage + 1])
        report.limitingStage = "memory"
        report.resource = .memory
        report.share = min(1, heldForRoom(stage) / use.present)
        report.evidence = evidence(stage)
        let starved = Self.percent(next.starved / next.present)
        report.text =
            "memory-bound: \(use.name) was held \(Self.percent(report.share)) of its time for want of room for its output, while \(next.name) was without input \(starved). Make blocks smaller, or raise --memory."
        return report
    }

    private static func startBound(_ share: Double, of seconds: Double, then rest: VerdictReport) -> VerdictReport {
        var report = rest
        report.limitingStage = "start"
        report.share = share
        report.resource = nil
        let tenths = "\((seconds * 10).rounded() / 10) s"
        report.text =
            "start-bound: loading took \(percent(share)) of the \(tenths); use more images to see what limits the rest."
        report.evidence = ["after loading: \(rest.text)"]
        (report.nextStage, report.nextImagesPerSecond) = (rest.limitingStage, rest.potentialImagesPerSecond)
        return report
    }

    // MARK: Numbers

    /// Rows per second when the highest demand fills the time.
    private func rate(at demand: Double) -> Double {
        demand > 0 && window.seconds > 0 ? Double(window.rows) / window.seconds / demand : 0
    }

    private func kind(_ resource: LimitModel.Resource) -> VerdictReport.Resource {
        switch resource {
        case .cores: .cores
        case .slots: .slots
        case .workers: .workers
        }
    }

    /// A stage's part of what is demanded of the resource; of its own workers, how much of their time.
    private func share(of stage: Int, _ top: (resource: LimitModel.Resource, demand: Double)) -> Double {
        switch top.resource {
        case .cores, .slots: min(1, model.demand(of: stage, for: top.resource) / top.demand)
        case .workers: demand(stage)
        }
    }

    /// Share of a stage's workers that it demands.
    private func demand(_ stage: Int) -> Double { min(1, model.demand(of: .workers(stage), without: nil)) }
}
