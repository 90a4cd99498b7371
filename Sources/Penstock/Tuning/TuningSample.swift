import PenstockCore
import PenstockPlan

/// The images of trials: spread evenly over all of them, so that any first part of the sample is like the whole.
struct TuningSample {
    /// Files that are listed for it; more would take longer than they tell.
    static let mostListed = 20_000
    /// Images of a run at most; fewer files are used more than once.
    static let mostImages = 16_384

    /// The dataset that trials run.
    let dataset: Dataset
    /// What it reads, where that are files of this machine.
    private(set) var paths: [String]?
    /// Images that a run may have.
    let available: Int
    /// Images that were listed: all of them, unless there are more than `mostListed`.
    let listed: Int

    /// - Throws: `PlanError` when the dataset does not classify images; `StageError` when these cannot be listed.
    init(_ dataset: Dataset, options: RunOptions) async throws {
        guard case .readImages(var read)? = dataset.plan.operators.first,
            dataset.plan.operators.contains(where: { if case .predict = $0 { true } else { false } })
        else {
            throw PlanError(
                "tuning is for jobs that read images and classify them, and this one does something else.",
                isUsage: true
            )
        }
        var plan = dataset.plan
        // A limit is part of the sample's choice; its order would slow the trials down.
        let limits = plan.operators.compactMap { if case .limit(let count) = $0 { count } else { nil } }
        plan.operators.removeAll { if case .limit = $0 { true } else { false } }
        read.limit = ([Self.mostListed] + limits + (read.limit.map { [$0] } ?? [])).min()
        plan.operators[0] = .readImages(read)
        let paths = try await ImageListing(Dataset(plan: plan, stages: dataset.stages), options: options).paths
        listed = paths.count
        if ImageStatistics.areRemote(read.paths) {
            // Their paths carry no keys, so the source is read as it was named.
            available = paths.count
        } else {
            read.paths = Self.spread(paths)
            self.paths = read.paths
            read.limit = nil
            plan.operators[0] = .readImages(read)
            available = Self.mostImages
        }
        self.dataset = Dataset(plan: plan, stages: dataset.stages)
    }

    /// Positions that lie as far from each other as positions before them allow, again from the start when all were used.
    static func spread(_ paths: [String]) -> [String] {
        let count = paths.count
        // Steps of the golden ratio fill a circle evenly; coprime to the count they meet every position.
        var step = max(1, Int(Double(count) * 0.618))
        while step > 1, Self.divisor(step, count) > 1 { step -= 1 }
        return (0..<mostImages).map { paths[$0 % count * step % count] }
    }

    private static func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
}

/// Files as a dataset's source lists them.
struct ImageListing {
    private(set) var paths: [String] = []
    private(set) var sizes: [Int] = []

    /// - Throws: `StageError` when the source cannot be listed, or lists nothing.
    init(_ dataset: Dataset, options: RunOptions) async throws {
        let physical = try Planner(machine: .current, options: options).plan(
            LogicalPlan(Array(dataset.plan.operators.prefix(1))).appending(.deliver(.wholeBlock))
        )
        let sources = SourceBinding(plan: physical, options: options, stages: dataset.stages)
        let source = try sources.source(physical.operators[0].stage)
        (paths, sizes) = try await Blocking.run { () throws(StageError) in
            var found: (paths: [String], sizes: [Int]) = ([], [])
            try source.forEachBlock { block throws(StageError) in
                let strings = try block.strings("path")
                found.paths += (0..<block.rowCount).map { strings.string($0) }
                found.sizes += try block.int64s("size").array.map { Int($0) }
            }
            return found
        }
    }
}
