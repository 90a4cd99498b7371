import Foundation
import Testing

@testable import PenstockCore

@Suite("The clock of a process that takes turns")
struct StoppedTimeTests {
    @Test("it leaves out the time for which another says that it was stopped")
    func leftOut() throws {
        let folder = try TemporaryFolder()
        let stopped = try #require(StoppedTime(creating: folder("stopped")))
        stopped.add(seconds: 1000)
        // What was before the clock was made does not matter to it.
        let clock = MonotonicClock(stopped: stopped)
        let start = clock.now()
        stopped.add(seconds: 600)
        stopped.add(seconds: 400)
        // None of it has passed here, but for what this test took.
        let elapsed = clock.now().seconds(since: start)
        #expect(elapsed >= -1000 && elapsed < -500, "\(elapsed)")
        let untouched = clock.now()
        #expect(clock.now() >= untouched)
        #expect(try Data(contentsOf: URL(filePath: folder("stopped"))).count == 8)
    }

    @Test("time and stops are read together, whatever comes in between")
    func together() throws {
        let folder = try TemporaryFolder()
        let stopped = try #require(StoppedTime(creating: folder("stopped")))
        var reads = 0
        let (moment, nanoseconds) = stopped.at {
            reads += 1
            if reads == 1 { stopped.add(seconds: 2) }
            return reads
        }
        #expect(moment == 2 && nanoseconds == 2_000_000_000)
    }

    @Test("a file that is not there, or too short, is not followed")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        #expect(!StoppedTime.follow(folder("missing")))
        try Data(count: 7).write(to: URL(filePath: folder("short")))
        #expect(!StoppedTime.follow(folder("short")))
        #expect(StoppedTime.ofProcess == nil)
        #expect(StoppedTime(creating: folder("no/such/folder")) == nil)
    }
}
