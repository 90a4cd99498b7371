/// When a job has been repeated often enough to judge it.
///
/// What disturbs a machine comes in bursts of seconds, and no statistics see that from within one. So a good answer is taken at
/// once, for nothing makes a job faster than it is; a bad one only after it has lasted.
package struct Patience: Sendable {
    /// The most runs.
    package static let mostRuns = 1000

    private let runs: Int
    private let seconds: Double

    /// - `runs`: the least.
    /// - `seconds`: how long to go on after the first run began, unless the answer is good.
    package init(runs: Int, seconds: Double) {
        self.runs = runs
        self.seconds = seconds
    }

    /// Whether so many runs, that took so long together, are enough.
    ///
    /// - `check`: what they say; nil where nothing is judged, as for a baseline.
    package func isOver(runs: Int, seconds: Double, check: SlowdownCheck?) -> Bool {
        guard runs >= self.runs else { return false }
        return check?.isSettled == true || seconds >= self.seconds || runs >= Self.mostRuns
    }
}
