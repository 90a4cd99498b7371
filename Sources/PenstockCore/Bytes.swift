/// A number of bytes.
///
/// Prints as a person would write it (`64 MiB`) and parses what a person types (`1GiB`, `500 MB`).
public struct Bytes: Hashable, Comparable, Sendable, AdditiveArithmetic {
    /// The count itself.
    public var count: Int

    /// Wraps a count of bytes.
    public init(_ count: Int) { self.count = count }

    /// `count` × 2^10.
    public static func kibibytes(_ count: Int) -> Bytes { Bytes(count << 10) }
    /// `count` × 2^20.
    public static func mebibytes(_ count: Int) -> Bytes { Bytes(count << 20) }
    /// `count` × 2^30.
    public static func gibibytes(_ count: Int) -> Bytes { Bytes(count << 30) }

    /// No bytes.
    public static let zero = Bytes(0)
    /// Whether `left` is fewer.
    public static func < (left: Bytes, right: Bytes) -> Bool { left.count < right.count }
    /// Both together; traps on overflow.
    public static func + (left: Bytes, right: Bytes) -> Bytes { Bytes(left.count + right.count) }
    /// The difference; may be negative.
    public static func - (left: Bytes, right: Bytes) -> Bytes { Bytes(left.count - right.count) }

    /// Scales by a whole number.
    public static func * (left: Bytes, right: Int) -> Bytes { Bytes(left.count * right) }
}

extension Bytes {
    private static let units: [(name: String, size: Int)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
        ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("t", 1 << 40), ("b", 1), ("", 1),
    ]

    /// Reads what a person types: `1GiB`, `512 MiB`, `1.5g`, `2000000`.
    ///
    /// Nil when the text is not a size, is negative or does not fit.
    public init?(parsing text: String) {
        let lower = text.lowercased().filter { $0 != " " && $0 != "_" }
        let number = lower.prefix { $0.isNumber || $0 == "." }
        let suffix = String(lower.dropFirst(number.count))
        guard let value = Double(String(number)), let unit = Self.units.first(where: { $0.name == suffix }) else {
            return nil
        }
        let total = value * Double(unit.size)
        guard total.isFinite, total >= 0, total < 9e18 else { return nil }
        count = Int(total)
    }
}

extension Bytes: CustomStringConvertible {
    /// With the largest unit that leaves at least 1, and at most one decimal: `64 MiB`.
    public var description: String {
        let names = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var index = 0
        while abs(value) >= 1024, index < names.count - 1 {
            value /= 1024
            index += 1
        }
        let rounded = value.rounded()
        if abs(value - rounded) < 0.05 || index == 0 { return "\(Int(rounded)) \(names[index])" }
        return "\((value * 10).rounded() / 10) \(names[index])"
    }
}

extension Bytes: Codable {
    /// Decodes a plain number.
    public init(from decoder: any Decoder) throws {
        count = try decoder.singleValueContainer().decode(Int.self)
    }

    /// Encodes a plain number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(count)
    }
}
