/// The user's plan or settings are wrong.
///
/// Thrown before anything runs.
public struct PlanError: Error, CustomStringConvertible, Sendable, Equatable {
    /// What is wrong, the values, and what to do.
    public let message: String
    /// True when the words on the command line are at fault (exit code 2), false when what they name is (exit code 1).
    public let isUsage: Bool

    /// A plan that cannot run as described.
    public init(_ message: String, isUsage: Bool = false) {
        self.message = message
        self.isUsage = isUsage
    }

    /// The message.
    public var description: String { message }
}
