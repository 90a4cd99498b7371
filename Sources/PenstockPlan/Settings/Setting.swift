public import PenstockCore

/// Where a setting's value comes from.
public enum SettingOrigin: String, Sendable, Hashable, Codable {
    /// Typed on the command line.
    case flag
    /// Written in a pipeline file.
    case pipelineFile = "pipeline file"
    /// Given by the program that uses the library.
    case program
    /// From an environment variable.
    case environment
    /// Found by `penstock tune` and stored.
    case profile = "tuned profile"
    /// Computed; the reason says from what.
    case computed = "default"
}

/// What the user asked for: a value, or nothing.
public enum Choice<Value: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    /// Penstock decides.
    case auto
    /// The user decided.
    case set(Value, SettingOrigin)

    /// A value given by a program.
    public static func value(_ value: Value) -> Choice { .set(value, .program) }

    /// The user's value, if there is one.
    public var chosen: Value? { if case .set(let value, _) = self { value } else { nil } }
}

/// A decided setting: people cannot trust automatic values that they cannot see.
public struct Setting: Sendable, Hashable, Codable {
    /// The name that flag, pipeline file and library share.
    public let name: String
    /// The value as people read it.
    public let value: String
    /// Where it comes from.
    public let origin: SettingOrigin
    /// Why it is this value; empty when the user set it.
    public let reason: String

    /// A decided setting.
    public init(_ name: String, _ value: String, _ origin: SettingOrigin, reason: String = "") {
        self.name = name
        self.value = value
        self.origin = origin
        self.reason = reason
    }

    /// As it stands in reports.
    public var report: SettingReport { SettingReport(value: value, origin: origin.rawValue, reason: reason) }
}
