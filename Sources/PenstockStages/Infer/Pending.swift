import Dispatch
import PenstockCore
import Synchronization

/// A value that is made on a thread of its own while the caller does something else: the hash of a model's file, a model.
final class Pending<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, StageError>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    /// Begins.
    init(_ make: @escaping @Sendable () throws(StageError) -> Value) {
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            let made = Result { () throws(StageError) in try make() }
            result.withLock { $0 = made }
            isDone.signal()
        }
    }

    /// Waits for the value.
    ///
    /// - Throws: what making it threw.
    func value() throws(StageError) -> Value {
        isDone.wait()
        isDone.signal()
        guard let made = result.withLock({ $0 }) else { preconditionFailure("a value that was signalled is there") }
        return try made.get()
    }
}
