import PenstockCore
import PenstockPlan

/// The settings that a search chooses from, and those that it leaves alone, with the reason.
struct TuningSpace {
    /// What can be combined; each differs from the job's own settings.
    private(set) var candidates: [SettingChanges] = []
    /// Setting → why it is left alone.
    private(set) var leftAlone: [String: String] = [:]

    /// Values of a setting; an empty one is the job's own.
    private typealias Axis = [[String: String]]

    init(_ model: CostModel, _ request: TuningRequest) {
        let base = model.settings()
        var axes: [Axis] = [Self.workers(base, request.fixed)]
        let decoders = Self.counts(upTo: base.cores).filter { $0 != base.decodeWorkers }
        add("decode-workers", decoders.map { "\($0)" }, request, &axes)
        let batches: [Int] = [1, 2, 4, 8, 16, 32, 64].filter { $0 != base.batch }
        add("batch-size", batches.map { "\($0)" }, request, &axes)
        if let read = model.stages.first(where: { $0.pool == .read }), !read.sharesCores || read.computing < 0.8 {
            let readers = [1, 2, 4, 8, 16, 32, 64, 128, 256].filter { $0 != base.readWorkers }
            add("read-workers", readers.map { "\($0)" }, request, &axes)
            add("read-ahead", ["256MiB"], request, &axes)
        } else {
            leaveAlone(["read-workers", "read-ahead"], "reading does not wait here: it computes", request)
        }
        for (name, values) in [("precision", ["bf16", "f32"]), ("resize-quality", ["fast"])] {
            if request.allowed.contains(name) {
                let own = name == "precision" ? base.precision : base.resizeQuality
                add(name, values.filter { $0 != own }, request, &axes)
            } else {
                leaveAlone([name], "it can change answers; --allow \(name) lets it be tried", request)
            }
        }
        addBlockBytes(model, request, &axes)
        candidates = Self.product(axes).filter { !$0.isEmpty }.map { SettingChanges($0) }
    }

    /// Workers and threads of the model belong together: more threads than cores are refused unless both are set.
    private static func workers(_ base: CostSettings, _ fixed: Set<String>) -> Axis {
        if fixed.contains("model-workers") || fixed.contains("threads-per-worker") { return [[:]] }
        var axis: Axis = [[:]]
        for threads in counts(upTo: base.cores) {
            let most = max(base.cores / threads, 1)
            let beyond = threads == 1 ? [base.cores + 1, base.cores * 2] : []
            for workers in counts(upTo: most) + beyond
            where workers != base.modelWorkers || threads != base.threadsPerWorker {
                axis.append(["model-workers": "\(workers)", "threads-per-worker": "\(threads)"])
            }
        }
        return axis
    }

    /// 1, 2, 3, 4, then powers of two, and the largest two.
    private static func counts(upTo most: Int) -> [Int] {
        (1...max(most, 1)).filter { $0 <= 4 || $0 >= most - 1 || $0 & ($0 - 1) == 0 }
    }

    private mutating func add(_ name: String, _ values: [String], _ request: TuningRequest, _ axes: inout [Axis]) {
        if request.fixed.contains(name) || values.isEmpty { return }
        axes.append([[:]] + values.map { [name: $0] })
    }

    private mutating func leaveAlone(_ names: [String], _ reason: String, _ request: TuningRequest) {
        for name in names where !request.fixed.contains(name) { leftAlone[name] = reason }
    }

    /// The size of output files only matters where writing takes time.
    private mutating func addBlockBytes(_ model: CostModel, _ request: TuningRequest, _ axes: inout [Axis]) {
        let total = model.stages.reduce(0) { $0 + $1.report.coreSecondsPerRow }
        let write = model.stages.first { $0.name == "write" }?.report.coreSecondsPerRow ?? 0
        let share = total > 0 ? write / total : 0
        if share > 0.05 {
            add("block-bytes", ["32MiB", "512MiB"], request, &axes)
        } else {
            leaveAlone(["block-bytes"], "writing takes \(share.percent) of the cores' time", request)
        }
    }

    private static func product(_ axes: [Axis]) -> [[String: String]] {
        axes.reduce([[:]]) { combined, axis in
            combined.flatMap { some in axis.map { some.merging($0) { $1 } } }
        }
    }
}
