/// What a run ran on.
public struct MachineReport: Codable, Sendable, Equatable {
    /// The processor's name; empty where the system does not tell it.
    public var processor: String
    /// Logical CPUs that the process may use.
    public var cores: Int
    /// Memory of the machine or container.
    public var memoryBytes: Int

    /// A machine.
    public init(processor: String, cores: Int, memoryBytes: Int) {
        self.processor = processor
        self.cores = cores
        self.memoryBytes = memoryBytes
    }

    /// In one line, for people.
    public var text: String {
        let name = processor.isEmpty ? "" : "\(processor), "
        return "\(name)\(cores) core\(cores == 1 ? "" : "s"), \(Bytes(memoryBytes))"
    }
}
