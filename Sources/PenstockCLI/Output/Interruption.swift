import Dispatch
import Penstock

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Turns Ctrl-C and SIGTERM into cancellation; a second one ends the process at once.
enum Interruption {
    /// What is said at the first signal.
    static let stopping = "Stopping: finished rows are being committed. Press Ctrl-C again to stop at once."

    /// Runs `body` in a task that the first signal cancels.
    static func handling<Result: Sendable>(
        _ message: String = stopping,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await body() }
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "penstock.signal"))
            source.setEventHandler {
                if task.isCancelled { _exit(ExitStatus.interrupted) }
                Terminal.standardError("\n\(message)\n")
                task.cancel()
            }
            source.activate()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await task.value
    }
}
