public import PenstockCore

extension Dataset {
    /// At most the first `count` rows.
    ///
    /// Pushed down into the source where each row before it gives one row: no more files than needed are read. Elsewhere the
    /// stages before it are stopped once there are enough, and the run keeps the source's order, so that each run takes the
    /// same rows.
    public func limit(_ count: Int) -> Dataset { appending(.limit(count)) }

    /// Rows in a random order, the same for the same seed.
    ///
    /// Files are shuffled before they are read, row groups for Parquet, single rows for rows in memory and ranges; so it costs
    /// nothing while the pipeline runs, but the list of files must be complete before reading starts. For shuffling rows
    /// beyond that use `iterBatches(localShuffleBufferSize:)`.
    public func randomizeOrder(seed: UInt64? = nil) -> Dataset {
        appending(.randomizeOrder(seed ?? UInt64.random(in: 0...UInt64(Int64.max))))
    }

    /// Cuts the rows into `blockCount` blocks of nearly equal size.
    ///
    /// The number of rows must be known before the run, which it is for sources and what keeps rows one to one.
    public func repartition(_ blockCount: Int) -> Dataset { appending(.repartition(.blocks(blockCount))) }

    /// Cuts the rows into blocks of `rowsPerBlock` rows, but for the last.
    public func repartition(rowsPerBlock: Int) -> Dataset { appending(.repartition(.rowsPerBlock(rowsPerBlock))) }

    /// Some columns, in this order.
    ///
    /// Pushed down into Parquet: other columns are not read.
    public func selectColumns(_ names: [String]) -> Dataset { appending(.columns(.select(names))) }

    /// All columns but some.
    public func dropColumns(_ names: [String]) -> Dataset { appending(.columns(.drop(names))) }

    /// The same columns under other names: old name → new name.
    public func renameColumns(_ names: [String: String]) -> Dataset { appending(.columns(.rename(names))) }

    /// Predicts a class for each image.
    ///
    /// - `batchSize`: images of one inference; `compute`: workers, `.actors` only, as each keeps an inference request; nil: as
    ///   many as the cores are best used by.
    public func predict(
        with classifier: Classifier,
        batchSize: BatchSize? = .auto,
        compute: Compute? = nil,
        resources: Resources? = nil
    ) -> Dataset {
        appending(.predict(classifier, PoolRequest(batch: batchSize, compute: compute, resources: resources)))
    }

    /// Feeds columns to a model and makes columns of its outputs.
    public func predict(
        with job: ModelJob,
        batchSize: BatchSize? = .auto,
        compute: Compute? = nil,
        resources: Resources? = nil
    ) -> Dataset {
        appending(.infer(job, PoolRequest(batch: batchSize, compute: compute, resources: resources)))
    }
}
