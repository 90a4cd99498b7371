import Dispatch
import Foundation
import Synchronization
import Testing

@testable import PenstockCore

@Suite struct PlatformTests {
    @Test func thePeakGrowsWithWhatIsTouched() {
        let before = Platform.peakResidentBytes
        let bytes = [UInt8](repeating: 1, count: before + 64 << 20)
        #expect(bytes.last == 1)
        #expect(Platform.peakResidentBytes >= before + 32 << 20)
    }

    #if os(Linux)
        @Test func threadsThatOutnumberTheCoresWaitForOne() {
            let waited = Mutex(0.0)
            let done = DispatchGroup()
            for _ in 0..<4 * ProcessInfo.processInfo.activeProcessorCount {
                done.enter()
                Thread {
                    let wait = ThreadWait()
                    var state: UInt64 = 1
                    for _ in 0..<3_000_000 { state = state &* 6_364_136_223_846_793_005 &+ 1 }
                    wait.end()
                    waited.withLock { $0 += state == 0 ? 0 : wait.seconds }
                    done.leave()
                }.start()
            }
            done.wait()
            #expect(waited.withLock { $0 } > 0)
        }
    #endif
}
