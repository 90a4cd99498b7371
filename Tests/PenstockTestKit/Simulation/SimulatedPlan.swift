import PenstockCore
package import PenstockEngine

/// A made-up run: what there is to do, with what limits, and what goes wrong.
package struct SimulatedPlan: Sendable {
    /// One thing that goes wrong, at most.
    package enum Incident: Sendable, Equatable {
        case none
        /// The caller cancels before the n-th event.
        case cancel(step: Int)
        /// The n-th task that is launched fails.
        case failTask(Int)
        case failLoad(op: Int)
        case failWorker(op: Int)
        case failClose
    }

    package var seed: Int
    /// Rows of the source's blocks, some of them 0.
    package var blocks: [Int]
    package var specs: [OperatorSpec]
    package var limits: RunLimits
    /// The most bytes of a row in each operator's output.
    package var bytesPerRow: [Int]
    package var failurePercent = 0
    package var skipPercent = 0
    /// How often a transform gives only a part of what its batch makes.
    package var piecePercent = 0
    /// The operator, and the number of its task, that says that no more rows are wanted.
    package var lastTask: (op: Int, task: Int)?
    package var incident = Incident.none

    /// A random plan; the same for the same seed.
    package init(seed: Int, preservesOrder: Bool = false, incident: Incident = .none) {
        var random = SeededRandom(seed: seed)
        self.seed = seed
        self.incident = incident
        blocks = (0..<Int.random(in: 0...40, using: &random)).map { _ in Int.random(in: 0...20, using: &random) }
        let transforms = Int.random(in: 1...4, using: &random)
        specs = (0..<transforms + 2).map { Self.randomSpec($0, sink: transforms + 1, &random) }
        bytesPerRow = specs.map { _ in random.pick([0, 1, 10, 1000]) }
        limits = RunLimits(
            cpus: random.pick([0.5, 1, 2, 4]),
            memory: Bytes(random.pick([1, 100, 5000, 100_000, 1 << 30])),
            preservesOrder: preservesOrder,
            badRows: .count(.max)
        )
        failurePercent = random.pick([0, 0, 5, 50, 100])
        skipPercent = random.pick([0, 0, 20])
        piecePercent = random.pick([0, 0, 30, 80])
        limits.gpus = random.pick([0, 1, 2])
    }

    private static func randomSpec(_ op: Int, sink: Int, _ random: inout SeededRandom) -> OperatorSpec {
        let kind: OperatorSpec.Kind = op == 0 ? .source : op == sink ? .sink : .transform
        let low = Int.random(in: 1...12, using: &random)
        let batches: [BatchSize] = [
            .wholeBlock, .exactly(low), .flexible(low: low, high: low + 5),
            .bytes(low: Bytes(low), high: Bytes(low * 3)),
            .evenly(rows: low * 20, blocks: low),
        ]
        var spec = OperatorSpec(
            name: "op\(op)",
            kind: kind,
            workers: kind == .transform ? Int.random(in: 1...4, using: &random) : 1,
            batch: random.pick(batches),
            cpusPerTask: random.pick([0, 0.5, 1, 3]),
            outputBudget: Bytes(random.pick([0, 50, 2000, 1 << 20]))
        )
        if kind == .transform { randomizeScaling(of: &spec, &random) }
        return spec
    }

    private static func randomizeScaling(of spec: inout OperatorSpec, _ random: inout SeededRandom) {
        if random.chance(percent: 40) {
            spec.workers = Int.random(in: 0..<spec.maxWorkers, using: &random)...spec.maxWorkers
            spec.idleSeconds = random.pick([0, 0.0005, 0.002])
        }
        spec.gpusPerTask = random.pick([0, 0, 0.5, 1])
        spec.maxConcurrency = random.pick([nil, nil, 1, 2])
        spec.memoryPerWorker = Bytes(random.pick([0, 0, 100, 10_000]))
    }

    /// Rows that the source has.
    package var rowCount: Int { blocks.reduce(0, +) }
    /// Events that must suffice for any order of completions: per row at most one task an operator, and starting and ending,
    /// also of workers that come and go.
    package var stepLimit: Int { 4 * (rowCount + blocks.count + 20) * (specs.count + 2) + 100 }
}
