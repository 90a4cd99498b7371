public import PenstockCore

/// Turns a logical plan into a physical one: kinds of workers, their number, batch sizes, resources.
///
/// Pure: the same plan, options and machine give the same result. Refuses plans that cannot run.
public struct Planner: Sendable {
    /// Rows the model sees at once, unless set.
    ///
    /// Measured on ResNet-50 with OpenVINO, one thread a stream: any size from 2 to
    /// 32 runs at the same rate, and small ones leave no core idle at the end (docs/performance/NOTES.md).
    static let defaultBatchSize = 4
    /// Size at which output files are closed, unless set.
    public static let defaultPartBytes = Bytes.mebibytes(128)
    /// Finished predictions are tiny; this is only a bound.
    static let predictionBudget = Bytes.mebibytes(16)

    private let machine: MachineFacts
    private let options: RunOptions
    private let rules: [any PlanRule]

    /// A planner for one machine and one set of options.
    public init(machine: MachineFacts, options: RunOptions, rules: [any PlanRule] = [LimitPushDownRule()]) {
        self.machine = machine
        self.options = options
        self.rules = rules
    }

    /// The physical plan.
    ///
    /// - Throws: `PlanError` that names the setting, its value and what is allowed.
    public func plan(_ logical: LogicalPlan) throws(PlanError) -> PhysicalPlan {
        var optimized = logical
        var applied: [String] = []
        for rule in rules {
            let next = rule.apply(optimized)
            if next != optimized { applied.append(rule.name) }
            optimized = next
        }
        try validate(optimized)
        return try lower(optimized, applied: applied)
    }

    // MARK: Checks

    private func validate(_ plan: LogicalPlan) throws(PlanError) {
        for step in plan.operators {
            switch step {
            case .limit(let count):
                guard count >= 0 else { throw PlanError("limit \(count): a limit is 0 or more rows.", isUsage: true) }
            case .readImages(let read):
                guard !read.paths.isEmpty else { throw PlanError("no paths to read images from.", isUsage: true) }
                guard (read.limit ?? 0) >= 0 else {
                    throw PlanError("limit \(read.limit ?? 0): a limit is 0 or more rows.", isUsage: true)
                }
            case .predict(let classifier):
                try classifier.preprocessing.validate()
                guard classifier.topK >= 1 else {
                    throw PlanError("--top-k \(classifier.topK): at least 1 class is written.", isUsage: true)
                }
            case .transform(let transform): try check(transform)
            case .write, .collect: break
            }
        }
        try checkCounts()
    }

    private func check(_ transform: CustomTransform) throws(PlanError) {
        let isPossible =
            switch transform.batch {
            case .wholeBlock: true
            case .exactly(let count): count >= 1
            case .flexible(let low, let high): low >= 1 && high >= low
            case .bytes(let low, let high): high >= low && high > .zero
            case .evenly(let rows, let blocks): rows >= 0 && blocks >= 1
            }
        guard isPossible else {
            throw PlanError(
                "\(transform.name): a batch of \(transform.batch) rows cannot be made; it has at least 1 row."
            )
        }
        guard (transform.workers ?? 1) >= 1 else {
            throw PlanError("\(transform.name): \(transform.workers ?? 0) workers; at least 1 is needed.")
        }
    }

    private func checkCounts() throws(PlanError) {
        let counts: [(String, Int?, ClosedRange<Int>)] = [
            ("batch-size", options.batchSize.chosen, 1...65_536),
            ("decode-workers", options.decodeWorkers.chosen, 1...1024),
            ("model-workers", options.modelWorkers.chosen, 1...1024),
            ("threads-per-worker", options.threadsPerWorker.chosen, 1...1024),
            ("cores", options.cores.chosen, 1...4096),
            ("retries", options.retries, 0...100),
        ]
        for (name, value, range) in counts {
            if let value, !range.contains(value) {
                throw PlanError(
                    "--\(name) \(value): it must be between \(range.lowerBound) and \(range.upperBound).",
                    isUsage: true
                )
            }
        }
        if let memory = options.memory.chosen, memory < .mebibytes(64) {
            throw PlanError("--memory \(memory) is too little to work with; the least is 64 MiB.", isUsage: true)
        }
    }

    // MARK: Lowering

    private func lower(_ plan: LogicalPlan, applied: [String]) throws(PlanError) -> PhysicalPlan {
        let sizing = try PlanSizing(machine: machine, options: options)
        var operators: [PhysicalOperator] = []
        for step in plan.operators { operators += try lowered(step, sizing) }
        if case .write(let write)? = plan.operators.last, write.existing == .resume {
            operators.insert(skipWritten(write), at: 1)
        }
        return PhysicalPlan(
            operators: operators,
            cores: sizing.cores,
            memory: sizing.memory,
            blockRows: sizing.batch,
            threadsPerModelWorker: sizing.threadsPerWorker,
            settings: sizing.settings,
            appliedRules: applied
        )
    }

    private func lowered(_ step: LogicalOperator, _ sizing: PlanSizing) throws(PlanError) -> [PhysicalOperator] {
        switch step {
        case .readImages(let read): return sizing.reading(read)
        case .limit(let count):
            throw PlanError(
                "limit(\(count)) after a transform that may change the number of rows is not supported; put it right after the source."
            )
        case .predict(let classifier): return sizing.predicting(classifier)
        case .transform(let transform): return [sizing.custom(transform)]
        case .write(let write): return [sizing.writing(write)]
        case .collect: return [PhysicalOperator(name: "collect", stage: .collect, pool: .sink)]
        }
    }

    private func skipWritten(_ write: WriteTable) -> PhysicalOperator {
        var skip = PhysicalOperator(name: "resume", stage: .skipWritten(write), pool: .actors)
        skip.outputBudget = .mebibytes(1)
        return skip
    }
}
