package import PenstockCore

/// A column's type as other writers have it, and what it becomes in a block.
///
/// | Arrow | here |
/// |---|---|
/// | int8, int16, uint16 | int32 |
/// | uint32; uint64 | int64; of uint64 a value above 2^63 - 1 is an error |
/// | float16 | float |
/// | large, view and fixed-size text, binary and list types | string, binary, list |
/// | dictionaries | their values |
/// | decimals | string, with all digits of the scale: `-12.50` |
/// | date, time, timestamp, duration | string, ISO 8601: `2024-01-31`, `09:30:00.250`, `2024-01-31T09:30:00Z`, `PT1.5S` |
/// | null | string, all missing |
/// | structs | a column for each field, `person.name`; missing structs have missing fields |
///
/// Texts of times have as many digits of a second as their unit, so that they sort in time; `Z` is there when the column has
/// a time zone, for its values are in UTC. Maps, unions, intervals, run-end-encoded columns, and structs inside of lists are
/// not read.
enum ArrowType: Hashable {
    enum Unit: Int { case seconds = 0, milliseconds = 3, microseconds = 6, nanoseconds = 9 }

    case null, bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, float32, float64
    case text, largeText, textView, binary, largeBinary, binaryView
    case fixedBinary(Int)
    /// Digits behind the point, and bytes of a value.
    case decimal(scale: Int, width: Int)
    case days, dateMilliseconds
    case time(Unit)
    case timestamp(Unit, isUTC: Bool)
    case duration(Unit)
    case list, largeList
    case fixedList(Int)
    case structure
    /// With the name that people know it by.
    case unreadable(String)

    /// From the format of the C data interface.
    ///
    /// - Source: https://arrow.apache.org/docs/format/CDataInterface.html#data-type-description-format-strings
    init(format: String) {
        let parts = format.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = parts.count > 1 ? parts[1] : ""
        if let plain = Self.plain[format] {
            self = plain
        } else if parts[0] == "w" || parts[0] == "+w", let count = Int(rest), count >= 0 {
            self = parts[0] == "w" ? .fixedBinary(count) : .fixedList(count)
        } else if parts[0] == "d" {
            self = Self.decimal(rest)
        } else if parts[0].hasPrefix("ts"), let unit = Self.unit(parts[0].last) {
            self = .timestamp(unit, isUTC: !rest.isEmpty)
        } else {
            self = .unreadable(Self.names[String(parts[0].prefix(3))] ?? "Arrow type \"\(format)\"")
        }
    }

    /// What the column holds in a block; `element` is that of a list.
    func columnType(element: ColumnType?) -> ColumnType? {
        switch self {
        case .bool: .bool
        case .uint8: .uint8
        case .int8, .int16, .uint16, .int32: .int32
        case .uint32, .int64, .uint64: .int64
        case .float16, .float32: .float32
        case .float64: .float64
        case .null, .text, .largeText, .textView, .decimal: .string
        case .days, .dateMilliseconds, .time, .timestamp, .duration: .string
        case .binary, .largeBinary, .binaryView, .fixedBinary: .binary
        case .list, .largeList, .fixedList: element.map { .list($0) }
        case .structure, .unreadable: nil
        }
    }

    // MARK: Words of the C data interface

    private static let plain: [String: ArrowType] = [
        "n": .null, "b": .bool, "c": .int8, "C": .uint8, "s": .int16, "S": .uint16, "i": .int32, "I": .uint32,
        "l": .int64, "L": .uint64, "e": .float16, "f": .float32, "g": .float64, "u": .text, "U": .largeText,
        "vu": .textView, "z": .binary, "Z": .largeBinary, "vz": .binaryView, "tdD": .days, "tdm": .dateMilliseconds,
        "tts": .time(.seconds), "ttm": .time(.milliseconds), "ttu": .time(.microseconds), "ttn": .time(.nanoseconds),
        "tDs": .duration(.seconds), "tDm": .duration(.milliseconds), "tDu": .duration(.microseconds),
        "tDn": .duration(.nanoseconds), "+l": .list, "+L": .largeList, "+s": .structure,
    ]
    private static let names = [
        "+m": "map", "+ud": "union", "+us": "union", "+r": "run-end-encoded column", "+vl": "list view",
        "+vL": "list view", "tiM": "interval", "tiD": "interval", "tin": "interval",
    ]

    private static func unit(_ letter: Character?) -> Unit? {
        switch letter {
        case "s": .seconds
        case "m": .milliseconds
        case "u": .microseconds
        case "n": .nanoseconds
        default: nil
        }
    }

    /// `precision,scale` or `precision,scale,bits`.
    private static func decimal(_ text: String) -> ArrowType {
        let numbers = text.split(separator: ",").compactMap { Int($0) }
        let bits = numbers.count > 2 ? numbers[2] : 128
        guard numbers.count >= 2, (-1000...1000).contains(numbers[1]), [32, 64, 128, 256].contains(bits) else {
            return .unreadable("decimal \"\(text)\"")
        }
        return .decimal(scale: numbers[1], width: bits / 8)
    }
}

/// A column of a file, before it is read.
///
/// Fields of structs are columns of their own.
package struct TableColumn: Sendable, Hashable {
    /// Name; for a field of a struct `struct.field`.
    package let name: String
    /// What it holds in blocks; nil: it cannot be read.
    package let type: ColumnType?
    /// Whether values may be missing.
    package let isNullable: Bool
    /// Whether the file knows no type, as nothing but missing values was found.
    let isUntyped: Bool
    /// What it is in the file, for messages.
    let sourceType: String
    /// Which column of the file, and which field of that, and so on.
    let position: [Int]
}
