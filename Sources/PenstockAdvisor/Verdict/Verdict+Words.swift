import PenstockCore

/// The words of a verdict; every number in them was measured.
extension Verdict {
    /// What limits, why, and what would come next.
    func sentence(_ report: VerdictReport, _ stage: Int) -> String {
        let use = window.stages[stage]
        let share = Self.percent(report.share)
        let reason =
            switch report.resource {
            case .cores: "\(coresWere) busy, \(share) of it with \(use.name)."
            case .slots: "its tasks held \(share) of the places for tasks, while the cores were \(idle) idle."
            case .workers where coreUse > 0.85: "\(workers(use)) busy \(share) of the time."
            case .workers, .memory, nil: "\(workers(use)) busy \(share) of the time, while the cores were \(idle) idle."
            }
        return "\(use.name)-bound: \(reason)\(waits(report, stage))\(next(report))"
    }

    /// What was measured about a stage and those that waited on it.
    func evidence(_ stage: Int) -> [String] {
        let use = window.stages[stage]
        return [task(use), taken].compactMap { $0 } + waiting(except: stage)
    }

    private func waits(_ report: VerdictReport, _ stage: Int) -> String {
        let idle = model.alone[stage] - model.cores[stage]
        guard report.resource != .cores, idle > model.alone[stage] / 2 else { return "" }
        return " It waits rather than computes: for a disk, a network, a lock or a sleep."
    }

    private func next(_ report: VerdictReport) -> String {
        guard report.nextStage != "", report.nextImagesPerSecond > 0 else { return "" }
        return " Without it \(report.nextStage) would limit, at \(Self.number(report.nextImagesPerSecond))/s."
    }

    /// "a task of read took 20 ms: 2 ms computing, 0 ms waiting for a core".
    private func task(_ use: StageUse) -> String? {
        guard use.tasks > 0 else { return nil }
        func each(_ seconds: Double) -> String { "\(Self.number(seconds / Double(use.tasks) * 1000)) ms" }
        return "a task of \(use.name) took \(each(use.busy)): \(each(model.cores[index(use)])) computing"
            + ", \(each(min(use.coreWait, use.busy))) ready without a core"
    }

    /// Cores that somebody else had.
    private var taken: String? {
        guard model.coresUsed < window.cores * 0.85, coreUse > 0.85 else { return nil }
        return
            "threads were ready and got \(Self.number(model.coresUsed)) of \(Self.number(window.cores)) cores: a CPU quota or other programs had the rest"
    }

    /// The stages that waited most.
    private func waiting(except stage: Int) -> [String] {
        let others = window.stages.indices.filter { $0 != stage && window.stages[$0].present > 0 }
            .map { window.stages[$0] }
            .sorted { $0.waiting / $0.present > $1.waiting / $1.present }
        return others.prefix(2).filter { $0.waiting / $0.present > 0.05 }.map { use in
            let share = Self.percent(use.waiting / use.present)
            guard use.held > use.starved, let reason = use.heldBy.max(by: { $0.value < $1.value })?.key else {
                return "\(use.name) was without input \(share) of the time"
            }
            return "\(use.name) was held \(share) of the time: \(reason)"
        }
    }

    func things(_ resource: LimitModel.Resource) -> String {
        switch resource {
        case .cores: window.cores == 1 ? "core" : "\(Self.number(window.cores)) cores"
        case .slots: "places for tasks"
        case .workers: "workers"
        }
    }

    private var coresWere: String {
        if taken != nil { return "all that it got of the cores was" }
        return window.cores == 1 ? "the core was" : "the \(Self.number(window.cores)) cores were"
    }

    private var coreUse: Double { min(1, model.coreUse) }
    private var idle: String { Self.percent(1 - coreUse) }

    private func workers(_ use: StageUse) -> String {
        let count = max(1, use.workers.rounded())
        return count == 1 ? "its worker was" : "its \(Self.number(count)) workers were"
    }

    private func index(_ use: StageUse) -> Int { window.stages.firstIndex { $0.name == use.name } ?? 0 }

    static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    /// Three digits, as far as they matter.
    static func number(_ value: Double) -> String {
        if value >= 100 || value == value.rounded() { return "\(Int(min(value, 1e15).rounded()))" }
        let places = value >= 10 ? 10.0 : 100
        return "\((value * places).rounded() / places)"
    }
}
