public import PenstockCore
public import PenstockPlan

extension Dataset {
    /// Runs the pipeline and hands its rows over batch by batch, in the source's order, while it goes on.
    ///
    /// ```swift
    /// for try await batch in dataset.iterBatches(batchSize: 1_000) { print(batch.rowCount) }
    /// ```
    /// The pipeline waits for its consumer: no more than `prefetch` batches lie ready. Leaving the loop stops the run.
    ///
    /// - `localShuffleBufferSize`: rows are drawn at random from a buffer of at least so many; nil: in order. `seed` makes the
    ///   draw repeatable.
    public func iterBatches(
        batchSize: Int = 256,
        prefetch: Int = 1,
        localShuffleBufferSize: Int? = nil,
        seed: UInt64? = nil,
        options: RunOptions = RunOptions()
    ) -> BatchSequence {
        var ordered = options
        ordered.preservesOrder = true
        return BatchSequence(
            dataset: self,
            request: .init(batchSize: batchSize, prefetch: prefetch, shuffle: localShuffleBufferSize, seed: seed),
            options: ordered
        )
    }

    /// Runs the pipeline and hands its rows over one by one, in the source's order, while it goes on.
    ///
    /// ```swift
    /// for try await row in dataset.iterRows() { print(try row.string("path")) }
    /// ```
    public func iterRows(options: RunOptions = RunOptions()) -> RowSequence {
        RowSequence(batches: iterBatches(batchSize: 1024, prefetch: 2, options: options))
    }
}

/// Batches of a pipeline that runs while they are taken.
public struct BatchSequence: AsyncSequence, Sendable {
    struct Request: Sendable {
        var batchSize: Int
        var prefetch: Int
        var shuffle: Int?
        var seed: UInt64?
    }

    let dataset: Dataset
    let request: Request
    let options: RunOptions

    /// Starts a run of its own with the first call of `next`.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// One pass over the batches.
    public final class Iterator: AsyncIteratorProtocol {
        private let sequence: BatchSequence
        private var delivery: Delivery?
        private var task: Task<Void, Never>?

        init(_ sequence: BatchSequence) { self.sequence = sequence }

        deinit { stop() }

        /// The next batch, or nil at the end.
        ///
        /// - Throws: `PlanError` for a plan that cannot run, `RunError` when the run did not end well.
        public func next() async throws -> Batch? {
            let delivery = try await started()
            return try await withTaskCancellationHandler {
                try await delivery.next()
            } onCancel: {
                delivery.cancel()
            }
        }

        private func started() async throws -> Delivery {
            if let delivery { return delivery }
            let request = sequence.request
            guard request.batchSize >= 1, request.prefetch >= 1, (request.shuffle ?? 1) >= 1 else {
                throw PlanError(
                    "iterBatches(batchSize: \(request.batchSize), prefetch: \(request.prefetch), localShuffleBufferSize: \(request.shuffle.map(String.init) ?? "nil")): each is at least 1."
                )
            }
            let delivery = Delivery(request)
            let size: BatchSize = request.shuffle == nil ? .exactly(request.batchSize) : .wholeBlock
            let run = try await PipelineRun.prepared(
                sequence.dataset.appending(.deliver(size)),
                options: sequence.options,
                delivery: delivery
            )
            self.delivery = delivery
            task = Task {
                do {
                    _ = try await run.run()
                    delivery.finish(nil)
                } catch {
                    delivery.finish(error)
                }
            }
            return delivery
        }

        /// The consumer went away: nothing more is wanted.
        private func stop() {
            delivery?.cancel()
            task?.cancel()
        }
    }
}

/// Rows of a pipeline that runs while they are taken.
public struct RowSequence: AsyncSequence, Sendable {
    let batches: BatchSequence

    /// Starts a run of its own with the first call of `next`.
    public func makeAsyncIterator() -> Iterator { Iterator(batches: batches.makeAsyncIterator()) }

    /// One pass over the rows.
    public struct Iterator: AsyncIteratorProtocol {
        let batches: BatchSequence.Iterator
        private var rows = Rows([])
        private var index = 0

        init(batches: BatchSequence.Iterator) { self.batches = batches }

        /// The next row, or nil at the end.
        ///
        /// - Throws: as `BatchSequence.Iterator.next`.
        public mutating func next() async throws -> Row? {
            while index == rows.count {
                guard let batch = try await batches.next() else { return nil }
                rows = batch.block.rows
                index = 0
            }
            defer { index += 1 }
            return rows[index]
        }
    }
}
