import Penstock
import Synchronization
import Testing

/// Passes rows on after a fixed amount of arithmetic for each batch.
private struct Digging: BatchTransform {
    let name: String
    let rounds: Int

    func makeState(_ shared: Void, _ context: StageContext) throws(StageError) -> UInt64 { 1 }

    func apply(_ batch: Batch, _ state: inout UInt64) throws(StageError) -> TransformOutput {
        for _ in 0..<rounds { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
        return TransformOutput([batch.block])
    }

    func outputBytes(for block: Block) -> Bytes { block.byteCount }
}

@Suite("A slow stage of the user's own")
struct SlowStageTests {
    private func run(_ rounds: KeyValuePairs<String, Int>) async throws -> RunReport {
        var dataset = Dataset.range(400, overrideBlockCount: 100)
        for (name, count) in rounds {
            dataset = dataset.mapBatches(Digging(name: name, rounds: count), batchSize: .wholeBlock)
        }
        return try await dataset.stats()
    }

    @Test(
        "The verdict names it, wherever it stands, and says what comes next",
        arguments: [["slow", "quick"], ["quick", "slow"]]
    )
    func isNamed(names: [String]) async throws {
        let rounds = ["slow": 2_000_000, "quick": 200_000]
        let report = try await run([names[0]: rounds[names[0]] ?? 0, names[1]: rounds[names[1]] ?? 0])
        let verdict = report.verdict
        #expect(verdict.limitingStage == "slow", "\(verdict.text)")
        #expect(verdict.nextStage == "quick")
        #expect(verdict.nextImagesPerSecond > verdict.potentialImagesPerSecond)
        #expect(verdict.evidence.contains { $0.hasPrefix("a task of slow took ") })
    }

    @Test("While it runs, looks at the run name it too")
    func isNamedLive() async throws {
        let seen = Mutex<[String]>([])
        let monitor = RunMonitor()
        var options = RunOptions()
        options.monitor = monitor
        let dataset = Dataset.range(400, overrideBlockCount: 100)
            .mapBatches(Digging(name: "slow", rounds: 2_000_000), batchSize: .wholeBlock)
            .mapBatches("look", batchSize: .wholeBlock) { batch in
                if let now = monitor.snapshot() {
                    seen.withLock { $0.append(now.verdict(since: RunSnapshot()).limitingStage) }
                }
                return batch.block
            }
        _ = try await dataset.materialize(options: options)
        #expect(seen.withLock { $0 }.last == "slow")
    }
}
