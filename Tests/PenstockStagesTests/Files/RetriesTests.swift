import PenstockCore
import Synchronization
import Testing

@testable import PenstockStages

@Suite("Retries")
struct RetriesTests {
    private let passing = FileError(.passing, "busy")

    @Test("A pause is random below a bound that doubles up to the cap; the seed decides it")
    func delays() {
        let policy = RetryPolicy(baseDelay: .milliseconds(100), maxDelay: .seconds(1))
        var random = SystemRandomNumberGenerator()
        for (retry, bound) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (60, 1000)] {
            for _ in 0..<200 {
                let delay = policy.delay(beforeRetry: retry, using: &random)
                #expect(delay >= .zero && delay < .milliseconds(bound))
            }
        }
        #expect(pauses(seed: 7) == pauses(seed: 7))
        #expect(pauses(seed: 7) != pauses(seed: 8))
    }

    private func pauses(seed: UInt64) -> [Duration] {
        let seen = Mutex<[Duration]>([])
        let retries = Retries(RetryPolicy(attempts: 4), seed: seed) { pause in
            seen.withLock { $0.append(pause) }
            return true
        }
        #expect(throws: StageError.self) { try retries.run { () throws(FileError) -> Void in throw passing } }
        return seen.withLock { $0 }
    }

    @Test("A call is repeated until it succeeds, and each repetition counted")
    func repeats() throws {
        let retries = Retries(RetryPolicy(attempts: 5), seed: 1) { _ in true }
        var calls = 0
        let value = try retries.run { () throws(FileError) -> Int in
            calls += 1
            if calls < 4 { throw passing }
            return calls
        }
        #expect(value == 4)
        #expect(retries.count == 3)
    }

    @Test("Errors that last are thrown at once", arguments: FileError.Kind.allCases.filter { $0 != .passing })
    func lasting(kind: FileError.Kind) {
        let retries = Retries(RetryPolicy(), seed: 1) { _ in true }
        var calls = 0
        let error = #expect(throws: StageError.self) {
            try retries.run { () throws(FileError) -> Void in
                calls += 1
                throw FileError(kind, "no")
            }
        }
        #expect(calls == 1)
        #expect(error?.message == "no")
        #expect(retries.count == 0)
    }

    @Test("The policy says which errors are retried, and one try is one")
    func policyDecides() {
        let denied = Retries(RetryPolicy(attempts: 3, retried: [.denied]), seed: 1) { _ in true }
        #expect(throws: StageError.self) {
            try denied.run { () throws(FileError) -> Void in throw FileError(.denied, "no") }
        }
        #expect(denied.count == 2)
        let never = Retries(.never, seed: 1) { _ in true }
        #expect(throws: StageError.self) { try never.run { () throws(FileError) -> Void in throw passing } }
        #expect(never.count == 0)
    }

    @Test("Cancelling ends a pause of another thread, and pauses to come")
    func pauseEnds() {
        let pause = InterruptibleWait()
        #expect(pause(.zero))
        let outcome = Mutex<Bool?>(nil)
        let worker = Worker {
            let result = pause(.seconds(3600))
            outcome.withLock { $0 = result }
        }
        pause.cancel()
        worker.join()
        #expect(outcome.withLock { $0 } == false)
        #expect(!pause(.seconds(3600)))
    }
}
