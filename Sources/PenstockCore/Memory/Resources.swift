/// What a task or worker occupies while it runs: logical CPUs, GPUs (fractions allowed) and bytes.
public struct Resources: Hashable, Sendable, Codable {
    /// Logical CPUs; 0.5 lets two share one.
    public var cpus: Double
    /// Logical GPUs.
    public var gpus: Double
    /// Bytes beyond what blocks are charged for.
    public var memory: Bytes

    /// Resources of one worker.
    public init(cpus: Double = 1, gpus: Double = 0, memory: Bytes = .zero) {
        self.cpus = cpus
        self.gpus = gpus
        self.memory = memory
    }
}
