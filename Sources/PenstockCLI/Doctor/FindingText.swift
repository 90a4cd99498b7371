import Penstock

/// Findings, for people.
enum FindingText {
    /// A paragraph.
    static func lines(_ finding: FindingReport) -> [String] {
        var lines = ["\(finding.id) \(finding.severity.rawValue): \(finding.title)"]
        lines += finding.evidence.map { "  \($0)" }
        let condition = finding.after.isEmpty ? "" : ", once \(SettingChanges(finding.after)) is changed"
        lines.append("  expected  \(finding.gain.map(text) ?? "not predicted: \(finding.unpredicted)")\(condition)")
        if !finding.changes.isEmpty { lines.append("  change    \(flags(finding.changes))") }
        lines.append("  do        \(finding.advice)")
        lines.append("  see       \(finding.page)")
        return lines
    }

    /// Findings that the summary of a run shows.
    private static let most = 6

    /// What the summary of a run says of findings, the most valuable first: a line each, and what to change.
    static func short(_ findings: [FindingReport]) -> [String] {
        let more = findings.count - most
        let rest = more > 0 ? ["         \(more) more: penstock doctor on the output folder shows them"] : []
        return findings.prefix(most).flatMap { finding in
            let gain = finding.gain.map { " (expected: \(text($0)))" } ?? ""
            let change = finding.changes.isEmpty ? finding.advice : "change \(flags(finding.changes))"
            return ["Finding: \(finding.text)\(gain)", "         \(change)"]
        } + rest
    }

    /// `1.3 times as fast (1.2…1.5)`.
    static func text(_ gain: GainReport) -> String {
        "\(number(gain.likely)) times as fast (\(number(gain.low))…\(number(gain.high)))"
    }

    /// As they are typed; a setting without the word `auto` is left out to be automatic.
    static func flags(_ changes: [String: String]) -> String {
        changes.sorted { $0.key < $1.key }.map { name, value in
            value == "auto" && takesNoAuto.contains(name) ? "leave out --\(name)" : "--\(name) \(value)"
        }
        .joined(separator: ", ")
    }

    /// Settings that have no word for what Penstock chooses.
    static let takesNoAuto = ["memory", "block-bytes", "read-ahead"]

    static func number(_ value: Double) -> String { Format.number((value * 100).rounded() / 100) }
}
