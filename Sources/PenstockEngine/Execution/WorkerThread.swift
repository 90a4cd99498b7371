import Dispatch
import PenstockCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A thread of our own that keeps a value of its own: a decoder, an inference request, a file being written.
///
/// The value is made on the thread, used only there and released there, so it need not be thread-safe. Blocking and long
/// CPU work belong here; Swift's cooperative pool never waits.
final class WorkerThread<Confined>: Sendable {
    typealias Job = @Sendable (Confined) -> Void

    private struct Queue {
        var jobs: [Job] = []
        var isStopped = false
    }

    private let queue = Mutex(Queue())
    private let semaphore = DispatchSemaphore(value: 0)
    private let make: @Sendable () -> Confined
    private let onExit: @Sendable (_ coreWaitSeconds: Double) -> Void
    private let wait = Mutex<ThreadWait?>(nil)

    /// Starts a thread that makes its value by `make` and calls `onExit` as its last act, with the time that it waited for
    /// a core.
    init(name: String, make: @escaping @Sendable () -> Confined, onExit: @escaping @Sendable (Double) -> Void) {
        self.make = make
        self.onExit = onExit
        start(name: name)
    }

    /// How long the thread was ready to run and had no core, so far.
    var coreWaitSeconds: Double { wait.withLock { $0 }?.seconds ?? 0 }

    /// Runs `job` after those before it.
    func enqueue(_ job: @escaping Job) {
        queue.withLock { $0.jobs.append(job) }
        semaphore.signal()
    }

    /// Ends the thread once the jobs before this call are done.
    ///
    /// Safe to call more than once.
    func stop() {
        queue.withLock { $0.isStopped = true }
        semaphore.signal()
    }

    private func start(name: String) {
        let body = Unmanaged.passRetained(ThreadBody { self.work() })
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 8 << 20)
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let status = pthread_create(&thread, &attributes, runThreadBody, body.toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(status == 0, "the system gave no thread for \(name): error \(status)")
    }

    private func work() {
        let wait = ThreadWait()
        self.wait.withLock { $0 = wait }
        workUntilStopped()
        wait.end()
        onExit(wait.seconds)  // the confined value is gone by now
    }

    private func workUntilStopped() {
        let confined = make()
        while let job = waitForJob() { job(confined) }
    }

    /// The one place where a worker thread waits.
    ///
    /// The name is stable so that profilers can leave it out.
    private func waitForJob() -> Job? {
        while true {
            semaphore.wait()
            let next = queue.withLock { queue -> (job: Job?, isEnd: Bool) in
                // The only one, as a rule: taken from the end, so that the array keeps its memory.
                if queue.jobs.count == 1 { return (queue.jobs.removeLast(), false) }
                if !queue.jobs.isEmpty { return (queue.jobs.removeFirst(), false) }
                return (nil, queue.isStopped)
            }
            if let job = next.job { return job }
            if next.isEnd { return nil }
        }
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

#if canImport(Glibc)
    private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
        return nil
    }
#else
    private func runThreadBody(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
#endif
