import Foundation
import Penstock
import Synchronization
import Testing

@Suite("What is known of the machine")
struct MachineTests {
    @Test("A thread that may use one processor only sees one core, however many are online")
    func affinity() throws {
        #if os(Linux)
            let seen = Mutex(0)
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                var all = cpu_set_t()
                sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &all)
                var one = cpu_set_t()
                withUnsafeMutableBytes(of: &one) { one in
                    withUnsafeBytes(of: &all) { all in
                        guard let byte = all.indices.first(where: { all[$0] != 0 }) else { return }
                        one[byte] = all[byte] & ~(all[byte] - 1)
                    }
                }
                sched_setaffinity(0, MemoryLayout<cpu_set_t>.size, &one)
                let cores = MachineFacts.current.cores
                seen.withLock { $0 = cores }
                done.signal()
            }
            done.wait()
            #expect(seen.withLock { $0 } == 1)
        #endif
    }
}
