import Foundation
import PenstockCore
import Synchronization
import Testing

@testable import PenstockStages

@Suite("Faults of a store", .tags(.native), .enabled(if: StoreServer.isPresent, StoreServer.reason))
struct FaultTests {
    /// Pauses that take no time.
    private let policy = RetryPolicy(attempts: 5, baseDelay: .zero)

    private func store(
        _ path: String,
        through proxy: LoopbackServer,
        policy: RetryPolicy? = nil
    ) throws -> ArrowFileStore {
        let location = try Location(StoreServer.location(path, port: proxy.port))
        return try ArrowFileStore(location, policy: policy ?? self.policy)
    }

    private func path(_ index: Int) -> String {
        "many/many/folder \(index % 10)/\(String(100_000 + index).dropFirst()).bin"
    }

    /// Reads objects from a few threads; the contents by number, and how often each came.
    private func read(
        _ indices: [Int],
        from store: ArrowFileStore,
        _ retries: Retries,
        threads count: Int = 4
    ) -> (good: [Int], errors: [StageError]) {
        let results = Mutex<(good: [Int], errors: [StageError])>(([], []))
        let next = Atomic<Int>(0)
        let threads = (0..<count).map { _ in
            Worker {
                while true {
                    let turn = next.add(1, ordering: .relaxed).oldValue
                    guard turn < indices.count else { return }
                    let index = indices[turn]
                    do throws(StageError) {
                        let bytes = try retries.run { () throws(FileError) in
                            try store.contents(of: path(index), known: index % 100, atMost: .mebibytes(1))
                        }
                        let expected = [UInt8](repeating: UInt8(index % 251), count: index % 100)
                        results.withLock { if bytes == expected { $0.good.append(index) } }
                    } catch {
                        results.withLock { $0.errors.append(error) }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        return results.withLock { $0 }
    }

    @Test("As many readers as somebody wants read at the same time: none waits for a connection")
    func manyConnections() throws {
        let proxy = try StoreServer.proxy("together:=60:GET /many/many/")
        let store = try store("many", through: proxy)
        let once = Retries(RetryPolicy(attempts: 1, baseDelay: .zero), seed: 1) { _ in true }
        let result = read(Array(1...60), from: store, once, threads: 60)
        #expect(result.good.sorted() == Array(1...60), "\(result.errors.first?.message ?? "")")
    }

    @Test("With 503s and bodies cut short nothing is lost, nothing comes twice, and each fault is one retry")
    func everyObjectOnce() throws {
        let proxy = try StoreServer.proxy("503:2:GET /many/many/", "cut:2:GET /many/many/")
        let store = try store("many", through: proxy)
        let retries = Retries(policy, seed: 1) { _ in true }
        let indices = Array(1..<400).filter { $0 % 100 > 1 }
        let (good, errors) = read(indices, from: store, retries)
        #expect(errors.isEmpty)
        #expect(good.sorted() == indices)
        #expect(retries.count > 100)
        #expect(try retries.count == proxy.faultCount)
    }

    @Test("Resets and short bodies that claim to be whole lose nothing")
    func resetsAndLies() throws {
        let proxy = try StoreServer.proxy("reset:2:GET /many/many/", "short:1:GET /many/many/")
        let store = try store("many", through: proxy)
        let retries = Retries(policy, seed: 1) { _ in true }
        let indices = Array(1..<300).filter { $0 % 100 > 1 }
        let (good, errors) = read(indices, from: store, retries)
        #expect(errors.isEmpty)
        #expect(good.sorted() == indices)
        // Below the faults: the client itself asks again on a connection that was reset before, and after a short body.
        #expect(retries.count > 0)
        #expect(try proxy.faultCount >= retries.count)
    }

    @Test("A slow body is whole, without a retry")
    func slowBody() throws {
        let proxy = try StoreServer.proxy("slow:=1:GET /many/many/")
        let store = try store("many", through: proxy)
        let retries = Retries(policy, seed: 1) { _ in true }
        #expect(read([99], from: store, retries).good == [99])
        #expect(retries.count == 0)
        #expect(try proxy.faultCount == 1)
    }

    @Test("A server that says nothing is a passing error once the time-out is over")
    func silence() throws {
        let proxy = try StoreServer.proxy("hang:=1:GET /many/many/")
        let location = try Location(StoreServer.location("many", port: proxy.port))
        let store = try ArrowFileStore(location, policy: policy, requestTimeout: .seconds(1))
        let retries = Retries(policy, seed: 1) { _ in true }
        #expect(read([99], from: store, retries).good == [99])
        #expect(retries.count == 1)
    }

    @Test("A store that stays busy is given up after as many tries as the policy has, with the store's words")
    func triesEnd() throws {
        let proxy = try StoreServer.proxy("503:=1000:GET /many/many/")
        let store = try store("many", through: proxy)
        let retries = Retries(policy, seed: 1) { _ in true }
        let errors = read([99], from: store, retries).errors
        #expect(errors.map(\.code) == [.inputOutput])
        #expect(errors.first?.message.hasSuffix("(after 5 tries)") == true)
        #expect(retries.count == 4)
        #expect(try proxy.faultCount == 5)
    }

    @Test("A listing goes on where a page failed, and counts its retries", arguments: ["503", "cut"])
    func listing(kind: String) throws {
        let proxy = try StoreServer.proxy("\(kind):=1:GET /few\\?")
        let store = try store("few/few", through: proxy)
        let listing = try store.listing(of: store.path, recursive: true)
        var paths: [String] = []
        while let entries = try listing.next() { paths += entries.filter { $0.kind == .file }.map(\.path) }
        #expect(paths.count == 2500)
        #expect(Set(paths).count == 2500)
        #expect(try store.retryCount == proxy.faultCount)
        #expect(store.retryCount == 3)
    }

    @Test("A part that fails is sent again; an object whose parts keep failing never appears")
    func writing() throws {
        let bytes = StoreServer.bytes(12_000_000)
        let proxy = try StoreServer.proxy("503:=2:PUT /private/part", "503:=1000:PUT /private/never")
        let store = try store("private", through: proxy)
        try store.write(bytes, to: "private/parts")
        #expect(try Data(store.contents(of: "private/parts", atMost: .mebibytes(32))) == Data(bytes))
        #expect(try store.retryCount == proxy.faultCount)
        #expect(store.retryCount >= 4)
        let error = #expect(throws: FileError.self) { try store.write(bytes, to: "private/never") }
        #expect(error?.kind == .passing)
        #expect(try !store.exists("private/never"))
    }

    @Test("Cancelling while a retry waits ends the call")
    func cancelled() throws {
        let proxy = try StoreServer.proxy("503:=1000:GET /many/many/")
        let store = try store("many", through: proxy)
        let pause = InterruptibleWait()
        let slow = RetryPolicy(attempts: 5, baseDelay: .seconds(3600), maxDelay: .seconds(3600))
        let retries = Retries(slow, seed: 1) { duration in
            pause.cancel()
            return pause(duration)
        }
        #expect(read([99], from: store, retries).errors.map(\.code) == [.cancelled])
        #expect(retries.count == 0)
    }
}
