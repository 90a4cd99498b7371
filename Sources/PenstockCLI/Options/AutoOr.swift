public import ArgumentParser
public import Penstock

/// `auto`, or a value.
struct AutoOr<Value: ExpressibleByArgument & Sendable & Hashable & Codable>: ExpressibleByArgument, Sendable {
    let choice: Choice<Value>

    init?(argument: String) {
        if argument == "auto" {
            choice = .auto
        } else {
            guard let value = Value(argument: argument) else { return nil }
            choice = .set(value, .flag)
        }
    }
}

extension Bytes: ExpressibleByArgument {
    /// `1GiB`, `512MB`.
    public init?(argument: String) { self.init(parsing: argument) }
}

extension BadRowLimit: ExpressibleByArgument {
    /// `100`, `1%`.
    public init?(argument: String) { self.init(parsing: argument) }
}

extension ChannelOrder: ExpressibleByArgument {}
extension ResizeQuality: ExpressibleByArgument {}
extension OrientationPolicy: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension BackendKind: ExpressibleByArgument {}
extension OutputFormat: ExpressibleByArgument {}

/// How progress is shown.
enum ProgressStyle: String, CaseIterable, ExpressibleByArgument {
    case auto, plain, none
}

/// Three numbers, separated by commas.
struct ChannelValues: ExpressibleByArgument {
    let values: [Float]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Float($0.filter { $0 != " " }) }
        guard numbers.count == parts.count else { return nil }
        values = numbers
    }
}
