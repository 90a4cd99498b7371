import PenstockCore
import Synchronization

/// What a stage did between the end of its warming up and the end of its time.
///
/// Calls that begin before that are warm-up, calls that end after it are work that was only left over: neither counts. A
/// stage whose calls are long gets more time, so that each worker is measured at least twice.
final class ProbeMeter: Sendable {
    /// Share of the measured time that warming up takes beforehand, and the most that it takes.
    static let warmUpShare = 0.2
    static let longestWarmUp = 0.3
    static let leastCallsPerWorker = 2

    /// A call's beginning.
    struct Start {
        let time: Int64
        let cpuSeconds: Double
    }

    private struct Counts {
        var rows = 0
        var calls = 0
        var busyNanoseconds: Int64 = 0
        var cpuSeconds = 0.0
        /// The first call's beginning.
        var first: Int64?
        var isOver = false
    }

    private let warmUp: Int64
    private let length: Int64
    private let workers: Int
    private let clock: any RunClock
    private let counts = Mutex(Counts())

    init(seconds: Double, workers: Int, clock: any RunClock = MonotonicClock()) {
        length = Int64(seconds * 1e9)
        warmUp = Int64(min(seconds * Self.warmUpShare, Self.longestWarmUp) * 1e9)
        self.workers = workers
        self.clock = clock
    }

    /// Whether the stage was measured for long enough; from the first `true` on nothing counts any more.
    var isOver: Bool {
        let now = clock.now().nanoseconds
        return counts.withLock { counts in
            guard let first = counts.first else { return false }
            let isLongEnough = now - first > warmUp + length && counts.calls >= Self.leastCallsPerWorker * workers
            counts.isOver = counts.isOver || isLongEnough
            return counts.isOver
        }
    }

    /// A call begins, on the calling thread.
    func begin() -> Start {
        let now = clock.now().nanoseconds
        counts.withLock { if $0.first == nil { $0.first = now } }
        return Start(time: now, cpuSeconds: Platform.threadCPUSeconds)
    }

    /// A call ended.
    ///
    /// - `isLast`: it belongs to what was counted, whenever it comes, such as a sink's commit.
    func end(_ start: Start, rows: Int, isLast: Bool = false) {
        let now = clock.now().nanoseconds
        let cpuSeconds = Platform.threadCPUSeconds - start.cpuSeconds
        counts.withLock { counts in
            let isWarm = start.time - (counts.first ?? start.time) >= warmUp
            guard isLast || (isWarm && !counts.isOver) else { return }
            counts.rows += rows
            counts.calls += 1
            counts.busyNanoseconds += now - start.time
            counts.cpuSeconds += cpuSeconds
        }
    }

    /// Rows × workers ÷ busy time, and CPU time of a row; zero when no row was counted.
    var result: CeilingSample {
        counts.withLock { counts in
            guard counts.rows > 0, counts.busyNanoseconds > 0 else { return CeilingSample(rate: 0, coreSeconds: 0) }
            let rows = Double(counts.rows)
            let busy = Double(counts.busyNanoseconds) / 1e9
            return CeilingSample(rate: rows * Double(workers) / busy, coreSeconds: counts.cpuSeconds / rows)
        }
    }
}
