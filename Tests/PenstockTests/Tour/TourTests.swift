import Penstock
import Synchronization
import Testing

@testable import PenstockCLI

/// Answers each step with a rate that its mistakes determine, and remembers what was asked.
private final class ScriptedRunner: TourRunner {
    let steps = Mutex<[[TourStep]]>([])

    func run(inTurns together: [TourStep]) async throws -> [TourMeasurement] {
        let round = steps.withLock { steps in
            steps.append(together)
            return steps.count
        }
        return together.enumerated().map { place, step in
            Self.measurement(of: step, jitter: Double((round + place) % 3) * 0.001)
        }
    }

    static func measurement(of step: TourStep, jitter: Double = 0) -> TourMeasurement {
        var result = TourMeasurement()
        result.images = step.images
        var seconds = 0.01 * (1 + jitter)
        if step.mistakes.contains(.modelLoadedInCall) { seconds *= 20 }
        if step.mistakes.contains(.passPerImage) { seconds *= 2 }
        result.seconds = seconds * Double(step.images)
        result.cpuSeconds = result.seconds
        result.peakBytes = step.mistakes.contains(.noLimits) ? 3_000_000 : 1_000_000
        var model = ModelReport()
        model.precision = "bf16"
        result.model = model
        result.predictions = ["a.jpg": TourPrediction(predicted: 3, confidence: 0.5)]
        return result
    }
}

@Suite("Tour")
struct TourTests {
    private static func results(rounds: Int = 3) async throws -> (TourResults, [[TourStep]]) {
        let runner = ScriptedRunner()
        let extent = Tour.Extent(images: 400, longImages: 900, rounds: rounds, fixRounds: rounds, secondsPerRun: 2)
        let results = try await Tour(runner, extent: extent) { _ in }.run()
        return (results, runner.steps.withLock { $0 })
    }

    @Test("each mistake is judged against good runs beside it: what costs is told, what does not is noise")
    func judgement() async throws {
        let (results, _) = try await Self.results()
        let byMistake = Dictionary(results.alone.map { ($0.mistakes, $0) }) { first, _ in first }
        let loaded = try #require(byMistake[[.modelLoadedInCall]])
        #expect(abs(loaded.time.value - 20) < 0.1 && loaded.time.isCertain)
        #expect(loaded.images == 16)
        let json = try #require(byMistake[[.jsonOutput]])
        #expect(!json.time.isCertain)
        #expect(TourWords.effect(json.time) == "inside the noise")
        #expect((195...200).contains(json.images))
        let limits = try #require(byMistake[[.noLimits]])
        #expect(limits.memory.isCertain && abs(limits.memory.value - 3) < 0.01)
        #expect(!limits.time.isCertain)
        #expect(abs(results.speedup - 40) < 0.5)
    }

    @Test("too few pairs claim nothing")
    func fewPairs() async throws {
        let (results, _) = try await Self.results(rounds: 1)
        #expect(results.alone.allSatisfy { !$0.time.isCertain && $0.time.low == nil && $0.time.high == nil })
        #expect(results.fixes.allSatisfy { !$0.isCertain })
        #expect(TourWords.ratio(results.alone[0].time).hasSuffix("(too few pairs)"))
    }

