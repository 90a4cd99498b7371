import Foundation
import PenstockCore

/// Numbers in sentences.
enum Words {
    /// `15 %`, `2.1 %`.
    static func percent(_ share: Double) -> String {
        let value = abs(share * 100)
        return String(format: value >= 9.95 ? "%.0f %%" : "%.1f %%", value)
    }

    /// `15 % more ± 2.0 %`.
    static func change(_ change: Change, more: String = "more", less: String = "less") -> String {
        "\(percent(change.share)) \(change.share < 0 ? less : more) ± \(percent(change.halfWidth))"
    }

    /// `1.66 instead of 1.89`: cores that runs kept busy.
    static func cores(_ before: [RunTime], _ after: [RunTime]) -> String {
        func middle(_ runs: [RunTime]) -> String {
            String(format: "%.2f", Statistics.median(runs.compactMap(\.coresUsed)) ?? 0)
        }
        return "\(middle(after)) instead of \(middle(before))"
    }

    /// `1.30`, `14.2`, `250`.
    static func milliseconds(_ value: Double) -> String {
        String(
            format: value >= 99.5 ? "%.0f ms" : value >= 9.95 ? "%.1f ms" : value >= 0.095 ? "%.2f ms" : "%.3f ms",
            value
        )
    }

    /// `1.5 s`.
    static func seconds(_ value: Double) -> String { String(format: "%.1f s", value) }

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ words: [String]) -> String {
        guard let last = words.last else { return "" }
        return words.count == 1 ? last : words.dropLast().joined(separator: ", ") + " and " + last
    }
}
