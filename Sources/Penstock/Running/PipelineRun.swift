import PenstockAdvisor
import PenstockCore
import PenstockEngine
import PenstockPlan
import PenstockStages

/// One run of a dataset: plan, bind, execute, report.
struct PipelineRun {
    private let plan: PhysicalPlan
    private let binding: Binding
    private let options: RunOptions

    /// - Throws: `PlanError` when the plan cannot run on this machine.
    init(
        _ dataset: Dataset,
        options: RunOptions,
        collecting limit: Int = .max,
        machine: MachineFacts = .current
    ) throws(PlanError) {
        plan = try Planner(machine: machine, options: options).plan(dataset.plan)
        self.options = options
        let collector = RowCollector(limit: limit)
        binding = Binding(plan: plan, options: options, stages: dataset.stages, collector: collector)
    }

    /// Runs to the end.
    ///
    /// - Throws: `RunError` with the report when the run failed, was interrupted, or had too many bad rows.
    func run() async throws -> (report: RunReport, blocks: [Block]) {
        let write = plan.operators.compactMap { if case .write(let write) = $0.stage { write } else { nil } }.first
        let folder = write.map { OutputFolder($0.directory, format: $0.format) }
        if let folder, let write { try folder.prepare(write.existing) }
        let cpuStart = Platform.processCPUSeconds
        let executor = StreamingExecutor(try binding.operators(), limits: binding.limits)
        options.monitor?.attach { executor.snapshot() }
        // Weak: the executor holds the sink, the sink the collector, the collector this closure.
        binding.collector.whenFull { [weak executor] in executor?.cancel() }
        let outcome = await executor.run()
        let report = report(outcome, cpuSeconds: Platform.processCPUSeconds - cpuStart)
        if let folder { try folder.write(report: ReportJSON.encode(report)) }
        switch outcome.end {
        case .done: return (report, binding.collector.collected)
        case .failed(let error): throw RunError(reason: .failed(error), report: report)
        case .tooManyBadRows: throw RunError(reason: .tooManyBadRows, report: report)
        case .cancelled where binding.collector.isFull: return (report, binding.collector.collected)
        case .cancelled: throw RunError(reason: .interrupted, report: report)
        }
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
        report.rowsRead = outcome.counts.rowsRead
        report.rowsWritten = outcome.summary.rowCount
        report.rowsQuarantined = outcome.counts.rowsQuarantined
        report.rowsSkipped = outcome.counts.rowsSkipped
        report.rowsUnfinished = outcome.unfinishedRows
        report.wallSeconds = outcome.wallSeconds
        report.startupSeconds = outcome.startupSeconds
        let processing = outcome.commitSeconds - outcome.startupSeconds
        report.imagesPerSecond = processing > 0 ? Double(report.rowsWritten) / processing : 0
        report.peakRssBytes = Platform.peakResidentBytes
        report.cpuSeconds = cpuSeconds
        report.bytesHeldAtEnd = outcome.bytesHeldAtEnd.count
        report.stages = outcome.stages
        if let model = plan.operators.firstIndex(where: { if case .infer = $0.stage { true } else { false } }) {
            report.batchLatencyMs = outcome.latencies[model]
            report.model = binding.facts.report
            report.versions["openvino"] = binding.facts.version
        }
        report.settings = Dictionary(plan.allSettings.map { ($0.name, $0.report) }) { first, _ in first }
        report.verdict = Verdict(stages: outcome.stages, cores: plan.cores, wallSeconds: outcome.wallSeconds).report
        report.versions["penstock"] = PenstockVersion.current
        report.versions["arrow"] = arrowVersion
        return report
    }
}
