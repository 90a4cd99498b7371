/// How many rows may fail before the run is stopped.
public enum BadRowLimit: Sendable, Hashable, Codable, CustomStringConvertible {
    /// So many rows.
    case count(Int)
    /// A share of the rows read, 0…1, counted once `minimumRows` rows were read.
    case share(Double)

    /// Rows that must have been read before a share is judged.
    public static let minimumRows = 200

    /// Reads `100` or `1%`.
    public init?(parsing text: String) {
        if text.hasSuffix("%") {
            guard let percent = Double(text.dropLast()), percent >= 0, percent <= 100 else { return nil }
            self = .share(percent / 100)
        } else {
            guard let count = Int(text), count >= 0 else { return nil }
            self = .count(count)
        }
    }

    /// Whether `bad` of `read` rows are too many.
    ///
    /// `isComplete`: no more rows will be read.
    package func isExceeded(bad: Int, read: Int, isComplete: Bool) -> Bool {
        switch self {
        case .count(let limit): bad > limit
        case .share(let share):
            (read >= Self.minimumRows || (isComplete && share == 0)) && Double(bad) > share * Double(read)
        }
    }

    /// As a person types it: `100` or `1.0%`.
    public var description: String {
        switch self {
        case .count(let limit): "\(limit)"
        case .share(let share): "\((share * 100_000).rounded() / 1000)%"
        }
    }
}
