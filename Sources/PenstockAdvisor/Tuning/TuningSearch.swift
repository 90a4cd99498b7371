package import PenstockCore
package import PenstockPlan

/// Finds faster settings: a cost model from a short probe proposes, measurement decides.
///
/// Each trial takes turns with the best settings so far; hopeless ones end after a pair. What won is compared with the
/// defaults once more at the end, in a fixed number of pairs, and a gain inside the noise is none: then the defaults stay.
package struct TuningSearch {
    /// Pairs of the final comparison, as many as there is time for; fewer than the least tell nothing.
    static let confirmingPairs = 5...11
    /// Share of the time left that the final comparison plans with.
    private static let usableShare = 0.8
    /// One in so many pairs may be spoiled by a slow run.
    private static let pairsForASpoiledOne = 5
    /// Pairs of a trial.
    static let trialPairs = 3
    /// Trials that a search makes at most, however much time is left.
    static let mostTrials = 24

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
        while try await trial(&state) {}
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

    /// Tries the next candidate; false when there is none or no time.
    private func trial(_ state: inout TuningState) async throws -> Bool {
        // A trial may warm both settings up and take all its pairs; after it the final comparison must still fit in.
        let runs = 2 * Self.confirmingPairs.lowerBound + 2 * Self.trialPairs + 2
        guard state.bench.left > Double(runs) * state.bench.secondsPerRun, state.report.trials.count < Self.mostTrials,
            let changes = proposal(&state)
        else { return false }
        let predicted = state.proposals.speedup(changes) / state.bestSpeedup
        var trial = TuningTrial(
            settings: changes.description,
            comparedWith: state.best.description,
            predicted: predicted
        )
        do {
            try await measure(changes, &trial, &state)
            let speedup = state.bestSpeedup * trial.measured
            state.proposals.learn(changes, speedup: speedup)
            if trial.isKept { (state.best, state.bestSpeedup) = (changes, speedup) }
        } catch {
            // Settings that cannot run are dropped; somebody who ends the search ends it.
            if error is CancellationError || Task.isCancelled { throw error }
            trial.reason = "cannot run: \((error as? PlanError)?.message ?? "\(error)")"
            state.proposals.learn(changes, speedup: nil)
        }
        state.report.trials.append(trial)
        tools.tell(.trial(trial))
        return true
    }

    /// What the model thinks best, or what lies beside the best so far; in turn while neither wins, as either may be wrong.
    private func proposal(_ state: inout TuningState) -> SettingChanges? {
        let thought = state.proposals.next(best: state.bestSpeedup, gain: request.minimumGain / 2)
        let beside = state.proposals.neighbour(of: state.best, speedup: state.bestSpeedup)
        let isNeighboursTurn = state.report.trials.last?.isKept == false && !state.wasNeighbour
        state.wasNeighbour = thought == nil || isNeighboursTurn && beside != nil
        return state.wasNeighbour ? beside : thought
    }

    private func measure(_ changes: SettingChanges, _ trial: inout TuningTrial, _ state: inout TuningState) async throws
    {
        var comparison = PairedComparison()
        var rates: [Double] = []
        for pair in 0..<Self.trialPairs {
            let (before, after) = try await self.pair(state.best, changes, isSwapped: pair % 2 == 1, &state.bench)
            comparison.add(before: before.imagesPerSecond, after: after.imagesPerSecond)
            rates.append(after.imagesPerSecond)
            trial.pairs = comparison.ratios.count
            trial.measured = comparison.ratio
            trial.imagesPerSecond = Statistics.median(rates) ?? 0
            if let excess = Self.excess(after) {
                trial.reason = excess
                return
            }
            if let reason = hopeless(comparison, state.noise) {
                trial.reason = reason
                return
            }
        }
        if comparison.ratio <= 1 + request.minimumGain {
            trial.reason = "not faster by more than \(Self.percent(request.minimumGain))"
            return
        }
        if let disagreement = try await disagreement(changes, state.best, &state) {
            trial.reason = disagreement
            return
        }
        trial.isKept = true
        trial.reason = "faster in \(comparison.ratios.count { $0 > 1 }) of \(comparison.ratios.count) pairs"
    }

    /// A run of each, in turns where that can be; every second time in the other order, so that drift favours neither.
    private func pair(
        _ first: SettingChanges,
        _ second: SettingChanges,
        isSwapped: Bool,
        _ bench: inout TuningBench
    ) async throws -> (before: RunReport, after: RunReport) {
        let reports = try await bench.run(inTurns: isSwapped ? [second, first] : [first, second])
        return isSwapped ? (reports[1], reports[0]) : (reports[0], reports[1])
    }

    /// Why a trial need not go on.
    private func hopeless(_ comparison: PairedComparison, _ noise: Double) -> String? {
        let pairs = comparison.ratios.count
        if pairs == 1, comparison.ratio < 1 - max(0.03, 2 * noise) { return "hopeless after one pair" }
        if pairs == 2, comparison.ratio < 1 { return "slower over two pairs" }
        if pairs == 2, comparison.ratios.allSatisfy({ $0 < 1 + request.minimumGain }) {
            return "not faster by more than \(Self.percent(request.minimumGain)) in either of two pairs"
        }
        return nil
    }

    /// What the engine held above the run's memory limit, in words.
    private static func excess(_ report: RunReport) -> String? {
        guard let limit = report.settings["memory"].flatMap({ Bytes(parsing: $0.value) }),
            report.peakBytesHeld > limit.count
        else { return nil }
        return "held \(Bytes(report.peakBytesHeld)), more than the memory limit of \(limit)"
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
                "only \(Self.percent(share)) of \(state.bench.images) images get the same class; \(Self.percent(request.minimumAgreement)) are asked for"
        }
        state.report.agreement = share
        return nil
    }

    // MARK: The end

    private func confirm(_ state: inout TuningState) async throws {
        guard !state.best.values.isEmpty else {
            state.report.agreement = nil
            state.report.conclusion =
                "the defaults stay: none of \(state.report.trials.count) trials was faster by more than \(Self.percent(request.minimumGain))."
            return
        }
        let possible = state.bench.left / (2 * max(state.bench.secondsPerRun, 1e-3))
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
            let runs = try await self.pair(SettingChanges(), state.best, isSwapped: pair % 2 == 1, &state.bench)
            comparison.add(before: runs.before.imagesPerSecond, after: runs.after.imagesPerSecond)
        }
        conclude(comparison, &state)
    }

    private func conclude(_ comparison: PairedComparison, _ state: inout TuningState) {
        let gain = comparison.ratio - 1
        let text = "\(Self.signed(gain)) ± \(Self.percent(comparison.halfWidth)) in \(comparison.ratios.count) pairs"
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

    private static func percent(_ share: Double) -> String { "\(Double(Int((share * 1000).rounded())) / 10) %" }
    private static func signed(_ share: Double) -> String { (share < 0 ? "−" : "+") + percent(abs(share)) }
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
