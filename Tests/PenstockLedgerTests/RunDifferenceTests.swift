import PenstockCore
import Testing

@testable import PenstockLedger

@Suite("Difference of two runs")
struct RunDifferenceTests {
    private let noise = JobNoise(batchesOf: [])

    private func headline(_ first: RunReport, _ second: RunReport) -> String {
        RunDifference(first, second, noise: noise).headline
    }

    @Test("The first line says how much, which stage, and which settings")
    func slowerStage() {
        let second = report(rate: 87, decode: 1.3, settings: ["batch-size": "4", "precision": "bf16", "resize": "512"])
        let text = headline(report(), second)
        #expect(
            text.hasPrefix(
                "B is 15 % slower: decode takes 1.30 ms instead of 0.90 ms per image. Settings that differ: resize 512 instead of –."
            ),
            "\(text)"
        )
        #expect(text.contains("± 9.8 %"), "\(text)")
    }

    @Test("Faster is told by the rate")
    func faster() {
        let text = headline(report(rate: 50, model: 18), report(rate: 100))
        #expect(
            text.hasPrefix("B is 100 % faster: model takes 9.00 ms instead of 18.0 ms per image. No setting differs."),
            "\(text)"
        )
    }

    @Test("What lies inside the noise is no difference, and where the noise is from is said")
    func insideNoise() {
        let text = headline(report(), report(rate: 98))
        #expect(text.hasPrefix("B is as fast as A: 2.0 % slower lies inside ± 8.7 % (noise of 3.0 %"), "\(text)")
        #expect(text.contains("from the spread of the batches"))
    }

    @Test("When all stages slow down alike and no setting differs, it is the machine")
    func machine() {
        let slow = report(rate: 80, decode: 0.9 * 1.25, model: 9 * 1.24)
        #expect(headline(report(), slow).contains("every stage takes 24 % to 25 % longer and no setting differs"))
        let changed = report(rate: 80, decode: 0.9 * 1.25, model: 9 * 1.24, settings: ["batch-size": "1"])
        #expect(!headline(report(), changed).contains("every stage"))
        #expect(headline(report(), changed).contains("model takes 11.2 ms instead of 9.00 ms"))
    }

    @Test("Waiting shows through work that is disturbed; of work that certainly changed the stages are named")
    func waiting() throws {
        let earlier = (0..<8).map {
            RunTime(milliseconds: 5.9 * (1 + 0.1 * Double($0 % 4)), coresUsed: 1.9 + 0.01 * Double($0 % 2))
        }
        let noise = JobNoise(groups: [earlier], else: noise)
        func run(_ rate: Double, cores: Double, settings: [String: String] = ["batch-size": "4"]) -> RunReport {
            var run = report(rate: rate, settings: settings)
            run.cpuSeconds = cores * run.wallSeconds
            return run
        }
        let first = run(150, cores: 1.9)
        let slowed = RunDifference(first, run(140, cores: 1.65), noise: noise).headline
        #expect(
            slowed.hasPrefix("B is 15 % slower: it kept 1.65 instead of 1.90 cores busy, so it waited more"),
            "\(slowed)"
        )
        #expect(slowed.contains("The CPU time of an image, 7.0 % less, lies inside ±"), "\(slowed)")
        let alike = RunDifference(first, run(130, cores: 1.9), noise: noise).headline
        #expect(alike.hasPrefix("B is as fast as A: 15 % slower lies inside ±"), "\(alike)")
        let more = RunDifference(first, run(60, cores: 1.9), noise: noise).headline
        #expect(more.hasPrefix("B is 150 % slower") && !more.contains("cores busy"), "\(more)")
        let other = run(140, cores: 1.65, settings: ["batch-size": "8"])
        let changed = RunDifference(first, other, noise: noise).headline
        #expect(changed.hasPrefix("B is as fast as A: 7.1 % slower lies inside ±"), "\(changed)")
    }

    @Test("Loading is named where it makes the difference, and stages that only one run has")
    func loadingAndNewStages() {
        var second = report(rate: 60)
        second.stages[3].startingSeconds = 10
        second.stages.append(stage("resume", 3))
        let text = headline(report(), second)
        #expect(text.contains("loading takes 5.0 s instead of 0.0 s"), "\(text)")
        #expect(text.contains("only B has resume, 3.00 ms per image"), "\(text)")
        #expect(
            RunDifference(report(), second, noise: noise).stages.map(\.name) == [
                "list", "read", "decode", "model", "resume",
            ]
        )
    }

    @Test("Runs without rows have no rate to compare")
    func noRows() {
        #expect(headline(report(), report(rate: 0)).hasPrefix("No rates to compare"))
        #expect(RunDifference(report(), RunReport(), noise: noise).slowdown == nil)
    }

    @Test("Facts list what is not equal: outcome, rows, model, machine and versions")
    func facts() {
        #expect(RunDifference(report(), report(rate: 5), noise: noise).facts.isEmpty)
        var second = report()
        second.outcome = .interrupted
        second.rowsRead = 7
        second.model?.precision = "f32"
        second.machine = nil
        second.versions = ["penstock": "2", "arrow": "9"]
        let names = RunDifference(report(), second, noise: noise).facts.map(\.name)
        #expect(names == ["outcome", "rows read", "computes in", "machine", "arrow", "openvino", "penstock"])
    }
}
