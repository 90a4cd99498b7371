package import PenstockCore
package import PenstockPlan

/// Runs a job again with other settings, so that advice can be tried before it is given.
///
/// The advisor's logic asks through this; `Penstock` implements it on real data, tests with a script.
package protocol TrialRunner: Sendable {
    /// Runs the job over a sample and reports; what it writes is removed again.
    ///
    /// - `images`: rows of the sample, the first of the source; nil: all of them.
    /// - Throws: `PlanError` for settings that cannot run together, `RunError` when the run failed.
    func run(_ changes: SettingChanges, images: Int?) async throws -> RunReport

    /// Runs the job several ways at the same time, in turns of a part of a second: each has the whole machine in its turn, so
    /// that a slow second of the machine hits all of them.
    ///
    /// - Returns: their reports, in the order of the ways; their times leave out those in which a run was stopped.
    /// - Throws: what `run` throws.
    func run(inTurns ways: [SettingChanges], images: Int?) async throws -> [RunReport]
}

extension TrialRunner {
    /// One after the other, where a runner cannot do better.
    package func run(inTurns ways: [SettingChanges], images: Int?) async throws -> [RunReport] {
        try await run(oneByOne: ways, images: images)
    }

    /// The same; in every second round the last begins, so that drift favours nobody.
    ///
    /// - Returns: their reports, in the order of `ways`.
    package func run(inTurns ways: [SettingChanges], images: Int?, round: Int) async throws -> [RunReport] {
        if round % 2 == 0 { return try await run(inTurns: ways, images: images) }
        return try await run(inTurns: ways.reversed(), images: images).reversed()
    }

    /// One after the other.
    package func run(oneByOne ways: [SettingChanges], images: Int?) async throws -> [RunReport] {
        var reports: [RunReport] = []
        for way in ways { reports.append(try await run(way, images: images)) }
        return reports
    }
}
