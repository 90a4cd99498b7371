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
    /// The thread of a worker that was told to end has ended.
    case workerEnded(op: Int, worker: Int)
    /// All threads of an operator have ended.
    case workersStopped(op: Int)
    /// The time that was asked for has come.
    case tick
    /// The caller wants the run to end.
    case cancel
}

/// What to do; performed by the executor outside every lock.
package enum Action: Sendable {
    /// Load what the workers of an operator share, on the thread of its first worker.
    case load(op: Int)
    case startWorker(op: Int, worker: Int)
    case launch(Launch)
    /// Let go of a batch whose output was not finished and will not be.
    case abandon(op: Int, worker: Int)
    /// End one worker; `unload`: then let go of what workers share, it was the last one.
    case stopWorker(op: Int, worker: Int, unload: Bool)
    case stopWorkers(op: Int)
    /// Nothing more is wanted of the operators before this one; their long calls may return early.
    case endEarly(before: Int)
    /// Make what the sink wrote final. `discard`: the sink itself failed; remove what is not final.
    case closeSink(discard: Bool)
    /// Forget blocks that nobody will read.
    case drop([BlockInfo])
    /// Send `tick` after so many seconds; the latest request counts.
    case wakeUp(after: Double)
    case finish(RunEnd)
}

package typealias TaskID = Int

/// One task to run.
package struct Launch: Sendable {
    package let task: TaskID
    /// The first task of the same batch; the same as `task` unless this one goes on with a batch.
    package let batch: TaskID
    package let op: Int
    package let worker: Int
    /// Rows to process; empty for a source, for a sink that only takes failed rows, and for a batch that goes on.
    package let input: [BlockSlice]
    /// Bytes to hold for the output.
    package let reserve: Bytes

    /// The worker goes on with the batch that it has.
    package var isContinuation: Bool { batch != task }
}

/// What a task gave.
package struct TaskOutcome: Sendable {
    package var outputs: [BlockInfo]
    package var failedRows: Int
    package var skippedRows: Int
    /// For a source: there is no more.
    package var isEnd: Bool
    /// The batch gives more than this.
    package var hasMore = false
    /// No rows after these are wanted.
    package var isLast = false
    /// Tries that were repeated.
    package var retries = 0
    /// CPU seconds of the worker's own thread.
    package var cpuSeconds: Double
    /// What was done inside.
    package var work = WorkReport()

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
