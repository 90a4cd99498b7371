package import PenstockCore

/// What happened; the only way anything enters the scheduler.
package enum Event: Sendable {
    /// Begin.
    case start
    /// The operator's shared state is loaded.
    case loaded(op: Int)
    /// A worker made its state.
    case workerReady(op: Int, worker: Int)
    /// Loading or starting ended in an error.
    case startFailed(op: Int, worker: Int, StageError)
    /// A task ended well.
    case taskFinished(TaskID, TaskOutcome)
    /// A task ended in an error that is not one row's.
    case taskFailed(TaskID, StageError)
    /// The sink made its rows final, or gave up.
    case sinkClosed(Result<SinkSummary, StageError>)
    /// All threads of an operator have ended.
    case workersStopped(op: Int)
    /// The caller wants the run to end.
    case cancel
}

/// What to do; performed by the executor outside every lock.
package enum Action: Sendable {
    case load(op: Int)
    case startWorker(op: Int, worker: Int)
    case launch(Launch)
    case stopWorkers(op: Int)
    /// Make what the sink wrote final. `discard`: the sink itself failed; remove what is not final.
    case closeSink(discard: Bool)
    /// Forget blocks that nobody will read.
    case drop([BlockInfo])
    case finish(RunEnd)
}

package typealias TaskID = Int

/// One task to run.
package struct Launch: Sendable {
    package let task: TaskID
    package let op: Int
    package let worker: Int
    /// Rows to process; empty for a source, and for a sink that only takes failed rows.
    package let input: [BlockSlice]
    /// Bytes to hold for the output.
    package let reserve: Bytes
}

/// What a task gave.
package struct TaskOutcome: Sendable {
    package var outputs: [BlockInfo]
    package var failedRows: Int
    package var skippedRows: Int
    /// For a source: there is no more.
    package var isEnd: Bool
    /// CPU seconds of the worker's own thread.
    package var cpuSeconds: Double

    package init(
        outputs: [BlockInfo] = [],
        failedRows: Int = 0,
        skippedRows: Int = 0,
        isEnd: Bool = false,
        cpuSeconds: Double = 0
    ) {
        self.outputs = outputs
        self.failedRows = failedRows
        self.skippedRows = skippedRows
        self.isEnd = isEnd
        self.cpuSeconds = cpuSeconds
    }
}

/// How a run ended, for the caller.
package enum RunEnd: Sendable, Equatable {
    case done
    case cancelled
    case tooManyBadRows
    case failed(StageError)
}
