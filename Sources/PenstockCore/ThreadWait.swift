import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How long one thread was ready to run and had no core, as the kernel counts it.
///
/// This is what tells a thread that waits for a disk from one that waits for its turn: both take longer than they compute.
///
/// - Thread: made on the thread that it is about; asked from any.
/// - Cost: one small read for each question; nothing while the thread works.
package final class ThreadWait: Sendable {
    private struct State {
        /// The thread's `schedstat`, which stays its own whoever reads it; negative where there is none.
        var descriptor: Int32
        var seconds = 0.0
    }

    private let state: Mutex<State>

    /// Begins to watch the calling thread.
    package init() {
        #if os(Linux)
            state = Mutex(State(descriptor: unsafe open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)))
        #else
            state = Mutex(State(descriptor: -1))
        #endif
    }

    deinit { end() }

    /// Seconds so far; 0 where the kernel does not say.
    package var seconds: Double {
        state.withLock { state in
            update(&state)
            return state.seconds
        }
    }

    /// The thread is about to end: what it waited so far stays known.
    package func end() {
        state.withLock { state in
            update(&state)
            if state.descriptor >= 0 { close(state.descriptor) }
            state.descriptor = -1
        }
    }

    /// "NANOSECONDS_RUN NANOSECONDS_WAITED SLICES"; a thread that is gone gives nothing, and the last value stays.
    private func update(_ state: inout State) {
        guard state.descriptor >= 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 80)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(state.descriptor, $0.baseAddress, $0.count, 0) }
        let words = bytes.prefix(max(count, 0)).split(separator: UInt8(ascii: " "))
        guard words.count >= 2, let waited = Double(String(decoding: words[1], as: UTF8.self)) else { return }
        state.seconds = waited / 1e9
    }
}
