import Penstock

/// How figures of the tour are said, on the terminal and in the report.
enum TourWords {
    /// Images of the document's workload, for projections.
    static let projectedImages = 50_000

    /// `105×`, `1.04×`.
    static func times(_ ratio: Double) -> String {
        switch abs(ratio) {
        case 100...: "\(Format.count(Int(ratio.rounded())))×"
        case 10...: "\(Format.decimal(ratio, 1))×"
        default: "\(Format.decimal(ratio, 2))×"
        }
    }

    /// The headline's number: no more digits than it is worth.
    static func headline(_ ratio: Double) -> String {
        ratio >= 10 ? "\(Format.count(Int(ratio.rounded())))×" : "\(Format.decimal(ratio, 1))×"
    }

    /// `mistakes 6 and 7`.
    static func numbers(_ mistakes: [Mistake]) -> String {
        let numbers = mistakes.map { number($0.number, $0.ids) }
        if numbers.isEmpty { return "" }
        return "mistake\(numbers.count == 1 ? "" : "s") \(numbers.joined(separator: " and "))"
    }

    /// `1.23× (1.19 to 1.27)`, or that nothing can be said.
    static func ratio(_ ratio: TourRatio) -> String {
        guard let low = ratio.low, let high = ratio.high else { return "\(times(ratio.value)) (too few pairs)" }
        return "\(times(ratio.value)) (\(times(low).dropLast()) to \(times(high).dropLast()))"
    }

    /// What a mistake costs in time, in words.
    static func effect(_ ratio: TourRatio) -> String {
        if ratio.low == nil { return "too few pairs to tell" }
        if !ratio.isCertain { return "inside the noise" }
        return ratio.value > 1 ? "slower" : "faster"
    }

    /// What a mistake does to answers.
    static func answers(_ answers: TourAnswers) -> String {
        var parts: [String] = []
        if answers.sentinels > 0 {
            parts.append("\(answers.sentinels) false row\(answers.sentinels == 1 ? "" : "s") (class -1)")
        }
        if answers.different > 0 {
            parts.append("\(answers.different) of \(answers.compared) classes differ")
        } else if answers.largestDifference >= 1e-6 {
            parts.append("same classes, confidence off by up to \(Format.decimal(answers.largestDifference, 4))")
        }
        return parts.isEmpty ? "the same" : parts.joined(separator: "; ")
    }

    /// Projected time for the document's workload.
    static func projection(_ measurement: TourMeasurement) -> String {
        guard measurement.rate > 0 else { return "–" }
        return Format.duration(Double(projectedImages) / measurement.rate)
    }

    /// Milliseconds or seconds of one image.
    static func perImage(_ seconds: Double) -> String {
        seconds >= 1 ? "\(Format.decimal(seconds, 2)) s" : "\(Format.decimal(seconds * 1000, seconds < 0.1 ? 1 : 0)) ms"
    }

    /// CPU cores that were busy on average, as a share of all.
    static func cpuUse(_ measurement: TourMeasurement, cores: Int) -> String {
        guard measurement.seconds > 0, cores > 0 else { return "–" }
        return Format.percent(measurement.cpuSeconds / measurement.seconds / Double(cores), places: 0)
    }

    /// How often the waterfall was measured.
    static func rounds(_ count: Int) -> String {
        count == 1 ? "one round, so that nothing can be said about noise" : "the median of \(count) rounds"
    }

    /// What a fix brought; empty for the first step.
    static func gain(_ fix: TourFix, isFirst: Bool, rounds: Int) -> String {
        if isFirst { return "" }
        return fix.isCertain || rounds < 3 ? times(fix.gain) : "inside the noise"
    }

    /// `0.30 ms`.
    static func planTime(_ seconds: Double) -> String { "\(Format.decimal(seconds * 1000, 2)) ms" }

    /// Number of a mistake in the document, or the id of the one that has none.
    static func number(_ number: Int?, _ ids: [String]) -> String { number.map { "\($0)" } ?? ids.first ?? "" }

    /// Machine and software in one line each.
    static func setup(_ setup: TourSetup) -> [(name: String, value: String)] {
        let versions = setup.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return [
            ("Machine", "\(setup.processor), \(setup.cores) cores, \(Bytes(setup.memory)), \(setup.system)"),
            ("Model", setup.model + (setup.modelHash.isEmpty ? "" : ", SHA-256 \(setup.modelHash.prefix(12))…")),
            ("Arithmetic", setup.precision),
            (
                "Images",
                "\(Format.count(setup.longImages)) in phases 1 and 4, at most \(Format.count(setup.images)) of them elsewhere; \(setup.data)"
            ),
            (
                "Repeats",
                "\(setup.rounds) pair\(setup.rounds == 1 ? "" : "s") of runs for each mistake, in processes of their own that take turns"
            ),
            ("Software", versions.joined(separator: ", ")), ("Measured", setup.date), ("Command", setup.command),
        ]
    }

    /// The two pipelines side by side: name, bad, good.
    static func comparison(_ results: TourResults) -> [(name: String, bad: String, good: String)] {
        let (bad, good) = (results.bad, results.good)
        let cores = results.setup.cores
        func row(_ name: String, _ value: (TourMeasurement) -> String) -> (name: String, bad: String, good: String) {
            (name, value(bad), value(good))
        }
        return [
            row("Images per second") { Format.decimal($0.rate, $0.rate < 10 ? 2 : 1) },
            row("Time of one image") { perImage($0.rate > 0 ? 1 / $0.rate : 0) },
            row("CPU time of one image") { perImage($0.cpuSecondsPerImage) },
            row("Cores in use") { cpuUse($0, cores: cores) },
            row("Peak memory") { "\(Bytes($0.peakBytes))" },
            row("Model waits for images") { Format.percent($0.starvedShare, places: 0) },
            row("Images of the run") { Format.count($0.images) },
            row("Bad images quarantined") { "\($0.quarantined)" },
            ("Answers", answers(results.badAnswers), "the reference"),
            ("Projected: \(Format.count(projectedImages)) images", projection(bad), projection(good)),
        ]
    }
}
