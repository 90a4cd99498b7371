public import PenstockCore

/// Turns a logical plan into a physical one: kinds of workers, their number, batch sizes, resources.
///
/// Pure: the same plan, options and machine give the same result. Refuses plans that cannot run.
public struct Planner: Sendable {
    /// Rows the model sees at once, unless set.
    ///
    /// Measured on ResNet-50 with OpenVINO, one thread a stream, with AVX-512: any size from 2 to 32 runs at the same rate;
    /// with AMX 8 rows are the fastest (docs/performance/NOTES.md).
    package static let defaultBatchSize = 8
    /// The most images of a block, unless set: they are decoded in one task, and batches are cut from them without copying.
    static let mostBlockRows = 64
    /// Images of the first blocks, so that work begins soon.
    package static let firstBlockRows = 16
    /// Size at which output files are closed, unless set.
    public static let defaultPartBytes = Bytes.mebibytes(128)
    /// Finished predictions are tiny; this is only a bound.
    static let predictionBudget = Bytes.mebibytes(16)

    /// The rules, in the order in which they are tried.
    public static let rules: [any PlanRule] = [OrderPushDownRule(), LimitPushDownRule(), ProjectionPushDownRule()]

    private let machine: MachineFacts
    private let options: RunOptions
    private let rules: [any PlanRule]

    /// A planner for one machine and one set of options.
    public init(machine: MachineFacts, options: RunOptions, rules: [any PlanRule] = Planner.rules) {
        self.machine = machine
        self.options = options
        self.rules = rules
    }

    /// The physical plan.
    ///
    /// - Throws: `PlanError` that names the setting, its value and what is allowed.
    public func plan(_ logical: LogicalPlan) throws(PlanError) -> PhysicalPlan {
        // What was asked for is checked, not what rules made of it: messages name the calls that are in the program.
        try PlanChecks(machine: machine, options: options).check(logical)
        let (optimized, applied) = optimize(logical)
        return try lower(optimized, applied: applied)
    }

    /// The plan after all rules, and what they did.
    package func optimize(_ logical: LogicalPlan) -> (plan: LogicalPlan, applied: [String]) {
        var optimized = logical
        var applied: [String] = []
        if case .union(let plans)? = logical.operators.first {
            let inner = plans.map { optimize($0) }
            optimized.operators[0] = .union(inner.map(\.plan))
            applied = inner.enumerated().flatMap { index, made in made.applied.map { "source \(index): \($0)" } }
        }
        for rule in rules {
            let next = rule.apply(optimized)
            if next != optimized { applied.append("\(rule.name): \(rule.effect(on: next))") }
            optimized = next
        }
        return (optimized, applied)
    }

    // MARK: Lowering

    private func lower(_ plan: LogicalPlan, applied: [String]) throws(PlanError) -> PhysicalPlan {
        let sizing = try PlanSizing(machine: machine, options: options, plan: plan)
        var fusion = Fusion(sizing: sizing)
        for (index, step) in plan.operators.enumerated() {
            let next = index + 1 < plan.operators.count ? plan.operators[index + 1] : nil
            try lower(step, before: next, sizing, into: &fusion)
        }
        var operators = fusion.finish()
        if case .write(let write)? = plan.operators.last, write.existing == .resume {
            let place = operators.firstIndex { $0.stage.isOfPackedImages }.map { $0 + 1 } ?? 1
            operators.insert(try skipWritten(write, operators[place - 1]), at: place)
        }
        return PhysicalPlan(
            operators: Self.uniquelyNamed(operators),
            cores: sizing.cores,
            gpus: machine.gpus,
            memory: sizing.memory,
            blockRows: sizing.blockRows,
            lastBlockRows: sizing.lastBlockRows,
            threadsPerModelWorker: sizing.threadsPerWorker,
            maxBadRows: sizing.maxBadRows,
            preservesOrder: sizing.preservesOrder,
            settings: sizing.settings,
            appliedRules: applied,
            fusionNotes: fusion.notes,
            countNote: CountRule.note(plan)
        )
    }

    private func lower(
        _ step: LogicalOperator,
        before next: LogicalOperator?,
        _ sizing: PlanSizing,
        into fusion: inout Fusion
    ) throws(PlanError) {
        switch step {
        case .readImages(let read):
            // A classifier that comes next decodes for itself, in one pass with its resizing.
            let decodes = if case .predict? = next { false } else { true }
            fusion.append(sizing.reading(read.fileSelection) + (decodes ? [sizing.decoding(read)] : []))
            fusion.isEncoded = true
        case .readTable(let read):
            fusion.append(sizing.source(step))
            fusion.isEncoded = read.holdsImages
        case .readText, .readBinaryFiles, .range, .items, .readCustom: fusion.append(sizing.source(step))
        case .union(let plans): fusion.append(try sizing.union(plans))
        case .columns(let change): fusion.append(.columns(change))
        case .transform(let transform) where transform.kind == .stage: fusion.append([try sizing.custom(transform)])
        case .transform(let transform): fusion.append(.transform(transform))
        case .limit(let count): fusion.append([sizing.limit(count)])
        case .randomizeOrder:
            throw PlanError(
                "randomizeOrder shuffles a source before it is read, and here a limit or a union lies between. Call it before limit, or on each source of the union; rows of batches are shuffled by iterBatches(localShuffleBufferSize:)."
            )
        case .repartition(let repartition): fusion.append([sizing.rebatch(repartition)])
        case .predict(let classifier, let request):
            let decode = fusion.isAtSource && fusion.isEncoded ? [sizing.decoding(classifier, fusion.source)] : []
            fusion.append(decode + [try sizing.inferring(classifier, request)])
        case .infer(let job, let request): fusion.append([try sizing.inferring(job, request)])
        case .write(let write): fusion.append([sizing.writing(write)])
        case .writeCustom(let sink):
            fusion.append([PhysicalOperator(name: sink.name, stage: .writeCustom(sink), pool: .sink)])
        case .collect: fusion.append([PhysicalOperator(name: "collect", stage: .collect, pool: .sink)])
        case .deliver(let batch):
            var sink = PhysicalOperator(name: "deliver", stage: .deliver, pool: .sink)
            sink.batch = batch
            fusion.append([sink])
        }
    }

    private func skipWritten(_ write: WriteTable, _ source: PhysicalOperator) throws(PlanError) -> PhysicalOperator {
        let isFileEach =
            if case .listFiles(let files) = source.stage { [.images, .binary].contains(files.kind) } else { false }
        guard isFileEach || source.stage.isOfPackedImages else {
            throw PlanError(
                "--resume leaves out files that are already written, by their path; this source does not make one row of each file. Write to another folder, or use --overwrite.",
                isUsage: true
            )
        }
        var skip = PhysicalOperator(name: "resume", stage: .skipWritten(write), pool: .actors)
        skip.outputBudget = source.stage.isOfPackedImages ? source.outputBudget : .mebibytes(1)
        return skip
    }

    /// Reports tell operators apart by name.
    private static func uniquelyNamed(_ operators: [PhysicalOperator]) -> [PhysicalOperator] {
        var seen: [String: Int] = [:]
        return operators.map { step in
            var named = step
            seen[step.name, default: 0] += 1
            if let count = seen[step.name], count > 1 { named.name += " \(count)" }
            return named
        }
    }
}

extension PhysicalStage {
    /// Whether the rows are files of images that lie in tables.
    var isOfPackedImages: Bool { if case .readTables(let read) = self { read.holdsImages } else { false } }
}
