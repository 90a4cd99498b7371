import PenstockAdvisor
public import PenstockCore

extension RunSnapshot {
    /// What limited the run between an earlier look and this one, by the logic of the report's verdict.
    ///
    /// - `earlier`: an empty look stands for the run's start. A few seconds between the two say most.
    public func verdict(since earlier: RunSnapshot) -> VerdictReport {
        Verdict(RunWindow(from: earlier, to: self)).report
    }
}
