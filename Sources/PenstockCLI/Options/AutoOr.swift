public import ArgumentParser
public import Penstock

/// `auto`, or a value.
struct AutoOr<Value: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
    /// Nil: Penstock chooses.
    let value: Value?

    init?(argument: String) {
        if argument == "auto" {
            value = nil
        } else {
            guard let value = Value(argument: argument) else { return nil }
            self.value = value
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
extension ImageMode: ExpressibleByArgument {}

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
