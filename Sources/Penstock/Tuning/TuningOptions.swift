public import PenstockCore

/// What `Dataset.tune` may do.
public struct TuningOptions: Sendable {
    /// Settings that may change answers, and are only touched when they are allowed to be.
    public static let allowable = ["precision", "resize-quality"]

    /// Seconds for all of it.
    public var seconds = 90.0
    /// Names from `allowable`.
    public var allowed: Set<String> = []
    /// Share of the sample's images that must get the same class when such a setting is changed.
    public var minimumAgreement = 0.995
    /// Runs trials that take turns; nil: one after the other, in this process.
    package var processes: (any TrialProcesses)?
    /// Hears of each step.
    public var tell: @Sendable (TuningEvent) -> Void = { _ in }

    /// The defaults.
    public init() {}
}
