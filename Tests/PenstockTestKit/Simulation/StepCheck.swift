import PenstockCore
import PenstockEngine

/// What must hold whenever tasks are launched.
struct StepCheck {
    private let specs: [OperatorSpec]
    private let limits: RunLimits
    private var running: [TaskID: Launch] = [:]
    var violations: [String] = []

    init(_ specs: [OperatorSpec], _ limits: RunLimits) {
        self.specs = specs
        self.limits = limits
    }

    mutating func ended(_ launch: Launch) { running[launch.task] = nil }

    /// Looks at the launches of one step.
    ///
    /// The first one, when nothing runs, may be the liveness exception, which is free.
    mutating func launches(_ actions: [Action], bytesInUse: Bytes) {
        var takesMemory = false
        for case .launch(let launch) in actions {
            let isFree = running.isEmpty
            checkWorker(launch)
            checkBatch(launch)
            running[launch.task] = launch
            if isFree { continue }
            checkCPUs(launch)
            if specs[launch.op].kind != .sink { takesMemory = true }
        }
        if takesMemory, bytesInUse > limits.memory {
            violations.append("launched with \(bytesInUse) in use of \(limits.memory)")
        }
    }

    private mutating func checkWorker(_ launch: Launch) {
        let isTaken = running.values.contains { $0.op == launch.op && $0.worker == launch.worker }
        if isTaken { violations.append("worker \(launch.worker) of \(specs[launch.op].name) has two tasks") }
    }

    private mutating func checkCPUs(_ launch: Launch) {
        guard specs[launch.op].cpusPerTask > 0 else { return }
        let cpus = running.values.reduce(0) { $0 + specs[$1.op].cpusPerTask }
        if cpus > limits.cpus + 1e-6 { violations.append("tasks on \(cpus) of \(limits.cpus) CPUs") }
    }

    private mutating func checkBatch(_ launch: Launch) {
        let rows = launch.input.reduce(0) { $0 + $1.range.count }
        let fits: Bool =
            switch (specs[launch.op].kind, specs[launch.op].batch) {
            case (.source, _): rows == 0
            case (_, .wholeBlock): launch.input.count <= 1
            case (_, .exactly(let count)): rows <= count
            case (_, .flexible(_, let high)): rows <= high
            case (_, .bytes): rows > 0 || launch.input.isEmpty
            case (_, .evenly(let rowCount, let blocks)): rows <= (rowCount + blocks - 1) / blocks
            }
        if fits { return }
        violations.append("\(rows) rows for \(specs[launch.op].name), which takes \(specs[launch.op].batch)")
    }
}
