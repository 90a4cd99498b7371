public import PenstockCore

/// How a pipeline runs: what Ray keeps in `DataContext`.
///
/// Defaults are for speed without tuning.
public struct RunOptions: Sendable {
    /// Cores to use; automatic: all that the process may use.
    public var cores: Choice<Int> = .auto
    /// Bytes that blocks, batches and decoders may take; automatic: half of what the machine or container has.
    public var memory: Choice<Bytes> = .auto
    /// Threads that read; automatic: 2 for image files, as they wait for the disk, one for each core for others, and 128 for
    /// places in a store.
    public var readWorkers: Choice<Int> = .auto
    /// Bytes that may lie read and not yet be taken by the next stage; automatic: an eighth of the memory, at most 64 MiB for
    /// image files and 128 MiB for others.
    public var readAhead: Choice<Bytes> = .auto
    /// Threads that decode; automatic: one per core.
    public var decodeWorkers: Choice<Int> = .auto
    /// Workers that each hold an inference request; automatic: one per core.
    public var modelWorkers: Choice<Int> = .auto
    /// Threads inside the inference library for each model worker; automatic: 1, as parallel streams beat parallel layers.
    public var threadsPerWorker: Choice<Int> = .auto
    /// Rows that the model sees at once; automatic: see `Planner`.
    public var batchSize: Choice<Int> = .auto
    /// Size at which output files are closed, as they lie on the disk.
    public var blockBytes: Choice<Bytes> = .auto
    /// Deliver rows in the source's order.
    public var preservesOrder = false
    /// Rows that may fail before the run is stopped.
    public var maxBadRows = BadRowLimit.share(0.01)
    /// How often a read that failed for a passing reason is tried again.
    public var retries = 3
    /// Images with more pixels are quarantined, before memory is taken for them.
    ///
    /// Pillow's own limit.
    public var maxPixels = 178_956_970
    /// Price of the machine for an hour, in any currency: the report then says what the run cost.
    public var pricePerHour: Double?
    /// Folder for compiled models, so that a second start is quicker; nil: none is kept.
    public var cacheDirectory: String?
    /// Shared library of the backend; nil: the loader's own search.
    public var backendLibrary: String?
    /// Where values come from, by setting name, for those that are not a `Choice`; what differs from its default and is not
    /// listed was set by the program.
    public var origins: [String: SettingOrigin] = [:]
    /// Why values are what they are, by setting name, for those that something else than the user found, such as a profile.
    public var reasons: [String: String] = [:]
    /// Sees the run while it goes on.
    public var monitor: RunMonitor?

    /// The defaults.
    public init() {}
}
