public import PenstockCore

/// What kind of workers an operator has, and how many.
public struct Compute: Sendable, Hashable, Codable {
    /// Stateless work, or workers that keep something expensive.
    public enum Kind: String, Sendable, Hashable, Codable { case tasks, actors }

    /// Kind of the workers.
    public let kind: Kind
    /// The fewest workers; nil: one.
    public let minimum: Int?
    /// The most workers; nil: one per core.
    public let maximum: Int?

    /// Stateless workers; they start fast and keep nothing from one task to the next.
    ///
    /// - `concurrency`: how many work side by side; nil: one per core.
    public static func tasks(concurrency: Int? = nil) -> Compute {
        Compute(kind: .tasks, minimum: concurrency, maximum: concurrency)
    }

    /// Workers that keep a state, such as a loaded model, each made once.
    public static func actors(_ size: Int) -> Compute { Compute(kind: .actors, minimum: size, maximum: size) }

    /// As many workers within a range as there is work for; with 0 as the lower end all of them go while nothing comes.
    public static func actors(_ range: ClosedRange<Int>) -> Compute {
        Compute(kind: .actors, minimum: range.lowerBound, maximum: range.upperBound)
    }
}

extension Compute: CustomStringConvertible {
    /// As plans print it.
    public var description: String {
        switch (kind, minimum, maximum) {
        case (.tasks, _, let maximum?): "tasks(\(maximum))"
        case (.tasks, _, nil): "tasks"
        case (.actors, let low?, let high?): low == high ? "actors(\(low))" : "actors(\(low)...\(high))"
        case (.actors, _, _): "actors"
        }
    }
}

/// What one task of an operator holds while it runs, and one worker while it lives.
public struct Resources: Sendable, Hashable, Codable {
    /// Logical CPUs of a running task; fractions are fine, 0 for work that mostly waits.
    public var cpus: Double
    /// GPUs of a running task; 0.5 lets two share one.
    public var gpus: Double
    /// Memory that each worker keeps for itself, beyond the blocks it works on.
    public var memory: Bytes
    /// Tasks of the operator at the same time; nil: as many as there are workers.
    public var maxConcurrency: Int?

    /// Needs of one task and one worker.
    public init(cpus: Double = 1, gpus: Double = 0, memory: Bytes = .zero, maxConcurrency: Int? = nil) {
        self.cpus = cpus
        self.gpus = gpus
        self.memory = memory
        self.maxConcurrency = maxConcurrency
    }

    /// One CPU for each running task.
    public static let `default` = Resources()
}

/// What happens to rows for which code of yours throws.
public enum ErrorPolicy: Sendable, Hashable, Codable {
    /// The run fails, with a message that says where.
    case fail
    /// The rows go to quarantine; more than `max` of them end the run. Nil: any number.
    case skip(max: Int?)
    /// The rows stay, without values in the columns that the code would have made.
    case emitNull
}

extension BatchSize: ExpressibleByIntegerLiteral {
    /// So many rows.
    public init(integerLiteral value: Int) { self = .exactly(value) }
}

extension BatchSize? {
    /// Penstock chooses: a model's batch from memory and measured cost, else blocks of a good size.
    public static var auto: BatchSize? { nil }
}
