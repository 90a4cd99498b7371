public import PenstockCore

/// A run that ended otherwise than it should.
///
/// What was written stays; `report` says how far it came.
public struct RunError: Error, CustomStringConvertible, Sendable {
    /// Why a run ended.
    public enum Reason: Sendable, Equatable {
        /// A stage failed.
        case failed(StageError)
        /// More rows failed than `maxBadRows` allows.
        case tooManyBadRows
        /// The calling task was cancelled.
        case interrupted
    }

    /// Why it ended.
    public let reason: Reason
    /// What it did until then.
    public let report: RunReport

    /// What happened, with values, for people.
    public var description: String {
        switch reason {
        case .failed(let error): error.description
        case .tooManyBadRows:
            "\(report.rowsQuarantined) of \(report.rowsRead) rows could not be processed, more than --max-bad-rows \(report.settings["max-bad-rows"]?.value ?? "") allows."
        case .interrupted: "interrupted after \(report.rowsWritten) rows."
        }
    }
}
