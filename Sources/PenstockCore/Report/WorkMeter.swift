#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the calling thread has done so far; backends and decoders add to it, the engine looks before and after each task.
///
/// Of the thread, not of the process: runs side by side do not count each other's work, and nothing is locked.
package final class WorkMeter {
    /// The sum since the thread began.
    package private(set) var work = WorkReport()
    private let clock = MonotonicClock()

    private init() {}

    /// The calling thread's meter.
    package static var ofThread: WorkMeter {
        if let known = unsafe pthread_getspecific(key) {
            return unsafe Unmanaged<WorkMeter>.fromOpaque(known).takeUnretainedValue()
        }
        let meter = WorkMeter()
        // Given back when the thread ends.
        let status = unsafe pthread_setspecific(key, Unmanaged.passRetained(meter).toOpaque())
        precondition(status == 0, "the system has no room for a thread's own value: error \(status)")
        return meter
    }

    /// Adds what a call did.
    package func add(_ change: (inout WorkReport) -> Void) { change(&work) }

    /// Runs `body` and adds the seconds that it took, whether it succeeds or not.
    package func timing<Value, Failure: Error>(
        _ seconds: WritableKeyPath<WorkReport, Double>,
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let start = clock.now()
        defer { work[keyPath: seconds] += clock.now().seconds(since: start) }
        return try body()
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = unsafe pthread_key_create(&key) { value in
            #if canImport(Glibc)
                guard let value = unsafe value else { return }
            #endif
            unsafe Unmanaged<WorkMeter>.fromOpaque(value).release()
        }
        precondition(status == 0, "the system has no key for threads' own values left: error \(status)")
        return key
    }()
}

/// Bytes and calls by which the calling thread wrote anything, since it began.
package struct ThreadWrites: Sendable, Equatable {
    /// Bytes given to the system.
    package var bytes = 0
    /// Calls of the system.
    package var calls = 0

    /// Nothing was written.
    package init() {}

    /// Adds what another thread wrote.
    package mutating func add(_ other: ThreadWrites) {
        bytes += other.bytes
        calls += other.calls
    }

    /// What was written after an earlier look.
    package func since(_ start: ThreadWrites) -> ThreadWrites {
        var difference = self
        difference.bytes -= start.bytes
        difference.calls -= start.calls
        return difference
    }

    /// What the kernel says of the calling thread; nil where it does not say.
    ///
    /// - Cost: opens and reads a file of `/proc`, some ten microseconds; for the begin and the end of a worker, not for tasks.
    package static var ofThread: ThreadWrites? {
        #if os(Linux)
            let text = Platform.text(ofSystemFile: "/proc/thread-self/io")
            guard let text, let bytes = number("wchar:", text), let calls = number("syscw:", text) else { return nil }
            var writes = ThreadWrites()
            (writes.bytes, writes.calls) = (bytes, calls)
            return writes
        #else
            return nil
        #endif
    }

    private static func number(_ name: String, _ text: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { Int($0.dropFirst(name.count).drop { $0 == " " }) }
    }
}
