/// What each stage of a run demanded of what can run out: the cores, the places for tasks, its own workers.
///
/// The bounds of operational analysis: a run can be no faster than the resource that is demanded most. Taking a stage away
/// takes its demand away everywhere, so the stage whose absence would lower the highest demand most is the one that limits,
/// and what is then the highest is the next limit.
///
/// Busy time is not demand: a thread that waits for its turn at a core is busy and demands nothing by it. That time is known
/// (`StageUse.coreWait`) and taken out. Libraries compute on threads of their own; the process's CPU time that no worker
/// used is theirs, and goes to the stages whose tasks held CPUs and let them idle.
///
/// - Source: Lazowska et al., "Quantitative System Performance" (1984), chapter 5, asymptotic bounds.
struct LimitModel {
    /// What may run out.
    enum Resource: Equatable {
        case cores, slots
        /// The workers of a stage, by its position.
        case workers(Int)
    }

    let window: RunWindow
    /// Core seconds of each stage.
    let cores: [Double]
    /// Worker seconds of each stage, had its threads never waited for a core.
    let alone: [Double]
    /// Cores that there really were: fewer than planned when a quota or other programs took them.
    private(set) var coresGiven: Double

    /// A resource that was demanded for this share of the time explains a run's pace.
    private static let explained = 0.85

    init(_ window: RunWindow) {
        self.window = window
        let own = window.stages.reduce(0) { $0 + $1.cpu }
        let elsewhere = max(0, window.cpuSeconds - own)
        let idle = window.stages.map { max(0, $0.busy * $0.cpusPerTask - $0.cpu - $0.coreWait * $0.cpusPerTask) }
        let given = min(elsewhere, idle.reduce(0, +))
        let part = given > 0 ? given / idle.reduce(0, +) : 0
        let libraries = idle.map { $0 * part }
        cores = zip(window.stages, libraries).map { $0.cpu + $1 }
        // Threads of libraries wait for cores as those of workers do.
        let waited = window.stages.reduce(0) { $0 + $1.coreWait }
        let stretch = own > 0 ? (own + waited) / own : 1
        alone = zip(window.stages, libraries).map { stage, library in
            let asleep = max(0, stage.busy - stage.cpu - stage.coreWait)
            let perSlot = library / max(stage.cpusPerTask, 1)
            return min(stage.busy, stage.cpu + max(asleep - perSlot * (stretch - 1), perSlot))
        }
        coresGiven = window.cores
        // Threads wait for their turn well before the cores are short, since work comes in bursts. Only where nothing that is
        // known to be there was short does their waiting say that there were fewer cores.
        guard highest().demand < Self.explained else { return }
        let used = own + given
        let wanted = used + waited + given * (stretch - 1)
        let all = window.cores * window.seconds
        if used > 0 { coresGiven = window.cores * used / max(min(wanted, all), used) }
    }

    /// Cores that the stages used.
    var coresUsed: Double { window.seconds > 0 ? cores.reduce(0, +) / window.seconds : 0 }
    /// Share of the cores that they used, of those that they were given.
    var coreUse: Double { demand(of: .cores, without: nil) }

    /// The resource that is demanded most, and how much of it, when a stage costs nothing.
    func highest(without removed: Int? = nil) -> (resource: Resource, demand: Double) {
        var best = (resource: Resource.cores, demand: demand(of: .cores, without: removed))
        let others = [Resource.slots] + window.stages.indices.map { Resource.workers($0) }
        for resource in others {
            let demand = demand(of: resource, without: removed)
            if demand > best.demand { best = (resource, demand) }
        }
        return best
    }

    /// Demand as a share of what there was: 1 when it was used all the time.
    func demand(of resource: Resource, without removed: Int?) -> Double {
        guard window.seconds > 0 else { return 0 }
        let left = window.stages.indices.filter { $0 != removed }
        switch resource {
        case .cores:
            return left.reduce(0) { $0 + cores[$1] } / (coresGiven * window.seconds)
        case .slots:
            return left.reduce(0) { $0 + alone[$1] * window.stages[$1].cpusPerTask } / (window.slots * window.seconds)
        case .workers(let stage):
            let capacity = window.stages[stage].capacity
            return stage == removed || capacity <= 0 ? 0 : alone[stage] / capacity
        }
    }

    /// How much of a resource a stage demands.
    func demand(of stage: Int, for resource: Resource) -> Double {
        demand(of: resource, without: nil) - demand(of: resource, without: stage)
    }

    /// The stage that demands most of a resource.
    func largest(of resource: Resource, without removed: Int?) -> Int? {
        if case .workers(let stage) = resource { return stage }
        return window.stages.indices.filter { $0 != removed }
            .max { demand(of: $0, for: resource) < demand(of: $1, for: resource) }
    }

    /// Share of their time that the other stages' workers waited.
    func waitedShare(on stage: Int) -> Double {
        let others = window.stages.indices.filter { $0 != stage }.map { window.stages[$0] }
        let present = others.reduce(0) { $0 + $1.present }
        return present > 0 ? min(1, others.reduce(0) { $0 + $1.waiting } / present) : 0
    }
}
