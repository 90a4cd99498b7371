/// Whether runs are slower than a baseline by more than is allowed, and how sure that is.
package struct SlowdownCheck: Sendable {
    /// What came out.
    package enum Outcome: Sendable, Equatable {
        /// Not slower than allowed.
        case fine
        /// Slower than allowed, and that is not the noise.
        case slower
        /// The noise is larger than what is allowed.
        case undecided
    }

    private let baseline: [Double]
    private let runs: [Double]
    private let allowed: Double
    private let noise: Noise

    /// - `baseline`, `runs`: milliseconds per image of runs, at least one each.
    /// - `allowed`: share of the baseline's time.
    package init(baseline: [Double], runs: [Double], allowed: Double, noise: Noise) {
        self.baseline = baseline
        self.runs = runs
        self.allowed = allowed
        self.noise = noise
    }

    /// How much more time an image takes, as a share: 0.15 is 15 % slower.
    package var slowdown: Double {
        let before = Samples.median(baseline)
        return before > 0 ? Samples.median(runs) / before - 1 : 0
    }

    /// Half the width of an interval about `slowdown` that holds the true one in about 95 % of cases.
    package var halfWidth: Double { noise.halfWidth(baseline.count, runs.count) * (1 + max(slowdown, 0)) }

    /// The judgement.
    package var outcome: Outcome {
        if slowdown > allowed, slowdown > halfWidth { return .slower }
        return halfWidth > allowed || slowdown > allowed ? .undecided : .fine
    }

    /// The judgement for people.
    package var text: String {
        let change = slowdown < 0 ? "\(Words.percent(slowdown)) less time" : "\(Words.percent(slowdown)) slower"
        let interval = "\(change) ± \(Words.percent(halfWidth))"
        let times =
            "\(Words.milliseconds(Samples.median(runs))) per image (\(Self.count(runs))) against \(Words.milliseconds(Samples.median(baseline))) (\(Self.count(baseline)))"
        let facts = "\(interval): \(times); \(noise.text)."
        switch outcome {
        case .fine: return "Fine: \(facts) Allowed: \(Words.percent(allowed)) slower."
        case .slower: return "Slower than allowed: \(facts) Allowed: \(Words.percent(allowed))."
        case .undecided:
            return
                "Cannot tell: \(facts) That is too uncertain to judge \(Words.percent(allowed)); compare more runs (--runs, --repeat)."
        }
    }

    private static func count(_ values: [Double]) -> String {
        values.count == 1 ? "1 run" : "median of \(values.count) runs"
    }
}
