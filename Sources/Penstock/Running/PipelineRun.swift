import PenstockAdvisor
import PenstockCore
import PenstockEngine
import PenstockPlan
import PenstockStages

/// One run of a dataset: plan, bind, execute, report.
struct PipelineRun {
    private let plan: PhysicalPlan
    private let binding: Binding
    private let logical: LogicalPlan
    private let options: RunOptions
    private let machine: MachineFacts

    /// Plans a run; what the plan needs to know of its source (such as the number of rows for `repartition`) is looked up.
    ///
    /// - `isBounded`: rows that are collected may take no more than the run's memory.
    /// - Throws: `PlanError` when the plan cannot run on this machine; `StageError` when the source cannot be looked at.
    static func prepared(
        _ dataset: Dataset,
        options: RunOptions,
        delivery: Delivery? = nil,
        isBounded: Bool = false,
        machine: MachineFacts = .current
    ) async throws -> PipelineRun {
        let resolved = try await dataset.resolvingRepartition(options: options)
        return try PipelineRun(resolved, options, delivery, isBounded, machine)
    }

    private init(
        _ dataset: Dataset,
        _ options: RunOptions,
        _ delivery: Delivery?,
        _ isBounded: Bool,
        _ machine: MachineFacts
    ) throws(PlanError) {
        self.machine = machine
        plan = try Planner(machine: machine, options: options).plan(dataset.plan)
        logical = dataset.plan
        var options = options
        options.preservesOrder = plan.preservesOrder
        self.options = options
        let collector = RowCollector(limit: isBounded ? plan.memory : nil)
        binding = Binding(
            plan: plan,
            options: options,
            stages: dataset.stages,
            collector: collector,
            delivery: delivery,
            files: StoreAccess(retries: options.retries)
        )
        try checkModelFiles()
    }

    /// Models, labels and caches are opened by libraries that know files only.
    private func checkModelFiles() throws(PlanError) {
        for step in plan.operators {
            let files: [(String, String?)] =
                switch step.stage {
                case .infer(let classifier): [("model", classifier.model), ("labels", classifier.labels)]
                case .inferModel(let job): [("model", job.model)]
                default: []
                }
            for case (let name, let path?) in files where path.contains("://") && !path.hasPrefix("./") {
                throw PlanError(
                    "the \(name) \"\(path)\" is a URI; models and labels are read from local files. Copy it to this machine first; images, tables and output may be in stores.",
                    isUsage: true
                )
            }
        }
    }

    /// Runs to the end.
    ///
    /// - Throws: `RunError` with the report when the run failed, was interrupted, or had too many bad rows.
    func run() async throws -> (report: RunReport, blocks: [Block]) {
        let write = plan.operators.compactMap { if case .write(let write) = $0.stage { write } else { nil } }.first
        let folder = write.map(binding.folder)
        defer { binding.files.endRun() }
        if let folder, let write { try await prepare(folder, write.existing) }
        let cpuStart = Platform.processCPUSeconds
        let limits = binding.limits
        let executor = StreamingExecutor(try binding.operators(), limits: limits)
        options.monitor?.attach { [cores = plan.cores] in
            var snapshot = executor.snapshot()
            snapshot.cores = cores
            snapshot.slots = limits.cpus
            return snapshot
        }
        let outcome = await executor.run()
        let report = report(outcome, cpuSeconds: Platform.processCPUSeconds - cpuStart)
        if let folder, let write, outcome.end == .done, outcome.summary.rowCount == 0 {
            try await writeEmptyPart(folder, write)
        }
        if let folder {
            let json = try ReportJSON.encode(report)
            try await Blocking.run { () throws(StageError) in try folder.write(report: json) }
        }
        switch outcome.end {
        case .done: return (report, binding.collector.collected)
        case .failed(let error): throw RunError(reason: .failed(error), report: report)
        case .tooManyBadRows: throw RunError(reason: .tooManyBadRows, report: report)
        case .cancelled: throw RunError(reason: .interrupted, report: report)
        }
    }

