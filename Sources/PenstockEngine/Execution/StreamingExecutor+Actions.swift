import PenstockCore
import Synchronization

/// What is done on the threads of workers, and how its end becomes an event.
extension StreamingExecutor {
    func load(_ op: Int) {
        pools[op].start(worker: 0, context: context(op, worker: 0)) { [self] box in
            do throws(StageError) {
                try charge(box, op)
                try box.runner.load()
                deliver(.loaded(op: op))
            } catch {
                deliver(.startFailed(op: op, worker: 0, located(error, op)))
            }
        }
    }

    func startWorker(_ op: Int, _ worker: Int) {
        pools[op].start(worker: worker, context: context(op, worker: worker)) { [self] box in
            do throws(StageError) {
                try charge(box, op)
                try box.runner.start()
                box.watchWrites { [self] writes in written.withLock { $0[op].add(writes) } }
                deliver(.workerReady(op: op, worker: worker))
            } catch {
                deliver(.startFailed(op: op, worker: worker, located(error, op)))
            }
        }
    }

    private func charge(_ box: RunnerBox, _ op: Int) throws(StageError) {
        try box.charge(operators[op].spec.memoryPerWorker, to: ledger, for: operators[op].spec.name)
    }

    private func context(_ op: Int, worker: Int) -> StageContext {
        StageContext(worker: worker, clock: clock) { [self] in
            stopping.load(ordering: .relaxed) || op < firstWanted.load(ordering: .relaxed)
        }
    }

    /// What workers shared goes with the last of them: a model's memory is back while the run goes on.
    func stopWorker(_ op: Int, _ worker: Int, unload: Bool) {
        pools[op].stop(worker: worker) { [self] in
            if unload { operators[op].stage.unload() }
            deliver(.workerEnded(op: op, worker: worker))
        }
    }

    func stopWorkers(_ op: Int) {
        pools[op].stop { [self] in
            operators[op].stage.unload()
            deliver(.workersStopped(op: op))
        }
    }

    // MARK: Tasks

    func run(_ launch: Launch, _ input: TaskInput) {
        pools[launch.op].enqueue(worker: launch.worker) { [self] box in
            let input = launch.isContinuation ? box.openInput.take() ?? input : input
            let cpuStart = Platform.threadCPUSeconds
            let meter = WorkMeter.ofThread
            let workStart = meter.work
            do throws(StageError) {
                let reservation = try ledger.reserve(launch.reserve)
                let result = try launch.isContinuation ? box.runner.proceed() : box.runner.run(input)
                let cpuSeconds = Platform.threadCPUSeconds - cpuStart
                let blocks = try charged(result.blocks, launch.op)
                _ = consume reservation
                if result.hasMore { box.openInput = input }
                taskEnded(launch, result, blocks, (cpuSeconds, meter.work - workStart))
            } catch {
                deliver(.taskFailed(launch.task, located(error, launch.op, launch.task, input)))
            }
        }
    }

    private func charged(_ blocks: [Block], _ op: Int) throws(StageError) -> [ChargedBlock] {
        let nextStage = operators.indices.contains(op + 1) ? operators[op + 1].stage : nil
        var held: [ChargedBlock] = []
        held.reserveCapacity(blocks.count)
        for block in blocks {
            let whole = HeldBlock(block, reservation: try ledger.reserve(block.byteCount))
            if whole.byteCount <= limits.maxBlockBytes {
                held.append((whole, nextStage?.outputBytes(block) ?? .zero))
                continue
            }
            for piece in whole.pieces(of: limits.maxBlockBytes) {
                held.append((piece, nextStage?.outputBytes(piece.block) ?? .zero))
            }
        }
        return held
    }

    private func taskEnded(
        _ launch: Launch,
        _ result: TaskResult,
        _ blocks: [ChargedBlock],
        _ spent: (cpuSeconds: Double, work: WorkReport)
    ) {
        var outcome = TaskOutcome(
            failedRows: result.failures.count,
            skippedRows: result.skippedRows,
            isEnd: result.isEnd,
            cpuSeconds: spent.cpuSeconds
        )
        outcome.work = spent.work
        outcome.hasMore = result.hasMore
        outcome.isLast = result.isLast
        outcome.retries = result.retries
        deliver(.taskEnded(EndedTask(launch: launch, outcome: outcome, blocks: blocks, failures: result.failures)))
    }

    func closeSink(discard: Bool, failures: [RowFailure]) {
        let sink = operators.count - 1
        pools[sink].enqueue(worker: 0) { [self] box in
            do throws(StageError) {
                let summary = try box.runner.close(failures: failures, discard: discard)
                let now = clock.now()
                state.withLock { $0.lastCommit = now }
                deliver(.sinkClosed(.success(summary)))
            } catch {
                deliver(.sinkClosed(.failure(located(error, sink))))
            }
        }
    }

    // MARK: Places of errors

    private func located(
        _ error: StageError,
        _ op: Int,
        _ task: TaskID? = nil,
        _ input: TaskInput = TaskInput()
    ) -> StageError {
        var location = StageError.Location(
            operatorName: operators[op].spec.name,
            task: task,
            firstPath: nil,
            rowCount: input.slices.reduce(0) { $0 + $1.range.count }
        )
        if let first = input.slices.first {
            location.block = first.number
            location.rows = first.range
            if case .string(let paths)? = first.held.block["path"]?.values {
                location.firstPath = paths.string(first.range.lowerBound)
            }
        }
        return error.located(location)
    }
}
