import PenstockCore

/// PS024: a run that was cut short, and is too short to conclude anything from.
struct TimingRule: DoctorRule {
    let id = "PS024"
    let slug = "invalid-timing"
    let title = "This run is too short to time"
    /// Seconds of work below which a rate means little.
    private static let shortest = 1.0

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard facts.isSet("limit"), let limit = facts.setting("limit"), let run = facts.run, run.report.outcome == .done
        else { return [] }
        let isStart = run.startingSeconds > 0.5 * run.seconds
        guard isStart || run.workingSeconds < Self.shortest else { return [] }
        return [
            finding(
                .note,
                [
                    "limit \(limit.value): \(Words.seconds(run.startingSeconds)) of \(Words.seconds(run.seconds)) went by until the last stage had started, and \(Words.seconds(run.workingSeconds)) were work"
                ],
                unpredicted: "it is about what can be concluded from the run",
                advice:
                    "Raise the limit until the work takes at least ten times as long as the start, repeat the run, and compare medians."
            )
        ]
    }
}
