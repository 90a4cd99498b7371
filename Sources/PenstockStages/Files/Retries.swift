package import PenstockCore
import Synchronization

/// Repeats calls as a policy says, and counts it.
///
/// - Thread: any; a call waits on its caller's thread.
package final class Retries: Sendable {
    /// Waits so long; false when the run is cancelled, before or meanwhile.
    package typealias Wait = @Sendable (Duration) -> Bool

    /// What is retried, and how.
    package let policy: RetryPolicy
    private let wait: Wait
    private let random: Mutex<SeededNumbers>
    private let retryCount = Atomic<Int>(0)

    /// Retries with pauses that `seed` decides; nil: other ones each time.
    package init(_ policy: RetryPolicy, seed: UInt64? = nil, wait: @escaping Wait) {
        self.policy = policy
        self.wait = wait
        random = Mutex(SeededNumbers(seed: seed ?? .random(in: 0 ... .max)))
    }

    /// Tries that were repeated so far.
    package var count: Int { retryCount.load(ordering: .relaxed) }

    /// Calls `body` until it succeeds, fails with an error that is not retried, or was tried often enough.
    ///
    /// - Throws: the last error, with the number of tries; `.cancelled` when the wait says so.
    package func run<Value>(_ body: () throws(FileError) -> Value) throws(StageError) -> Value {
        var tries = 0
        return try run(counting: &tries, body)
    }

    /// The same, and says how many tries it took, also when it throws.
    package func run<Value>(
        counting tries: inout Int,
        _ body: () throws(FileError) -> Value
    ) throws(StageError) -> Value {
        tries = 0
        while true {
            tries += 1
            do throws(FileError) {
                return try body()
            } catch {
                guard policy.retried.contains(error.kind), tries < policy.attempts else {
                    throw error.stageError(tries: tries)
                }
                let pause = random.withLock { policy.delay(beforeRetry: tries, using: &$0) }
                guard wait(pause) else {
                    throw StageError(.cancelled, "stopped before try \(tries + 1): \(error.message)")
                }
                retryCount.add(1, ordering: .relaxed)
            }
        }
    }
}
