import PenstockAdvisor
import PenstockCore
import PenstockPlan

/// The tour of the classic mistakes: all of them together, fixed one by one, and each of them alone.
///
/// Nothing here knows how a step is run; every figure comes from a measurement that the runner gives.
package struct Tour: Sendable {
    /// How much is measured.
    package struct Extent: Sendable, Equatable {
        /// Images of a run, at most.
        package var images: Int
        /// Images of the good pipeline's runs for the comparison with the bad one: so many that its start weighs little.
        package var longImages: Int
        /// Pairs for each mistake.
        package var rounds: Int
        /// Rounds of the waterfall; fewer than three tell no interval.
        package var fixRounds: Int
        /// Seconds that a run of a slow pipeline should take: it gets as many images as it can do in them.
        package var secondsPerRun: Double

        /// Less of everything gives wider intervals.
        package init(images: Int, longImages: Int, rounds: Int, fixRounds: Int, secondsPerRun: Double) {
            self.images = images
            self.longImages = longImages
            self.rounds = rounds
            self.fixRounds = fixRounds
            self.secondsPerRun = secondsPerRun
        }
    }

    /// What the tour is doing, for people who wait.
    package typealias Progress = @Sendable (String) -> Void

    private let runner: any TourRunner
    private let extent: Extent
    private let progress: Progress
    /// The fewest images of a run, as far as there are as many.
    private static let fewestImages = 16

    /// A tour whose steps `runner` runs.
    package init(_ runner: any TourRunner, extent: Extent, progress: @escaping Progress) {
        self.runner = runner
        self.extent = extent
        self.progress = progress
    }

    /// Measures everything; plan, setup and refusals are the caller's to add.
    ///
    /// - Throws: what a step threw.
    package func run() async throws -> TourResults {
        var results = TourResults()
        progress("warming up: files, compiled model, and whether the fast precision agrees with f32")
        let warm = try await runner.run(TourStep([], shape: .builtIn, images: extent.images))
        let precision = warm.model.flatMap { Precision(rawValue: $0.precision) } ?? .f32
        results.setup.precision = Self.text(warm.model)
        results.setup.modelHash = warm.model?.hash ?? ""
        results.setup.versions = warm.versions
        results.setup.images = extent.images
        results.setup.longImages = extent.longImages
        results.setup.rounds = extent.rounds
        results.setup.fixRounds = extent.fixRounds
        try await measureFixes(&results, precision)
        try await measureGood(&results, precision)
        try await measureAlone(&results, precision)
        return results
    }

    private static func text(_ model: ModelReport?) -> String {
        guard let model else { return "" }
        guard let share = model.agreement, let images = model.agreementImages else { return model.precision }
        let faster = model.fastestPrecision ?? "what is faster"
        let other = model.precision == "f32" ? "as \(faster) agrees with it" : "which agrees with f32"
        return "\(model.precision), \(other) on \(Int((share * 100).rounded())) % of \(images) images"
    }

    /// A step with as many images as it can do in the time of a run: from one or two short runs, which do not count.
    private func sized(_ step: TourStep) async throws -> TourStep {
        var step = step
        step.images = min(Self.fewestImages, extent.images)
        for _ in 0..<2 {
            let wanted = images(at: try await runner.run(step).rate)
            // In a short run starting weighs much, so that a longer one tells better.
            let isLonger = wanted > step.images * 3 / 2
            step.images = wanted
            if !isLonger { break }
        }
        return step
    }

    /// Images for a run at this rate.
    private func images(at rate: Double) -> Int {
        let wanted = Int(min(rate * extent.secondsPerRun, Double(extent.images)))
        return min(extent.images, max(wanted, Self.fewestImages))
    }
}

// MARK: - Fixes one at a time

extension Tour {
    /// The order in which mistakes are fixed: the document's, as far as it has one.
    package static let fixes: [(title: String, mistakes: [Mistake])] = [
        ("Blocks of a few batches", [.noBlockSizing]),
        ("Model loaded once", [.modelLoadedInCall]),
        ("Fastest precision that agrees with f32", [.acceleratorUnused]),
        ("Decoder and request kept by each worker", [.nothingKept, .transformRebuilt]),
        ("Decoding straight into the batch", [.imagesOneByOne, .imageConversions]),
        ("One forward pass per batch", [.passPerImage]),
        ("Workers and queues as the machine allows", [.eightWorkers, .noLimits]),
        ("Batches as measuring finds them", [.batchOfTwo]),
        ("Nothing but the answer in each row, no logging", [.timePerRow, .loggingInHotPath]),
        ("Errors to quarantine", [.errorsSwallowed]),
        ("Written while computed", [.collectsEverything]),
        ("Parquet", [.jsonOutput]),
    ]

