import Foundation
import Penstock

extension CanonicalColumn {
    /// The column after its way through a file of that format, as `reader` gives it.
    ///
    /// CSV and JSON know fewer types: one of whole numbers and one of others; binary is base64, a list in CSV is JSON text, and
    /// JSON has no word for NaN and infinity.
    func asRead(from format: OutputFormat, by reader: String) -> CanonicalColumn {
        switch format {
        case .parquet: return self
        case .csv:
            guard !type.hasPrefix("list<") else {
                return CanonicalColumn(name, "string", cells.map { $0 == .missing ? $0 : .text($0.json(type)) })
            }
            return CanonicalColumn(name, Self.textType(type), cells.map { $0.asText(type) })
        case .jsonl:
            let finite = CanonicalColumn(name, Self.textType(type), cells.map { $0.asText(type).finite(type) })
            return reader == "ray" ? finite.asFrameOfPandas : finite
        }
    }

    /// Ray reads JSON through pandas, whose whole numbers and truth values cannot be missing.
    private var asFrameOfPandas: CanonicalColumn {
        guard cells.contains(.missing), type == "int64" || type == "bool" else { return self }
        return CanonicalColumn(
            name,
            "double",
            cells.map { cell in
                guard case .text(let text) = cell else { return cell }
                return .text((type == "bool" ? (text == "true" ? 1 : 0) : Double(text) ?? .nan).digits)
            }
        )
    }

    /// Doubles with 14 digits, as the reader of pandas is wrong in the last ones.
    func rounded() -> CanonicalColumn {
        guard type == "double" else { return self }
        return CanonicalColumn(
            name,
            type,
            cells.map { cell in
                guard case .text(let text) = cell else { return cell }
                return .text(String(format: "%.13e", Cell.double(text, type)))
            }
        )
    }

    /// The type that readers of text find.
    private static func textType(_ type: String) -> String {
        switch type {
        case "uint8", "int32": "int64"
        case "float": "double"
        case "binary": "string"
        default: type.hasPrefix("list<") ? "list<\(textType(element(type)))>" : type
        }
    }

    /// `int32` of `list<int32>`.
    fileprivate static func element(_ type: String) -> String { String(type.dropFirst(5).dropLast()) }
}

extension CanonicalColumn.Cell {
    fileprivate func asText(_ type: String) -> Self {
        switch self {
        case .missing: .missing
        case .list(let cells): .list(cells.map { $0.asText(CanonicalColumn.element(type)) })
        case .text(let text) where type == "float": .text(Self.double(text, type).digits)
        case .text(let text) where type == "binary": .text(Self.base64(text))
        case .text: self
        }
    }

    /// The same without what JSON has no word for.
    fileprivate func finite(_ type: String) -> Self {
        guard case .text(let text) = self, type == "float" || type == "double" else { return self }
        return Self.double(text, "double").isFinite ? self : .missing
    }

    /// As lists are written in CSV.
    fileprivate func json(_ type: String) -> String {
        switch self {
        case .missing: "null"
        case .list(let cells):
            "[" + cells.map { $0.json(CanonicalColumn.element(type)) }.joined(separator: ", ") + "]"
        case .text(let text) where type == "string": "\"\(text)\""
        case .text(let text) where type == "float": "\(Float(Self.double(text, type)))"
        case .text(let text) where type == "double": "\(Self.double(text, type))"
        case .text(let text): text
        }
    }

    /// A float is written with the fewest digits that tell it from others, and read as the nearest double to those.
    fileprivate static func double(_ digits: String, _ type: String) -> Double {
        guard digits != "nan" else { return .nan }
        if type == "float" {
            return Double("\(Float(bitPattern: UInt32(digits, radix: 16) ?? 0))") ?? .nan
        }
        return Double(bitPattern: UInt64(digits, radix: 16) ?? 0)
    }

    private static func base64(_ hexadecimal: String) -> String {
        let digits = Array(hexadecimal)
        let bytes = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
        }
        return Data(bytes).base64EncodedString()
    }
}
