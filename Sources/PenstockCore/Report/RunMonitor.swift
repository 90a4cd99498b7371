import Synchronization

/// Lets a caller look at a run while it goes on: pass it in the options, ask it from any thread.
public final class RunMonitor: Sendable {
    private let source = Mutex<(@Sendable () -> RunSnapshot)?>(nil)

    /// A monitor that sees nothing until a run is attached.
    public init() {}

    /// The run as it is now; nil before it starts.
    public func snapshot() -> RunSnapshot? { source.withLock { $0 }?() }

    /// Called by the engine when a run starts.
    package func attach(_ source: @escaping @Sendable () -> RunSnapshot) { self.source.withLock { $0 = source } }
}