    @Test("the waterfall goes from all mistakes to none, and a mistake that is fixed stays fixed")
    func waterfall() async throws {
        let (results, steps) = try await Self.results()
        let first = steps.filter { $0.count == 2 }.prefix(results.fixes.count - 1)
        #expect(first.first?.first?.mistakes == Set(Mistake.allCases))
        #expect(first.last?.last?.mistakes == [] && first.last?.last?.shape == .builtIn)
        for pair in first { #expect(pair.count == 2 && pair[1].mistakes.isSubset(of: pair[0].mistakes)) }
        // Each step is measured beside the one before it.
        for (pair, next) in zip(first, first.dropFirst()) { #expect(pair[1].mistakes == next[0].mistakes) }
        #expect(results.fixes.flatMap(\.fixed).count == Mistake.allCases.count)
        let model = try #require(results.fixes.first { $0.fixed == [.modelLoadedInCall] })
        #expect(model.isCertain && abs(model.gain - 20) < 0.2)
    }

    @Test("rates of the waterfall follow from the gains: the machine may be faster when the last step is measured")
    func chained() async throws {
        let (results, _) = try await Self.results()
        #expect(abs(results.fixes[0].rate - 2.5) < 0.01)
        for (before, fix) in zip(results.fixes, results.fixes.dropFirst()) {
            #expect(abs(fix.rate - before.rate * fix.gain) < 1e-9)
        }
    }

    @Test("every mistaken run takes turns with a good one")
    func turns() async throws {
        let (results, steps) = try await Self.results()
        let alone = steps.filter { $0.count == 2 }.dropFirst((results.fixes.count - 1) * 3)
        #expect(alone.count == results.alone.count * 3)
        for pair in alone {
            #expect(pair.count == 2 && pair[0].mistakes.isEmpty && pair[0].shape == .builtIn)
            #expect(!pair[1].mistakes.isEmpty || pair[1].shape == .wrapped)
        }
    }

    @Test("the page escapes what it shows and needs nothing from elsewhere")
    func page() async throws {
        var (results, _) = try await Self.results()
        results.setup.model = "<script>alert(1)</script>&\"'.onnx"
        results.setup.data = "images of </style><img onerror=x>"
        results.plan = "<b>plan</b>"
        results.refusals = [
            TourRefusal(11, ["S73"], title: "<i>", attempt: "a && b", message: "the column \"<x>\" is missing")
        ]
        let html = TourPage(results).html()
        for piece in ["<script", "<img", "<link", "<i>", "<b>plan", "src=", "href=", "http", "url(", "@import", "<x>"] {
            #expect(!html.contains(piece), "\(piece)")
        }
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;.onnx"))
        #expect(html.contains("a &amp;&amp; b"))
        #expect(html.contains("prefers-color-scheme: dark") && html.contains("@media print"))
        #expect(!html.contains("NaN") && !html.contains("inf%"))
        let opened = html.components(of: "<div").count
        #expect(opened == html.components(of: "</div>").count)
    }

    @Test("the page names the largest fix, and no step that made it slower")
    func largestFix() async throws {
        var (results, _) = try await Self.results()
        for index in results.fixes.indices {
            results.fixes[index].gain = 0.7
            results.fixes[index].isCertain = true
        }
        #expect(!TourPage(results).html().contains("The largest single fix"))
        results.fixes[0].gain = 2
        #expect(TourPage(results).html().contains("The largest single fix"))
    }

    @Test("the terminal's report has all four phases and every mistake")
    func terminal() async throws {
        let (results, _) = try await Self.results()
        let text = TourText(results).lines().joined(separator: "\n")
        for phase in 1...4 { #expect(text.contains("Phase \(phase):")) }
        for mistake in Mistake.allCases { #expect(text.contains(mistake.title)) }
        #expect(text.contains("50,000 images"))
    }

    @Test("results that were written can be shown again")
    func rereading() async throws {
        let (results, _) = try await Self.results()
        let folder = try TemporaryFolder()
        let again = try TourResults(contentsOf: folder.file("tour.json", text: try results.json()))
        #expect(try again.json() == results.json())
        #expect(TourText(again).lines() == TourText(results).lines())
        #expect(TourPage(again).html() == TourPage(results).html())
        #expect(throws: PlanError.self) { try TourResults(contentsOf: folder.file("other.json", text: "{}")) }
        #expect(throws: PlanError.self) { try TourResults(contentsOf: folder("missing.json")) }
    }

    @Test(
        "a scale has its values inside and marks them with 1, 2 and 5",
        arguments: [[0.9, 105.0], [47.0, 51.0], [1.0, 1.0], [0.003, 2000]]
    )
    func scale(values: [Double]) {
        let scale = TourScale(values)
        for value in values { #expect((0...1).contains(scale.position(value))) }
        #expect(scale.low <= values[0] && scale.high >= values[1] && scale.low < scale.high)
        #expect((2...8).contains(scale.spacedTicks.count))
    }
}

extension String {
    fileprivate func components(of part: String) -> [Range<String.Index>] { ranges(of: part) }
}
