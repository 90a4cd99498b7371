package import PenstockCore

/// What differs between two runs, what matters first.
package struct RunDifference: Sendable {
    /// A fact that two runs have different values of.
    package struct Fact: Sendable, Equatable {
        /// What it is about.
        package let name: String
        /// The first run's value.
        package let first: String
        /// The second run's value.
        package let second: String
    }

    private let first: RunReport
    private let second: RunReport
    private let noise: JobNoise

    /// The difference of two reports, where runs of the first one's job have this noise.
    package init(_ first: RunReport, _ second: RunReport, noise: JobNoise) {
        self.first = first
        self.second = second
        self.noise = noise
    }

    /// How much more time a row takes in the second.
    ///
    /// Nil when one of them wrote nothing.
    package var slowdown: Slowdown? {
        guard let before = RunTime(first), let after = RunTime(second) else { return nil }
        return Slowdown(from: [before], to: [after], likeness: JobLikeness(first, second), noise: noise)
    }

    /// A difference that is no larger is not one.
    package var halfWidth: Double { noise.time.halfWidth(1, 1) }

    /// Settings with different values.
    package var settings: [Fact] {
        let names = Set(first.settings.keys).union(second.settings.keys).sorted()
        return names.compactMap { name in
            Self.fact(name, first.settings[name]?.value ?? "–", second.settings[name]?.value ?? "–")
        }
    }

    /// The stages of both.
    package var stages: [StagePair] { StagePair.pairs(first.stages, second.stages) }

    /// Model, machine, versions, rows and how they ended, where these differ.
    package var facts: [Fact] {
        let versions = Set(first.versions.keys).union(second.versions.keys).sorted()
        return [
            Self.fact("outcome", first.outcome.rawValue, second.outcome.rawValue),
            Self.fact("rows read", "\(first.rowsRead)", "\(second.rowsRead)"),
            Self.fact("quarantined", "\(first.rowsQuarantined)", "\(second.rowsQuarantined)"),
            Self.fact("model", first.model?.path ?? "–", second.model?.path ?? "–"),
            Self.fact("model hash", Self.short(first.model), Self.short(second.model)),
            Self.fact("device", first.model?.device ?? "–", second.model?.device ?? "–"),
            Self.fact("computes in", first.model?.precision ?? "–", second.model?.precision ?? "–"),
            Self.fact("machine", first.machine?.text ?? "–", second.machine?.text ?? "–"),
        ].compactMap { $0 }
            + versions.compactMap { Self.fact($0, first.versions[$0] ?? "–", second.versions[$0] ?? "–") }
    }

    /// The first line: which is faster, by how much, and why.
    package var headline: String {
        guard let slowdown else { return "No rates to compare: one of the runs wrote no rows.\(differingSettings)" }
        guard let certain = slowdown.certain else {
            let measured = slowdown.measured
            let change = measured.share < 0 ? "faster" : "slower"
            return
                "B is as fast as A: \(Words.percent(measured.share)) \(change) lies inside ± \(Words.percent(measured.halfWidth)) (\((slowdown.work == nil ? noise.time : noise.work).text)).\(differingSettings)"
        }
        let isSlower = certain.share > 0
        let change =
            isSlower ? "\(Words.percent(certain.share)) slower" : "\(Words.percent(1 / (1 + certain.share) - 1)) faster"
        let causes = Words.list(waits(slowdown, isSlower) + causes(slowdown, isSlower))
        return
            "B is \(change)\(causes.isEmpty ? "" : ": " + causes).\(differingSettings) \(certainty(slowdown, certain))"
    }

    /// How the second run waits more, or less; none where that is not certain.
    private func waits(_ slowdown: Slowdown, _ isSlower: Bool) -> [String] {
        guard let waiting = slowdown.waiting, waiting.isCertain, (waiting.share > 0) == isSlower,
            let before = RunTime(first), let after = RunTime(second)
        else { return [] }
        let cores = Words.cores([before], [after])
        return [
            isSlower
                ? "it kept \(cores) cores busy, so it waited more (for storage, another process, a CPU quota)"
                : "it kept \(cores) cores busy, so it waited less"
        ]
    }

    /// The noise that the difference is larger than, and what is left to it.
    private func certainty(_ slowdown: Slowdown, _ certain: Change) -> String {
        let beyond = "Beyond ± \(Words.percent(certain.halfWidth))"
        guard let work = slowdown.work, let waiting = slowdown.waiting else { return "\(beyond) (\(noise.time.text))." }
        if work.isCertain { return "\(beyond) (\(noise.work.text))." }
        let rest =
            "The CPU time of an image, \(Words.percent(work.share)) \(work.share < 0 ? "less" : "more"), lies inside"
        return
            "Beyond ± \(Words.percent(waiting.halfWidth)) (\(noise.waiting.text)). \(rest) ± \(Words.percent(work.halfWidth)) (\(noise.work.text))."
    }

    /// Stages that explain the difference, or that all of them changed alike.
    private func causes(_ slowdown: Slowdown, _ isSlower: Bool) -> [String] {
        // Where the work is the same, all stages merely wait longer.
        if let work = slowdown.work, !work.isCertain { return startText(isSlower: isSlower).map { [$0] } ?? [] }
        var causes: [String] = []
        if let alike = allAlike(isSlower: isSlower) {
            causes.append(alike)
        } else {
            let moved = stages.filter { isSlower ? $0.coreDifference > 0 : $0.coreDifference < 0 }
                .sorted { abs($0.coreDifference) > abs($1.coreDifference) }
            let total = moved.reduce(0) { $0 + abs($1.coreDifference) }
            let first = moved.prefix(2).filter { abs($0.coreDifference) >= 0.2 * total && isNotable($0) }
            causes += first.compactMap(Self.sentence)
        }
        if let start = startText(isSlower: isSlower) { causes.append(start) }
        return causes
    }

    private func isNotable(_ pair: StagePair) -> Bool {
        guard let ratio = pair.ratio else { return true }
        return abs(ratio - 1) > halfWidth / 2
    }

    private static func sentence(_ pair: StagePair) -> String? {
        switch (pair.first, pair.second) {
        case (let first?, let second?):
            "\(pair.name) takes \(Words.milliseconds(second.milliseconds)) instead of \(Words.milliseconds(first.milliseconds)) per image"
        case (nil, let second?): "only B has \(pair.name), \(Words.milliseconds(second.milliseconds)) per image"
        case (let first?, nil): "only A has \(pair.name), \(Words.milliseconds(first.milliseconds)) per image"
        case (nil, nil): nil
        }
    }

    /// When no setting differs and every stage that computes changed by much the same factor, it was not the job.
    private func allAlike(isSlower: Bool) -> String? {
        guard settings.isEmpty, first.model?.hash == second.model?.hash else { return nil }
        let most = stages.compactMap { $0.first?.coreMilliseconds }.max() ?? 0
        let ratios = stages.filter { ($0.first?.coreMilliseconds ?? 0) > most / 20 }.compactMap(\.ratio)
        guard ratios.count > 1, let least = ratios.min(), let largest = ratios.max() else { return nil }
        guard largest / least < 1.15, isSlower ? least > 1 : largest < 1 else { return nil }
        let range = [least, largest].map { Words.percent($0 - 1) }.sorted()
        let span = range[0] == range[1] ? range[0] : "\(range[0]) to \(range[1])"
        return
            "every stage takes \(span) \(isSlower ? "longer" : "less") and no setting differs, so it is the machine (another process, a CPU quota, the clock)"
    }

    /// Loading counts in short runs.
    private func startText(isSlower: Bool) -> String? {
        let starts = stages.map { (($0.first?.startingSeconds ?? 0), ($0.second?.startingSeconds ?? 0)) }
        guard let most = starts.max(by: { abs($0.1 - $0.0) < abs($1.1 - $1.0) }) else { return nil }
        let difference = most.1 - most.0
        guard isSlower == (difference > 0), abs(difference) > 0.1 * abs(second.wallSeconds - first.wallSeconds),
            abs(difference) > 0.1
        else { return nil }
        return "loading takes \(Words.seconds(most.1)) instead of \(Words.seconds(most.0))"
    }

    private var differingSettings: String {
        let facts = settings
        if facts.isEmpty { return " No setting differs." }
        let words = facts.prefix(5).map { "\($0.name) \($0.second) instead of \($0.first)" }
        return " Settings that differ: \(Words.list(words + (facts.count > 5 ? ["\(facts.count - 5) more"] : [])))."
    }

    private static func fact(_ name: String, _ first: String, _ second: String) -> Fact? {
        first == second ? nil : Fact(name: name, first: first, second: second)
    }

    private static func short(_ model: ModelReport?) -> String { model.map { String($0.hash.prefix(12)) } ?? "–" }
}