    /// A step before a fix and the one with it, measured in turns.
    private struct Fixed {
        var before: [TourMeasurement] = []
        var after: [TourMeasurement] = []
    }

    private func measureFixes(_ results: inout TourResults, _ precision: Precision) async throws {
        var steps = Self.waterfall(precision, images: Self.fewestImages)
        for index in steps.indices {
            progress("fixes: how many images, \(index + 1) of \(steps.count)")
            steps[index] = try await sized(steps[index])
        }
        var pairs = Array(repeating: Fixed(), count: Self.fixes.count + 1)
        for round in 0..<extent.fixRounds {
            for index in pairs.indices {
                progress("fixes: round \(round + 1) of \(extent.fixRounds), \(index + 1) of \(pairs.count)")
                let both = try await runner.run(inTurns: [steps[index], steps[index + 1]])
                pairs[index].before.append(both[0])
                pairs[index].after.append(both[1])
            }
        }
        results.bad = Self.middle(pairs[0].before)
        results.fixes = Self.judged(pairs)
    }

    /// From all mistakes to none.
    static func waterfall(_ precision: Precision, images: Int) -> [TourStep] {
        var left = Set(Mistake.allCases)
        var steps = [TourStep(left, shape: .fused, images: images, precision: precision)]
        for fix in fixes {
            left.subtract(fix.mistakes)
            steps.append(TourStep(left, shape: .fused, images: images, precision: precision))
        }
        steps.append(TourStep([], shape: .builtIn, images: images, precision: precision))
        return steps
    }

    private static func judged(_ pairs: [Fixed]) -> [TourFix] {
        let titles = fixes.map { ($0.title, $0.mistakes) } + [("Decoding and model in stages of their own", [])]
        var first = TourFix()
        first.title = "All mistakes together"
        first.rate = median(pairs[0].before, \.rate)
        first.images = pairs[0].before.last?.images ?? 0
        var all = [first]
        for (pair, (title, mistakes)) in zip(pairs, titles) {
            var comparison = PairedComparison()
            for (before, after) in zip(pair.before, pair.after) {
                comparison.add(before: before.rate, after: after.rate)
            }
            var fix = TourFix()
            (fix.title, fix.fixed) = (title, mistakes)
            fix.gain = comparison.ratio
            // What neighbours differ by is known far better than what steps do that were measured minutes apart.
            fix.rate = all[all.count - 1].rate * comparison.ratio
            fix.images = pair.after.last?.images ?? 0
            fix.isCertain = TourRatio(comparison).isCertain
            all.append(fix)
        }
        return all
    }

    private func measureGood(_ results: inout TourResults, _ precision: Precision) async throws {
        var runs: [TourMeasurement] = []
        for round in 0..<extent.fixRounds {
            progress("the good pipeline over \(extent.longImages) images: round \(round + 1) of \(extent.fixRounds)")
            let step = TourStep([], shape: .builtIn, images: extent.longImages, precision: precision)
            runs.append(try await runner.run(step))
        }
        results.good = Self.middle(runs)
        results.badAnswers = TourAnswers(results.bad, good: results.good)
    }

    /// The run whose rate is in the middle.
    private static func middle(_ runs: [TourMeasurement]) -> TourMeasurement {
        let sorted = runs.sorted { $0.rate < $1.rate }
        return sorted.isEmpty ? TourMeasurement() : sorted[sorted.count / 2]
    }
}

// MARK: - Each mistake alone

extension Tour {
    /// A mistake, or several, that are measured against the good pipeline.
    private struct Candidate {
        var entry: TourMistake
        var step: TourStep
        var runs: [TourMeasurement] = []
        var goods: [TourMeasurement] = []
    }

