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
    }

    private static func randomSpec(_ op: Int, sink: Int, _ random: inout SeededRandom) -> OperatorSpec {
        let kind: OperatorSpec.Kind = op == 0 ? .source : op == sink ? .sink : .transform
        let low = Int.random(in: 1...12, using: &random)
        let batches: [BatchSize] = [.wholeBlock, .exactly(low), .flexible(low: low, high: low + 5)]
        return OperatorSpec(
            name: "op\(op)",
            kind: kind,
            workers: kind == .transform ? Int.random(in: 1...4, using: &random) : 1,
            batch: random.pick(batches),
            cpusPerTask: random.pick([0, 0.5, 1, 3]),
            outputBudget: Bytes(random.pick([0, 50, 2000, 1 << 20]))
        )
    }

    /// Rows that the source has.
    package var rowCount: Int { blocks.reduce(0, +) }
    /// Events that must suffice for any order of completions: per row at most one task an operator, and starting and ending.
    package var stepLimit: Int { (rowCount + blocks.count + 20) * (specs.count + 2) + 100 }
}
