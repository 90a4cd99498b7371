package import PenstockCore
package import PenstockPlan

/// Finds faster settings: a cost model from a short probe proposes, measurement decides.
///
/// Some candidates at a time race against the best settings so far; hopeless ones are out after a round. What won is compared with
/// the defaults once more at the end, in a fixed number of pairs, and a gain inside the noise is none: then the defaults stay.
package struct TuningSearch {
    /// Pairs of the final comparison, as many as there is time for; fewer than the least tell nothing.
    static let confirmingPairs = 5...21
    /// Share of the time left that the final comparison plans with.
    private static let usableShare = 0.8
    /// One in so many pairs may be spoiled by a slow run.
    private static let pairsForASpoiledOne = 5
    /// Candidates of a race, at most.
    static let racing = 7
    /// Trials that a search makes at most, however much time is left.
    static let mostTrials = 40

    private let request: TuningRequest
    private let tools: TuningTools

    package init(_ request: TuningRequest, _ tools: TuningTools) {
        self.request = request
        self.tools = tools
    }

    /// Answers what each of these settings would do, from one probe and without running them.
    ///
    /// - `images`: those of the job.
    /// - Throws: what a run throws, and `CancellationError`.
    package func whatIf(_ changes: [SettingChanges], images: Int) async throws -> [WhatIfReport] {
        var request = request
        // An end at which one worker waits for the other's last batch weighs half as much then, and there are fewer runs.
        request.longestRun *= 2
        var bench = TuningBench(request, tools)
        var probe = TuningProbe(request, tell: tools.tell)
        let model = try await probe.model(&bench, interests: changes)
        return changes.map { model.whatIf($0, images: images) }
    }

    /// Searches.
    ///
    /// - Throws: what a run with the job's own settings throws, and `CancellationError`.
    package func run() async throws -> TuningReport {
        var bench = TuningBench(request, tools)
        var probe = TuningProbe(request, tell: tools.tell)
        let model = try await probe.model(&bench)
        let space = TuningSpace(model, request)
        var state = TuningState(bench: bench, proposals: TuningProposals(space.candidates, model), noise: probe.noise)
        state.report = Self.begin(probe, model, space)
        state.report.sampleImages = bench.images
        while try await race(&state) {}
        try await confirm(&state)
        state.report.runs = state.bench.runs
        state.report.seconds = state.bench.elapsed
        return state.report
    }

    private static func begin(_ probe: TuningProbe, _ model: CostModel, _ space: TuningSpace) -> TuningReport {
        var report = TuningReport()
        let base = probe.observations.filter { $0.changes.values.isEmpty }.map(\.report)
        report.defaultImagesPerSecond = Statistics.median(base.map(\.imagesPerSecond)) ?? 0
        report.imagesPerSecond = report.defaultImagesPerSecond
        report.noise = probe.noise
        report.costs = model.stages.map(\.report)
        report.leftAlone = space.leftAlone
        report.model = base.first?.model
        report.versions = base.first?.versions ?? [:]
        return report
    }

    // MARK: Trials

    /// Tries the next candidates; false when there are none or no time.
    private func race(_ state: inout TuningState) async throws -> Bool {
        // A race may warm all of its settings up and take all its rounds; after it the final comparison must still fit in.
        let kept = Double(2 * Self.confirmingPairs.lowerBound)
        let possible = state.bench.left / state.bench.secondsPerRun - kept
        func runs(_ candidates: Int) -> Double { Double(candidates + TuningRace.runs(candidates)) }
        let most = min(Self.racing, state.bench.together - 1, Self.mostTrials - state.report.trials.count)
        guard let count = (0...most).last(where: { runs($0) < possible }), count > 0 else { return false }
        let candidates = proposals(count, &state)
        if candidates.isEmpty { return false }
        do { try await race(candidates, &state) } catch {
            // One of them cannot run. Which one shows alone. Somebody who ends the search ends it.
            if error is CancellationError || Task.isCancelled || candidates.count == 1 { throw error }
            for candidate in candidates { try await race([candidate], &state) }
        }
        return true
    }

    /// What the model thinks best, and what lies beside the best so far, as the model may be wrong: one after the other.
    private func proposals(_ count: Int, _ state: inout TuningState) -> [SettingChanges] {
        var imagined = state.proposals
        var candidates: [SettingChanges] = []
        while candidates.count < count {
            let thought = imagined.next(best: state.bestSpeedup, gain: request.minimumGain / 2)
            let beside = imagined.neighbour(of: state.best, speedup: state.bestSpeedup)
            state.wasNeighbour = beside != nil && (thought == nil || !state.wasNeighbour)
            guard let candidate = state.wasNeighbour ? beside : thought else { break }
            candidates.append(candidate)
            imagined.imagine(candidate)
        }
        return candidates
    }

    private func race(_ candidates: [SettingChanges], _ state: inout TuningState) async throws {
        let best = state.best.description
        let entries = candidates.map { changes in
            let predicted = state.proposals.speedup(changes) / state.bestSpeedup
            let trial = TuningTrial(settings: changes.description, comparedWith: best, predicted: predicted)
            return TuningRace.Entry(changes, trial)
        }
        var race = TuningRace(entries, against: state.best, minimumGain: request.minimumGain, noise: state.noise)
        do { try await race.run(&state.bench) } catch {
            if error is CancellationError || Task.isCancelled || candidates.count > 1 { throw error }
            // Settings that cannot run are dropped.
            var trial = entries[0].trial
            trial.reason = "cannot run: \((error as? PlanError)?.message ?? "\(error)")"
            state.proposals.learn(candidates[0], speedup: nil)
            return note(trial, &state)
        }
        try await conclude(race, &state)
    }

    /// The fastest of those that are faster and answer alike is the best from now on.
    private func conclude(_ race: TuningRace, _ state: inout TuningState) async throws {
        let (best, speedup) = (state.best, state.bestSpeedup)
        var kept: String?
        for var entry in race.entries.sorted(by: { $0.trial.measured > $1.trial.measured }) {
            if entry.isFaster {
                if let kept {
                    entry.trial.reason = "faster, but not as fast as \(kept)"
                } else if let disagreement = try await disagreement(entry.changes, best, &state) {
                    entry.trial.reason = disagreement
                } else {
                    let ratios = entry.comparison.ratios
                    entry.trial.isKept = true
                    entry.trial.reason = "faster in \(ratios.count { $0 > 1 }) of \(ratios.count) pairs"
                    kept = entry.trial.settings
                    (state.best, state.bestSpeedup) = (entry.changes, speedup * entry.trial.measured)
                }
            }
            state.proposals.learn(entry.changes, speedup: speedup * entry.trial.measured)
            note(entry.trial, &state)
        }
    }

    private func note(_ trial: TuningTrial, _ state: inout TuningState) {
        state.report.trials.append(trial)
        tools.tell(.trial(trial))
    }

    /// Why answers are too different, or nil.
    private func disagreement(
        _ changes: SettingChanges,
        _ best: SettingChanges,
        _ state: inout TuningState
    ) async throws -> String? {
        func answers(_ changes: SettingChanges) -> [String: String] {
            changes.values.filter { ["precision", "resize-quality"].contains($0.key) }
        }
        if answers(changes) == answers(best) { return nil }
        if answers(changes).isEmpty {
            state.report.agreement = nil
            return nil
        }
        guard let runner = tools.agreement else { return "its answers cannot be compared here" }
        let reference = SettingChanges(changes.values.filter { answers(changes)[$0.key] == nil })
        let share = try await runner.agreement(changes, without: reference, images: state.bench.images)
        guard share >= request.minimumAgreement else {
            return
                "only \(share.percent) of \(state.bench.images) images get the same class; \(request.minimumAgreement.percent) are asked for"
        }
        state.report.agreement = share
        return nil
    }

    // MARK: The end

    private func confirm(_ state: inout TuningState) async throws {
        guard !state.best.values.isEmpty else {
            state.report.agreement = nil
            state.report.conclusion =
                "the defaults stay: none of \(state.report.trials.count) trials was faster by more than \(request.minimumGain.percent)."
            return
        }
        let possible = state.bench.left / (2 * state.bench.secondsPerRun)
        // Runs of the defaults may take longer than the average; what is wanted beyond the least leaves room for that.
        let least = min(Self.confirmingPairs.lowerBound, Int(possible))
        let pairs = min(Self.confirmingPairs.upperBound, max(least, Int(possible * Self.usableShare)))
        guard pairs >= Self.confirmingPairs.lowerBound else {
            keepDefaults(
                &state,
                "\(state.best) looked faster, and there was no time left to confirm it. Give more with --time."
            )
            return
        }
        tools.tell(.confirming(settings: state.best.description, pairs: pairs))
        var comparison = PairedComparison()
        for pair in 0..<pairs {
            let ways = [SettingChanges(), state.best]
            let rates = try await state.bench.run(inTurns: ways, round: pair).map(\.imagesPerSecond)
            comparison.add(before: rates[0], after: rates[1])
        }
        conclude(comparison, &state)
    }

    private func conclude(_ comparison: PairedComparison, _ state: inout TuningState) {
        let gain = comparison.ratio - 1
        let text = "\(Self.signed(gain)) ± \(comparison.halfWidth.percent) in \(comparison.ratios.count) pairs"
        let faster = comparison.ratios.count { $0 > 1 }
        // A slow run may spoil a pair; many of them are a sign that there is no gain.
        let spoiled = comparison.ratios.count / Self.pairsForASpoiledOne
        let isSteady = faster >= comparison.ratios.count - spoiled
        guard gain > 0, comparison.isDifferent(atLeast: request.minimumGain), isSteady else {
            keepDefaults(&state, "\(state.best) looked faster, and the final comparison (\(text)) is inside the noise.")
            return
        }
        state.report.settings = state.best.values
        state.report.speedup = comparison.ratio
        state.report.speedupHalfWidth = comparison.halfWidth
        state.report.defaultImagesPerSecond = Statistics.median(comparison.before) ?? 0
        state.report.imagesPerSecond = Statistics.median(comparison.after) ?? 0
        state.report.conclusion = "\(state.best) is faster than the defaults: \(text)."
    }

    private func keepDefaults(_ state: inout TuningState, _ why: String) {
        state.report.agreement = nil
        state.report.conclusion = "the defaults stay: \(why)"
    }

    private static func signed(_ share: Double) -> String { (share < 0 ? "−" : "+") + abs(share).percent }
}

/// Where a search stands.
private struct TuningState {
    var bench: TuningBench
    var proposals: TuningProposals
    var noise: Double
    var report = TuningReport()
    /// The best settings so far, and how many times faster than the job's own they seem.
    var best = SettingChanges()
    var bestSpeedup = 1.0
    /// Whether what was tried last lay beside the best so far.
    var wasNeighbour = false

    init(bench: TuningBench, proposals: TuningProposals, noise: Double) {
        self.bench = bench
        self.proposals = proposals
        self.noise = noise
    }
}
