public import PenstockCore

/// What the planner needs to know of the machine.
public struct MachineFacts: Sendable, Hashable {
    /// Logical CPUs that this process may use.
    public var cores: Int
    /// Memory of the machine or container.
    public var memory: Bytes
    /// Accelerators that a model can run on.
    public var gpus = 0

    /// Facts, as measured by `Penstock` or made up by a test.
    public init(cores: Int, memory: Bytes, gpus: Int = 0) {
        self.cores = cores
        self.memory = memory
        self.gpus = gpus
    }
}
