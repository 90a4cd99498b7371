import PenstockCore

/// Numbers as findings print them.
enum Words {
    /// `1.2 s`, `35 ms`.
    static func seconds(_ value: Double) -> String {
        if value >= 1 { return "\(tenths(value)) s" }
        return value >= 0.001 ? "\(tenths(value * 1000)) ms" : "\(tenths(value * 1_000_000)) µs"
    }

    /// `35 %`.
    static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    /// `2.5`, `3`.
    static func tenths(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }

    /// `1 row`, `3 rows`.
    static func count(_ count: Int, _ word: String) -> String { count == 1 ? "1 \(word)" : "\(count) \(word)s" }
}
