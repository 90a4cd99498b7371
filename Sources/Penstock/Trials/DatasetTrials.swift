import PenstockAdvisor
package import PenstockCore
package import PenstockPlan

/// Runs a dataset with other settings, into a temporary folder that is gone afterwards.
package struct DatasetTrials: TrialRunner {
    private let dataset: Dataset
    private let table: WriteTable
    private let options: RunOptions
    /// Runs trials that take turns; nil: they run one after the other, in this process.
    private let processes: (any TrialProcesses)?
    /// Files that `dataset` reads where they are others than those of the job that processes know.
    private let paths: [String]?

    /// - `dataset` without its sink, `table` whose format and partitions are kept; its folder is not touched.
    package init(
        _ dataset: Dataset,
        table: WriteTable,
        options: RunOptions,
        processes: (any TrialProcesses)? = nil,
        paths: [String]? = nil
    ) {
        self.dataset = dataset
        self.table = table
        self.options = options
        self.processes = processes
        self.paths = paths
    }

    package func run(_ changes: SettingChanges, images: Int?) async throws -> RunReport {
        let folder = TemporaryPlace("penstock-trial")
        defer { folder.remove() }
        var table = try changes.applied(to: table)
        table.directory = folder.path
        table.existing = .refuse
        var options = try changes.applied(to: options)
        options.monitor = nil
        return try await sample(try changes.applied(to: dataset), images).write(table, options: options)
    }

    /// Ways that take turns, but from a store: its answers would come while a process is stopped.
    package func run(inTurns ways: [SettingChanges], images: Int?) async throws -> [RunReport] {
        guard let processes, !dataset.plan.readsStore else {
            return try await run(oneByOne: ways, images: images)
        }
        let files = paths.map { Array($0.prefix(images ?? .max)) }
        return try await processes.run(ways.map { Trial(changes: $0.values, images: images, paths: files) })
    }

    /// The same over other files; nil: over its own.
    func reading(_ paths: [String]?) -> DatasetTrials {
        guard let paths, case .readImages(var read)? = dataset.plan.operators.first else { return self }
        var plan = dataset.plan
        plan.operators.removeAll { if case .limit = $0 { true } else { false } }
        (read.paths, read.limit) = (paths, nil)
        plan.operators[0] = .readImages(read)
        return DatasetTrials(Dataset(plan: plan, stages: dataset.stages), table: table, options: options)
    }

    /// The dataset over the first images of its source.
    private func sample(_ dataset: Dataset, _ images: Int?) -> Dataset {
        guard let images, case .readImages(var read)? = dataset.plan.operators.first else { return dataset }
        read.limit = min(images, read.limit ?? images)
        var plan = dataset.plan
        plan.operators[0] = .readImages(read)
        return Dataset(plan: plan, stages: dataset.stages)
    }
}
