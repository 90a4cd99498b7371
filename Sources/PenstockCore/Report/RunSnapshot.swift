/// A look at a run while it goes on.
public struct RunSnapshot: Sendable {
    /// One operator, now.
    public struct Stage: Sendable {
        /// Operator name.
        public var name = ""
        /// Rows it has finished.
        public var rows = 0
        /// Rows waiting for it.
        public var queuedRows = 0
        /// Workers at work.
        public var busyWorkers = 0
        /// Workers there are.
        public var workers = 0
        /// Worker seconds at work so far.
        public var busySeconds = 0.0
        /// Why it is not admitted, if it is not.
        public var hold: String?
        /// What it did so far, as the run's report will say it.
        public var report = StageReport()

        /// An operator that has done nothing yet.
        public init() {}
    }

    /// Seconds since the run started.
    public var seconds = 0.0
    /// CPU seconds of the process since the run started, user and system.
    public var cpuSeconds = 0.0
    /// Logical CPUs that the run may use.
    public var cores = 0
    /// Logical CPUs that are given to tasks; 0: as many as `cores`.
    public var slots = 0.0
    /// Rows that the source produced so far.
    public var rowsRead = 0
    /// Rows the sink has taken so far.
    public var rowsWritten = 0
    /// Rows in quarantine so far.
    public var rowsQuarantined = 0
    /// Rows left out so far.
    public var rowsSkipped = 0
    /// All rows there will be, once the source has been read to its end.
    public var totalRows: Int?
    /// Operators in order.
    public var stages: [Stage] = []
    /// Workers are still loading, for example a model.
    public var isLoading = false
    /// The engine is finished.
    public var isFinished = false

    /// An empty look.
    public init() {}
}