    private func measureAlone(_ results: inout TourResults, _ precision: Precision) async throws {
        var candidates = Self.candidates(precision, images: extent.images)
        let good = try await sized(TourStep([], shape: .builtIn, images: extent.images, precision: precision))
        for index in candidates.indices {
            progress("alone: how many images, \(index + 1) of \(candidates.count)")
            candidates[index].step = try await sized(candidates[index].step)
        }
        for round in 0..<extent.rounds {
            // The other way round every second time, so that no mistake always follows the same neighbour.
            let order = round % 2 == 0 ? Array(candidates.indices) : candidates.indices.reversed()
            for (place, index) in order.enumerated() {
                let title = candidates[index].entry.title
                progress("alone: round \(round + 1) of \(extent.rounds), \(place + 1) of \(order.count): \(title)")
                let both = try await runner.run(inTurns: [good, candidates[index].step])
                candidates[index].goods.append(both[0])
                candidates[index].runs.append(both[1])
            }
        }
        let middle = Self.middle(candidates.flatMap(\.goods))
        results.alone = candidates.map { Self.measured($0, good: middle) }.sorted { $0.place < $1.place }
    }

    /// The control, each mistake, and the configuration as a whole.
    private static func candidates(_ precision: Precision, images: Int) -> [Candidate] {
        var control = TourMistake()
        control.title = "Control: no mistake, in stages of a user's"
        control.here =
            "decoder and model wrapped as stages through the public protocol, doing what the built-in ones do"
        var all = [Candidate(entry: control, step: TourStep([], shape: .wrapped, images: images, precision: precision))]
        for mistake in Mistake.allCases {
            var entry = TourMistake()
            entry.mistakes = [mistake]
            entry.number = mistake.number
            entry.ids = mistake.ids
            entry.title = mistake.title
            entry.claim = mistake.claim
            entry.here = mistake.here
            let shape = MistakenPipeline.shape(for: mistake)
            all.append(
                Candidate(entry: entry, step: TourStep([mistake], shape: shape, images: images, precision: precision))
            )
        }
        var configuration = TourMistake()
        configuration.mistakes = [.acceleratorUnused, .batchOfTwo, .eightWorkers, .noLimits]
        configuration.number = 12
        configuration.ids = ["S74"]
        configuration.title = "The configuration as a whole"
        configuration.claim = "terrible resource configuration"
        configuration.here = "f32, batches of two, eight workers and no limits at once"
        let step = TourStep(Set(configuration.mistakes), shape: .builtIn, images: images, precision: precision)
        all.append(Candidate(entry: configuration, step: step))
        return all
    }

    private static func measured(_ candidate: Candidate, good: TourMeasurement) -> TourMistake {
        var entry = candidate.entry
        var (time, memory, cpu) = (PairedComparison(), PairedComparison(), PairedComparison())
        for (run, good) in zip(candidate.runs, candidate.goods) {
            // Seconds for an image, so that the ratio says how many times as long it takes.
            time.add(before: 1 / max(good.rate, 1e-9), after: 1 / max(run.rate, 1e-9))
            memory.add(before: Double(good.peakBytes), after: Double(run.peakBytes))
            cpu.add(before: good.cpuSecondsPerImage, after: run.cpuSecondsPerImage)
        }
        entry.time = TourRatio(time)
        entry.memory = TourRatio(memory)
        entry.cpu = TourRatio(cpu)
        entry.pairs = candidate.runs.count
        entry.images = candidate.runs.last?.images ?? 0
        entry.rate = median(candidate.runs, \.rate)
        entry.goodRate = median(candidate.goods, \.rate)
        entry.peakBytes = Int(median(candidate.runs) { Double($0.peakBytes) })
        entry.starvedBefore = median(candidate.goods, \.starvedShare)
        entry.starvedAfter = median(candidate.runs, \.starvedShare)
        let bytes = median(candidate.runs) { $0.bytesPerImage }
        entry.outputRatio = good.bytesPerImage > 0 ? bytes / good.bytesPerImage : 1
        if let last = candidate.runs.last { entry.answers = TourAnswers(last, good: good) }
        return entry
    }

    private static func median(_ runs: [TourMeasurement], _ value: (TourMeasurement) -> Double) -> Double {
        Statistics.median(runs.map(value)) ?? 0
    }
}

extension TourMistake {
    /// The document's order: the control first, what it does not number after mistake 8, where it stands.
    fileprivate var place: Double { mistakes.isEmpty ? 0 : number.map(Double.init) ?? 8.5 }
}

extension TourMeasurement {
    fileprivate var bytesPerImage: Double { images > 0 ? Double(outputBytes) / Double(images) : 0 }
}
