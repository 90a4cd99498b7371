import PenstockCore

/// Whether runs are slower than a baseline by more than is allowed, and how sure that is.
package struct SlowdownCheck: Sendable {
    /// What came out.
    package enum Outcome: Sendable, Equatable {
        /// Not slower than allowed.
        case fine
        /// Slower than allowed, and that is not the noise.
        case slower
        /// The noise is too large to say.
        case undecided
    }

    private let baseline: [RunTime]
    private let runs: [RunTime]
    private let allowed: Double
    private let noise: JobNoise
    private let slowdown: Slowdown

    /// - `baseline`, `runs`: at least one each, else there is nothing to check.
    /// - `allowed`: share of the baseline's time.
    package init?(baseline: [RunTime], runs: [RunTime], allowed: Double, likeness: JobLikeness, noise: JobNoise) {
        guard let slowdown = Slowdown(from: baseline, to: runs, likeness: likeness, noise: noise) else { return nil }
        self.baseline = baseline
        self.runs = runs
        self.allowed = allowed
        self.noise = noise
        self.slowdown = slowdown
    }

    /// The judgement: slower when what is certain exceeds what is allowed, and surely half of that; fine when nothing exceeds
    /// it, and the whole surely not twice.
    package var outcome: Outcome {
        let certain = slowdown.certain ?? .unchanged
        if certain.share > allowed { return certain.interval.lowerBound > allowed / 2 ? .slower : .undecided }
        let measured = slowdown.measured
        return measured.share <= allowed && measured.interval.upperBound <= 2 * allowed ? .fine : .undecided
    }

    /// Whether more runs would say nothing else: it is fine, and not merely because more waiting is made up for by less work,
    /// which may be luck.
    package var isSettled: Bool {
        let waiting = slowdown.waiting.flatMap { $0.isCertain ? $0.share : nil } ?? 0
        return outcome == .fine && waiting <= allowed / 2
    }

    /// The judgement for people.
    package var text: String {
        let shown = outcome == .slower ? slowdown.certain ?? slowdown.measured : slowdown.measured
        let facts = "\(Words.change(shown, more: "slower", less: "less time")): \(times)\(parts)"
        switch outcome {
        case .fine: return "Fine: \(facts). Allowed: \(Words.percent(allowed)) slower."
        case .slower: return "Slower than allowed: \(facts). Allowed: \(Words.percent(allowed))."
        case .undecided:
            return
                "Cannot tell: \(facts). That is too uncertain to judge \(Words.percent(allowed)); compare more runs (--runs, --repeat, --patience)."
        }
    }

    private var times: String {
        "\(Words.milliseconds(Self.typical(runs))) per image (\(Self.count(runs))) against \(Words.milliseconds(Self.typical(baseline))) (\(Self.count(baseline)))"
    }

    /// Work and waiting, or where the noise is from.
    private var parts: String {
        let isOfFew = min(baseline.count, runs.count) < QuietTime.fewest
        guard let work = slowdown.work, let waiting = slowdown.waiting else {
            return isOfFew ? "; \(noise.time.text)" : ""
        }
        let parts =
            "CPU time per image \(Words.change(work)), cores kept busy \(Words.cores(baseline, runs)), waiting \(Words.change(waiting))"
        return "; \(parts)\(isOfFew ? "; \(noise.work.text)" : "")"
    }

    private static func typical(_ runs: [RunTime]) -> Double {
        let times = runs.map(\.milliseconds)
        return (runs.count < QuietTime.fewest ? Statistics.median(times) : QuietTime(times)?.milliseconds) ?? 0
    }

    private static func count(_ runs: [RunTime]) -> String {
        switch runs.count {
        case 1: "1 run"
        case 2: "median of 2 runs"
        default: "the quiet ones of \(runs.count) runs"
        }
    }
}
