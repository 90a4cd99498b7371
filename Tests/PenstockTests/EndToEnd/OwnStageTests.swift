import Penstock
import Synchronization
import Testing

/// Counts up, a block at a time; says how often it was started, and fails where it is told to.
private final class Counter: BlockSource {
    let name = "counter"
    let starts = Mutex(0)
    private let blocks: Int
    private let failsAt: Int?

    init(blocks: Int, failsAt: Int? = nil) {
        self.blocks = blocks
        self.failsAt = failsAt
    }

    func start(_ context: StageContext) throws(StageError) -> Int {
        starts.withLock { $0 += 1 }
        return 0
    }

    func next(_ cursor: inout Int) throws(StageError) -> Block? {
        if cursor == failsAt { throw StageError(.inputOutput, "the counter is broken. Mend it.") }
        guard cursor < blocks else { return nil }
        defer { cursor += 1 }
        return try Block(columns: ["id": Column(int64: [Int64(cursor * 2), Int64(cursor * 2 + 1)])])
    }
}

/// Keeps numbers, and says how it was ended.
private final class Numbers: BlockSink {
    struct Kept { var ids: [Int64] = [], failures = 0, commits = 0, aborts = 0 }
    let name = "numbers"
    let kept = Mutex(Kept())
    private let refuses: Bool

    init(refuses: Bool = false) { self.refuses = refuses }

    func open(_ context: StageContext) throws(StageError) -> Int { 0 }

    func write(_ block: Block?, failures: [RowFailure], to rows: inout Int) throws(StageError) {
        if refuses { throw StageError(.inputOutput, "no room for numbers. Make some.") }
        let ids = try block?.int64s("id").array ?? []
        rows += ids.count
        kept.withLock {
            $0.ids += ids
            $0.failures += failures.count
        }
    }

    func commit(_ rows: inout Int) throws(StageError) -> SinkSummary {
        kept.withLock { $0.commits += 1 }
        return SinkSummary(rowCount: rows)
    }

    func abort(_ rows: inout Int) { kept.withLock { $0.aborts += 1 } }
}

@Suite("Sources and sinks of the user's own")
struct OwnStageTests {
    private struct Odd: Error {}

    @Test("Rows go from the source to the sink, nothing runs before, and each run starts the source anew")
    func rowsGoThrough() async throws {
        let counter = Counter(blocks: 3)
        let dataset = Dataset.read(counter).filter { try $0.int("id") != 3 }
        #expect(counter.starts.withLock { $0 } == 0)
        let numbers = Numbers()
        var options = RunOptions()
        options.preservesOrder = true
        let report = try await dataset.write(to: numbers, options: options)
        #expect(numbers.kept.withLock { $0.ids } == [0, 1, 2, 4, 5])
        #expect(report.rowsRead == 6 && report.rowsWritten == 5 && report.bytesHeldAtEnd == 0)
        #expect(report.stages.map(\.name) == ["counter", "filter", "numbers"])
        #expect(try await dataset.take(2).map { try $0.int("id") } == [0, 1])
        #expect(counter.starts.withLock { $0 } == 2)
        #expect(try await dataset.schema() == nil)
    }

    @Test("A source in a union keeps its place among the stages that travel with the plan")
    func unionKeepsPlaces() async throws {
        let items = try Dataset.fromItems([["id": 100]])
        let both = items.union(Dataset.read(Counter(blocks: 1)), Dataset.read(Counter(blocks: 2)))
        #expect(try await both.takeAll().map { try $0.int("id") } == [100, 0, 1, 0, 1, 2, 3])
    }

    @Test("A source that fails ends the run with its message, and what came before is committed")
    func failingSource() async throws {
        let numbers = Numbers()
        let error = await #expect(throws: RunError.self) {
            try await Dataset.read(Counter(blocks: 5, failsAt: 2)).write(to: numbers)
        }
        #expect(error?.description.contains("the counter is broken. Mend it.") == true)
        #expect(error?.report.bytesHeldAtEnd == 0)
        #expect(numbers.kept.withLock { $0.commits } == 1)
    }

    @Test("A sink that fails is aborted, not committed")
    func failingSink() async throws {
        let numbers = Numbers(refuses: true)
        let error = await #expect(throws: RunError.self) {
            try await Dataset.read(Counter(blocks: 5)).write(to: numbers)
        }
        #expect(error?.description.contains("no room for numbers. Make some.") == true)
        #expect(numbers.kept.withLock { ($0.commits, $0.aborts) } == (0, 1))
        #expect(error?.report.bytesHeldAtEnd == 0)
    }

    @Test("Failed rows reach the sink")
    func failedRows() async throws {
        let numbers = Numbers()
        let report = try await Dataset.read(Counter(blocks: 4))
            .filter(onError: .skip(max: nil)) { if try $0.int("id") % 2 == 1 { throw Odd() } else { true } }
            .write(to: numbers)
        #expect(numbers.kept.withLock { $0.failures } == 4)
        #expect(report.rowsQuarantined == 4 && report.rowsWritten == 4)
    }

    @Test("A cancelled run commits what the sink has, and gives its memory back")
    func cancelled() async throws {
        let numbers = Numbers()
        let monitor = RunMonitor()
        var options = RunOptions()
        options.monitor = monitor
        let run = Task { [options] in
            try await Dataset.read(Counter(blocks: .max)).write(to: numbers, options: options)
        }
        while numbers.kept.withLock({ $0.ids.isEmpty }) { await Task.yield() }
        run.cancel()
        let error = await #expect(throws: RunError.self) { try await run.value }
        #expect(error?.reason == .interrupted && error?.report.bytesHeldAtEnd == 0)
        #expect(numbers.kept.withLock { $0.commits } == 1)
    }
}
