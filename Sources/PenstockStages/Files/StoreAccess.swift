package import PenstockCore
import Synchronization

/// How the stages of a run reach files: its stores, each opened once, and one count of tries.
///
/// - Thread: any. Calls block, so they belong on worker threads.
package final class StoreAccess: Sendable {
    /// Pauses are cut at this, so that a run that ends does not wait for the rest of them.
    private static let slice = Duration.milliseconds(100)

    /// The stores that are open.
    package let stores: FileStores
    /// Repeats calls of stores as the run's options say.
    package let retries: Retries
    private let pause: InterruptibleWait
    private let cancellation: Cancellation
    private let countedRetries = Mutex<Int>(0)

    /// What stages see of the run's end, once one of them has told.
    private final class Cancellation: Sendable {
        private let isCancelled = Mutex<(@Sendable () -> Bool)?>(nil)

        func follow(_ isCancelled: (@Sendable () -> Bool)?) { self.isCancelled.withLock { $0 = isCancelled } }
        var isSet: Bool { isCancelled.withLock { $0 }?() ?? false }
    }

    /// Access with `retries` tries after the first; `baseDelay` bounds the first pause.
    package init(retries: Int = 3, baseDelay: Duration = .milliseconds(100)) {
        let policy = RetryPolicy(attempts: max(retries, 0) + 1, baseDelay: baseDelay)
        let (pause, cancellation) = (InterruptibleWait(), Cancellation())
        self.pause = pause
        self.cancellation = cancellation
        stores = FileStores(policy: policy)
        self.retries = Retries(policy) { duration in
            var left = duration
            while left > .zero {
                if cancellation.isSet || !pause(min(left, Self.slice)) { return false }
                left -= Self.slice
            }
            return !cancellation.isSet
        }
    }

    /// Pauses end when this run does; every stage of a run says the same.
    package func follow(_ context: StageContext) { cancellation.follow(context.isCancelled) }

    /// Ends pauses, also those to come, and forgets the run.
    package func endRun() {
        pause.cancel()
        cancellation.follow(nil)
    }

    /// Calls a store until it succeeds; see `Retries.run`.
    package func call<Value>(_ body: () throws(FileError) -> Value) throws(StageError) -> Value {
        try retries.run(body)
    }

    /// Opens the place of a path, of a table or as the user wrote it.
    package func place(of text: String) throws(StageError) -> FileStores.Place {
        try call { () throws(FileError) in try stores.place(of: text) }
    }

    /// All bytes of a small file.
    package func contents(of location: Location, atMost limit: Bytes) throws(StageError) -> [UInt8] {
        try call { () throws(FileError) in
            let place = try stores.open(location)
            return try place.store.contents(of: place.path, atMost: limit)
        }
    }

    /// Tries that the readers of tables repeated by themselves since the last call, each told once.
    package func takeTableRetries() -> Int {
        let total = stores.tableRetryCount
        return countedRetries.withLock { counted in
            defer { counted = max(counted, total) }
            return max(total - counted, 0)
        }
    }
}
