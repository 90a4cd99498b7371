import Dispatch
import PenstockCore
import PenstockStages
import Synchronization

/// Hands batches from the sink's thread to an asynchronous consumer, a few at most ahead of it.
///
/// The sink waits on its own thread, which may block; the consumer waits on a continuation, which may not.
final class Delivery: Sendable {
    private struct State {
        var ready: [Batch] = []
        var consumer: CheckedContinuation<Batch?, any Error>?
        var isFinished = false
        var isCancelled = false
        var error: (any Error)?
    }

    let request: BatchSequence.Request
    private let state = Mutex(State())
    /// Free places; the sink takes one for each batch.
    private let room: DispatchSemaphore

    init(_ request: BatchSequence.Request) {
        self.request = request
        // Raised from 0: libdispatch stops the program when a semaphore ends below the value that it began with.
        room = DispatchSemaphore(value: 0)
        for _ in 0..<request.prefetch { room.signal() }
    }

    /// Called by the sink; waits for a free place.
    ///
    /// - Throws: `.cancelled` when nobody wants more.
    func send(_ batch: Batch) throws(StageError) {
        room.wait()
        let consumer = state.withLock { state -> CheckedContinuation<Batch?, any Error>? in
            if state.isCancelled { return nil }
            guard let consumer = state.consumer.take() else {
                state.ready.append(batch)
                return nil
            }
            return consumer
        }
        if state.withLock(\.isCancelled) {
            room.signal()
            throw StageError(.cancelled, "nobody takes the rows any more.")
        }
        if let consumer {
            room.signal()
            consumer.resume(returning: batch)
        }
    }

    /// The next batch, or nil at the end.
    func next() async throws -> Batch? {
        try await withCheckedThrowingContinuation { continuation in
            let answer = state.withLock { state -> Result<Batch?, any Error>? in
                if !state.ready.isEmpty { return .success(state.ready.removeFirst()) }
                if let error = state.error { return .failure(error) }
                if state.isFinished || state.isCancelled { return .success(nil) }
                state.consumer = continuation
                return nil
            }
            guard let answer else { return }
            if case .success(.some) = answer { room.signal() }
            continuation.resume(with: answer)
        }
    }

    /// The run ended.
    func finish(_ error: (any Error)?) {
        let consumer = state.withLock { state -> CheckedContinuation<Batch?, any Error>? in
            state.isFinished = true
            if !state.isCancelled { state.error = error }
            return state.consumer.take()
        }
        if let error { consumer?.resume(throwing: error) } else { consumer?.resume(returning: nil) }
    }

    /// The consumer wants no more.
    func cancel() {
        let consumer = state.withLock { state -> CheckedContinuation<Batch?, any Error>? in
            state.isCancelled = true
            state.ready = []
            return state.consumer.take()
        }
        room.signal()
        consumer?.resume(throwing: CancellationError())
    }
}

/// Gives batches to a `Delivery`, shuffled if that is asked for; without one it only counts.
struct DeliverySink: BlockSink {
    let name = "deliver"
    private let delivery: Delivery?

    init(_ delivery: Delivery?) { self.delivery = delivery }

    struct Writer {
        var summary = SinkSummary()
        var shuffle: ShuffleBuffer?
    }

    func open(_ context: StageContext) throws(StageError) -> Writer {
        guard let request = delivery?.request, let size = request.shuffle else { return Writer() }
        return Writer(shuffle: ShuffleBuffer(size: size, seed: request.seed ?? UInt64.random(in: 0...UInt64.max)))
    }

    func write(_ block: Block?, failures: [RowFailure], to writer: inout Writer) throws(StageError) {
        guard let block else { return }
        writer.summary.rowCount += block.rowCount
        guard let delivery else { return }
        guard writer.shuffle != nil else { return try delivery.send(Batch(block)) }
        for batch in try writer.shuffle?.add(block, batchSize: delivery.request.batchSize) ?? [] {
            try delivery.send(Batch(batch))
        }
    }

    func commit(_ writer: inout Writer) throws(StageError) -> SinkSummary {
        if let delivery, writer.shuffle != nil {
            for batch in try writer.shuffle?.rest(batchSize: delivery.request.batchSize) ?? [] {
                try delivery.send(Batch(batch))
            }
        }
        return writer.summary
    }

    func abort(_ writer: inout Writer) {}
}
