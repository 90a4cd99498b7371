import PenstockCore
import PenstockEngine

/// What must hold whenever tasks are launched, and workers started and ended.
struct StepCheck {
    private struct Worker: Hashable {
        let op: Int
        let number: Int
    }

    private let specs: [OperatorSpec]
    private let limits: RunLimits
    private var running: [TaskID: Launch] = [:]
    /// The batch that each worker is at or has not finished.
    private var batches: [Worker: TaskID] = [:]
    private var ending: Set<Worker> = []
    var violations: [String] = []

    init(_ specs: [OperatorSpec], _ limits: RunLimits) {
        self.specs = specs
        self.limits = limits
    }

    mutating func ended(_ launch: Launch, hasMore: Bool) {
        running[launch.task] = nil
        if !hasMore { batches[Worker(op: launch.op, number: launch.worker)] = nil }
    }

    mutating func ended(_ op: Int, _ worker: Int) { ending.remove(Worker(op: op, number: worker)) }

    /// Looks at the actions of one step.
    ///
    /// The first launch, when nothing runs, may be the liveness exception, which is free.
    mutating func actions(_ actions: [Action], bytesInUse: Bytes) {
        var takesMemory = false
        for action in actions {
            switch action {
            case .launch(let launch):
                let isFree = running.isEmpty
                checkWorker(launch)
                checkBatch(launch)
                running[launch.task] = launch
                if isFree { continue }
                checkResources(launch)
                if specs[launch.op].kind != .sink { takesMemory = true }
            case .abandon(let op, let worker): batches[Worker(op: op, number: worker)] = nil
            case .startWorker(let op, let worker): checkStart(op, worker)
            case .stopWorker(let op, let worker, _): checkStop(op, worker)
            case .load, .stopWorkers, .endEarly, .closeSink, .drop, .wakeUp, .finish: break
            }
        }
        if takesMemory, bytesInUse > limits.memory {
            violations.append("launched with \(bytesInUse) in use of \(limits.memory)")
        }
    }

    private mutating func checkStart(_ op: Int, _ worker: Int) {
        if ending.contains(Worker(op: op, number: worker)) {
            violations.append("worker \(worker) of \(specs[op].name) is started before its thread ended")
        }
    }

    private mutating func checkStop(_ op: Int, _ worker: Int) {
        ending.insert(Worker(op: op, number: worker))
        if batches[Worker(op: op, number: worker)] != nil {
            violations.append("worker \(worker) of \(specs[op].name) is ended with a batch")
        }
    }

    private mutating func checkWorker(_ launch: Launch) {
        let worker = Worker(op: launch.op, number: launch.worker)
        let isTaken = running.values.contains { $0.op == launch.op && $0.worker == launch.worker }
        if isTaken { violations.append("worker \(launch.worker) of \(specs[launch.op].name) has two tasks") }
        if ending.contains(worker) { violations.append("a task for a worker of \(specs[launch.op].name) that ends") }
        let expected = launch.isContinuation ? launch.batch : nil
        if batches[worker] != expected {
            violations.append("worker \(launch.worker) of \(specs[launch.op].name) changes its batch")
        }
        batches[worker] = launch.batch
    }

    private mutating func checkResources(_ launch: Launch) {
        let spec = specs[launch.op]
        let cpus = running.values.reduce(0) { $0 + specs[$1.op].cpusPerTask }
        if spec.cpusPerTask > 0, cpus > limits.cpus + 1e-6 {
            violations.append("tasks on \(cpus) of \(limits.cpus) CPUs")
        }
        let gpus = running.values.reduce(0) { $0 + specs[$1.op].gpusPerTask }
        if spec.gpusPerTask > 0, gpus > limits.gpus + 1e-6 {
            violations.append("tasks on \(gpus) of \(limits.gpus) GPUs")
        }
        let count = running.values.count { $0.op == launch.op }
        if let most = spec.maxConcurrency, count > most {
            violations.append("\(count) tasks of \(spec.name), which allows \(most)")
        }
    }

    private mutating func checkBatch(_ launch: Launch) {
        let rows = launch.input.reduce(0) { $0 + $1.range.count }
        let fits: Bool =
            switch (specs[launch.op].kind, specs[launch.op].batch) {
            case (.source, _): rows == 0
            case (_, .wholeBlock): launch.input.count <= 1
            case (_, .exactly(let count)): rows <= count
            case (_, .flexible(_, let high)): rows <= high
            case (_, .bytes(let low, _)):
                launch.input.count <= 1 || launch.input.reduce(.zero) { $0 + $1.bytes } <= low
            case (_, .evenly(let rowCount, let blocks)):
                launch.input.count <= 1 || rows <= (rowCount + blocks - 1) / blocks
            }
        if fits { return }
        violations.append("\(rows) rows for \(specs[launch.op].name), which takes \(specs[launch.op].batch)")
    }
}
