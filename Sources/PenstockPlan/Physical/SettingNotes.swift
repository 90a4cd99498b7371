/// Collects decisions while they are made, each with where it comes from.
struct SettingNotes {
    private(set) var settings: [Setting] = []
    /// Origins that the caller knows, by setting.
    private let origins: [String: SettingOrigin]
    /// Reasons that the caller knows, by setting.
    private let reasons: [String: String]

    init(_ options: RunOptions) {
        origins = options.origins
        reasons = options.reasons
    }

    /// Decides a setting that may be left to Penstock.
    mutating func note<Value>(_ name: String, _ choice: Choice<Value>, default value: Value, reason: String) -> Value {
        switch choice {
        case .auto:
            settings.append(Setting(name, "\(value)", .computed, reason: reason))
            return value
        case .set(let chosen, let origin):
            settings.append(Setting(name, "\(chosen)", origin, reason: reasons[name] ?? ""))
            return chosen
        }
    }

    /// A setting that has a plain default: one that differs from it was set by somebody, and needs no reason.
    mutating func add<Value: Equatable>(_ name: String, _ value: Value, default usual: Value, reason: String) {
        let origin = origins[name] ?? (value == usual ? .computed : .program)
        let why = origin == .computed ? reason : reasons[name] ?? ""
        settings.append(Setting(name, "\(value)", origin, reason: why))
    }

    /// A setting that Penstock always computes.
    mutating func add(computed name: String, _ value: String, reason: String) {
        settings.append(Setting(name, value, .computed, reason: reason))
    }
}