    /// A table without rows still has columns, where they are known without a run.
    private func writeEmptyPart(_ folder: OutputFolder, _ write: WriteTable) async throws {
        let isEmpty = try await Blocking.run { () throws(StageError) in try folder.parts().isEmpty }
        guard isEmpty, write.partitionBy.isEmpty,
            let schema = try await SchemaReading(plan: logical, backendLibrary: options.backendLibrary).schema()
        else { return }
        let sink = binding.sink(write)
        try await Blocking.run { () throws(StageError) in try sink.writeEmptyPart(schema) }
    }

    /// Rows that the source gave: files where a file is a row, else what reading made of them.
    private func rowsRead(_ outcome: RunOutcome) -> Int {
        guard let reader = plan.operators.firstIndex(where: { $0.stage.makesManyRows }),
            outcome.stages.indices.contains(reader)
        else { return outcome.counts.rowsRead }
        return outcome.stages[reader].rowsOut
    }

    private func prepare(_ folder: OutputFolder, _ existing: ExistingOutput) async throws {
        let result = try await Blocking.run { () throws(StageError) in
            Result { () throws(PlanError) in try folder.prepare(existing) }
        }
        try result.get()
    }

    /// From the moment that every worker was ready until the last rows were final.
    private func verdict(_ outcome: RunOutcome) -> VerdictReport {
        var last = outcome.last
        last.cores = plan.cores
        last.slots = binding.limits.cpus
        last.seconds = outcome.commitSeconds
        return Verdict.ofRun(last, ready: outcome.ready)
    }

    private func report(_ outcome: RunOutcome, cpuSeconds: Double) -> RunReport {
        var report = RunReport()
        report.outcome =
            switch outcome.end {
            case .done: .done
            case .cancelled: .interrupted
            case .tooManyBadRows: .tooManyBadRows
            case .failed: .failed
            }
        addRows(outcome, to: &report)
        report.wallSeconds = outcome.wallSeconds
        report.startupSeconds = outcome.startupSeconds
        let processing = outcome.commitSeconds - outcome.startupSeconds
        report.imagesPerSecond = processing > 0 ? Double(report.rowsWritten) / processing : 0
        report.peakRssBytes = Platform.peakResidentBytes
        report.cpuSeconds = cpuSeconds
        report.peakBytesHeld = outcome.peakBytesHeld.count
        report.bytesHeldAtEnd = outcome.bytesHeldAtEnd.count
        report.stages = outcome.stages
        report.scaling = outcome.scaling
        if let model = plan.operators.firstIndex(where: { $0.stage.isModel }) {
            report.batchLatencyMs = outcome.latencies[model]
            report.model = binding.facts.report
            report.versions["openvino"] = binding.facts.version
        }
        report.settings = Dictionary(plan.allSettings.map { ($0.name, $0.report) }) { first, _ in first }
        report.verdict = verdict(outcome)
        report.findings = Doctor.advice(DoctorFacts(plan: plan, report: report, machine: machine))
        report.versions["penstock"] = PenstockVersion.current
        report.versions["arrow"] = arrowVersion
        report.machine = .current
        report.cost = options.pricePerHour.map { price in
            CostReport(pricePerHour: price, seconds: report.wallSeconds, rows: report.rowsWritten)
        }
        return report
    }

    private func addRows(_ outcome: RunOutcome, to report: inout RunReport) {
        report.rowsRead = rowsRead(outcome)
        report.rowsWritten = outcome.summary.rowCount
        report.rowsQuarantined = outcome.counts.rowsQuarantined
        report.rowsSkipped = outcome.counts.rowsSkipped
        report.rowsNotNeeded = outcome.counts.rowsNotNeeded
        report.rowsWithoutAnswer = outcome.summary.rowsWithoutAnswer
        report.rowsUnfinished = outcome.unfinishedRows
    }
}

extension PhysicalStage {
    /// Whether the operator makes many rows of each that it is given, as readers of tables do.
    fileprivate var makesManyRows: Bool {
        switch self {
        case .readTables, .readText, .readUnion: true
        default: false
        }
    }

    /// Whether the operator runs a model.
    fileprivate var isModel: Bool {
        switch self {
        case .infer, .inferModel: true
        default: false
        }
    }
}
