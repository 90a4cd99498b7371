import PenstockCore
import PenstockEngine
import PenstockTestKit
import Synchronization
import Testing

/// The executor with threads: pools that grow and shrink.
@Suite(.timeLimit(.minutes(15))) struct ExecutorScalingTests {
    @Test(arguments: [0, 1, 3])
    func aPoolThatScalesGivesTheSameRows(minWorkers: Int) async {
        var pipeline = FakePipeline()
        pipeline.rowCount = 1000
        pipeline.workers = 4
        pipeline.minWorkers = minWorkers
        pipeline.memoryPerWorker = .kibibytes(1)
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        #expect(outcome.end == .done)
        #expect(pipeline.probe.writtenIDs.sorted() == Array(0..<1000))
        #expect(outcome.stages[1].workers >= max(minWorkers, 1))
        #expect(outcome.stages[1].workers == (outcome.scaling.map(\.to).max() ?? minWorkers))
        #expect(pipeline.probe.calls(.load) == 1)
    }

    @Test func aPoolGoesDownToNoneLetsItsModelGoAndComesBack() async {
        let gate = Gate()
        let clock = ManualClock()
        let timer = ManualTimer()
        var pipeline = elastic(gate)
        pipeline.clock = clock
        pipeline.timer = timer
        let executor = pipeline.executor()
        let outcome = await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            #expect(await timer.request() == 30)
            clock.advance(seconds: 30)
            timer.fire()
            await pipeline.probe.sharedRelease()
            #expect(pipeline.probe.calls(.load) == 1)
            gate.open()
            return await group.next()
        }
        #expect(outcome?.end == .done)
        #expect(outcome?.scaling.map(\.to) == [1, 0, 1])
        #expect(outcome?.scaling.map(\.seconds) == [0, 30, 30])
        #expect(pipeline.probe.calls(.load) == 2)
        #expect(pipeline.probe.writtenIDs == Array(0..<20))
        #expect(outcome?.bytesHeldAtEnd == .zero)
        #expect(pipeline.probe.livingStates == 0)
        #expect(pipeline.probe.livingShared == 0)
        #expect(timer.isCancelled)
    }

    @Test func theMachinesTimerGivesUpAWorkerToo() async {
        let gate = Gate()
        var pipeline = elastic(gate)
        pipeline.idleSeconds = 0.001
        pipeline.clock = MonotonicClock()
        pipeline.timer = DispatchRunTimer()
        let executor = pipeline.executor()
        let outcome = await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            await pipeline.probe.sharedRelease()
            gate.open()
            return await group.next()
        }
        #expect(outcome?.end == .done)
        #expect(outcome?.scaling.map(\.to).prefix(2) == [1, 0])
        #expect(pipeline.probe.writtenIDs == Array(0..<20))
        #expect(outcome?.bytesHeldAtEnd == .zero)
    }

    @Test func cancellingARunWhosePoolHasNoWorkerEndsIt() async {
        let gate = Gate()
        let timer = ManualTimer()
        let clock = ManualClock()
        var pipeline = elastic(gate)
        pipeline.clock = clock
        pipeline.timer = timer
        let executor = pipeline.executor()
        let outcome = await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            await gate.arrival()
            _ = await timer.request()
            clock.advance(seconds: 30)
            timer.fire()
            await pipeline.probe.sharedRelease()
            group.cancelAll()
            gate.open()
            return await group.next()
        }
        #expect(outcome?.end == .cancelled)
        #expect(pipeline.probe.writtenIDs == Array(0..<10))
        #expect(outcome?.unfinishedRows == 10)
        #expect(outcome?.bytesHeldAtEnd == .zero)
    }

    @Test func aTimerThatIsLeftDoesNotKeepTheRun() async {
        let timer = KeepingTimer()
        let (life, end) = AsyncStream<Void>.makeStream()
        await runWithTimer(timer, Token { end.finish() })
        #expect(timer.action.withLock { $0 } != nil)
        // Returns when the executor has gone, and with it its stages and the token.
        for await _ in life {}
        timer.action.withLock { $0 }?()
    }

    private func runWithTimer(_ timer: KeepingTimer, _ token: Token) async {
        let gate = Gate()
        var pipeline = elastic(gate)
        pipeline.timer = timer
        pipeline.fate = { _ in
            _ = token
            return .rows(1)
        }
        let executor = pipeline.executor()
        await withTaskGroup(of: RunOutcome.self) { group in
            group.addTask { await executor.run() }
            _ = await timer.manual.request()
            gate.open()
            #expect(await group.next()?.end == .done)
        }
    }

    @Test func aWorkerThatNeedsMoreThanTheMemoryIsAnErrorThatSaysSo() async {
        var pipeline = FakePipeline()
        pipeline.memoryPerWorker = .gibibytes(1)
        let outcome = await pipeline.run()
        expectClean(outcome, pipeline.probe)
        guard case .failed(let error) = outcome.end else {
            Issue.record("the run ended \(outcome.end)")
            return
        }
        #expect(error.code == .tooLarge)
        #expect(error.message.hasPrefix("one worker of rows needs 1 GiB"))
    }

    /// Two blocks of ten rows, the second of which waits at the gate.
    private func elastic(_ gate: Gate?) -> FakePipeline {
        var pipeline = FakePipeline(gate.map { Probe([.sourceNext: (1, .hold($0))]) } ?? Probe())
        pipeline.rowCount = 20
        pipeline.blockRows = 10
        pipeline.workers = 1
        pipeline.minWorkers = 0
        pipeline.batch = .wholeBlock
        return pipeline
    }
}

/// Never fires by itself, and keeps what it was given.
private final class KeepingTimer: RunTimer {
    let action = Mutex<(@Sendable () -> Void)?>(nil)
    /// Tells when something is asked for.
    let manual = ManualTimer()

    func schedule(after seconds: Double, _ action: @escaping @Sendable () -> Void) {
        self.action.withLock { $0 = action }
        manual.schedule(after: seconds) {}
    }

    func cancel() {}
}

/// Tells of its end.
private final class Token: Sendable {
    private let onEnd: @Sendable () -> Void

    init(onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }

    deinit { onEnd() }
}
