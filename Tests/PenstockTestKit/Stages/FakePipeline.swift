package import PenstockCore
package import PenstockEngine

/// Numbers through one or two transforms into a recording sink, for tests of the executor.
package struct FakePipeline: Sendable {
    package var rowCount = 100
    package var blockRows = 7
    package var workers = 2
    package var batch = BatchSize.flexible(low: 4, high: 8)
    package var cpus = 4.0
    package var sourceCPUs = 0.0
    package var memory = Bytes.mebibytes(16)
    package var outputBudget = Bytes.kibibytes(4)
    package var preservesOrder = false
    package var badRows = BadRowLimit.share(1)
    package var fate: @Sendable (Int64) -> RowTransform.Fate = { _ in .rows(1) }
    /// Rows of a piece of the transform's output; nil gives everything at once.
    package var pieceRows: Int?
    /// The transform says after this row that no more are wanted.
    package var lastRow: Int64?
    package var maxBlockBytes = Bytes.mebibytes(128)
    /// Fewest workers of the transform; nil for a fixed number.
    package var minWorkers: Int?
    package var idleSeconds = 30.0
    package var memoryPerWorker = Bytes.zero
    package var clock: any RunClock = ManualClock()
    package var timer: any RunTimer = ManualTimer()
    package let probe: Probe

    /// The plain pipeline; every number can be changed.
    package init(_ probe: Probe = Probe()) { self.probe = probe }

    /// An executor for one run.
    package func executor() -> StreamingExecutor {
        let operators = [
            BoundOperator(
                OperatorSpec(name: "numbers", kind: .source, cpusPerTask: sourceCPUs, outputBudget: outputBudget),
                EngineStage(source: NumberSource(rowCount: rowCount, blockRows: blockRows, probe: probe))
            ),
            BoundOperator(transformSpec, EngineStage(transform: transform)),
            BoundOperator(
                OperatorSpec(name: "record", kind: .sink, cpusPerTask: 0),
                EngineStage(sink: RecordingSink(probe: probe))
            ),
        ]
        var limits = RunLimits(cpus: cpus, memory: memory, preservesOrder: preservesOrder, badRows: badRows)
        limits.maxBlockBytes = maxBlockBytes
        return StreamingExecutor(operators, limits: limits, clock: clock, timer: timer)
    }

    private var transformSpec: OperatorSpec {
        var spec = OperatorSpec(
            name: "rows",
            kind: .transform,
            workers: workers,
            batch: batch,
            outputBudget: outputBudget
        )
        spec.workers = (minWorkers ?? workers)...workers
        spec.idleSeconds = idleSeconds
        spec.memoryPerWorker = memoryPerWorker
        return spec
    }

    private var transform: RowTransform {
        var transform = RowTransform("rows", probe: probe, fate: fate)
        transform.pieceRows = pieceRows
        transform.lastRow = lastRow
        return transform
    }

    /// Runs it to its end.
    package func run() async -> RunOutcome { await executor().run() }

    /// Runs it, cancels the run while a stage stands at `gate`, and lets the stage go on.
    package func runCancelled(at gate: Gate) async -> RunOutcome? {
        let executor = executor()
        return await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            group.cancelAll()
            gate.open()
            return await group.next()
        }
    }
}
