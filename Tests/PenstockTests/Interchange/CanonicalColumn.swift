import Foundation
import Penstock

/// A column in the form in which tests compare tables of different programs; `Tests/Interchange/canonical.py` is its twin.
struct CanonicalColumn: Codable, Hashable {
    /// One value: nothing, a text, or a list's values.
    enum Cell: Hashable {
        case missing
        case text(String)
        case list([Cell])
    }

    var name: String
    var type: String
    var cells: [Cell]

    /// A column of a block, as it is.
    init(_ name: String, _ column: Column) {
        self.init(name, "\(column.type.inFiles)", (0..<column.count).map { column.cell($0) })
    }

    init(_ name: String, _ type: String, _ cells: [Cell]) {
        self.name = name
        self.type = type
        self.cells = cells
    }

    /// The columns of blocks of one schema, sorted by the column `row` where there is one.
    static func columns(_ blocks: [Block]) throws -> [CanonicalColumn] {
        guard !blocks.isEmpty else { return [] }
        let block = try Block.concatenate(blocks)
        var order = Array(0..<block.rowCount)
        if let rows = block["row"], case .int64(let numbers) = rows.values { order.sort { numbers[$0] < numbers[$1] } }
        return zip(block.schema.fields, block.columns).map { field, column in
            let all = CanonicalColumn(field.name, column)
            return CanonicalColumn(all.name, all.type, order.map { all.cells[$0] })
        }
    }

    /// What differs between two tables, for people; empty when nothing does.
    static func differences(_ found: [CanonicalColumn], _ wanted: [CanonicalColumn]) -> [String] {
        guard found.map(\.name) == wanted.map(\.name) else {
            return ["columns are \(found.map(\.name)), not \(wanted.map(\.name))"]
        }
        return zip(found, wanted).compactMap { found, wanted in
            if found == wanted { return nil }
            if found.type != wanted.type { return "\(found.name) is \(found.type), not \(wanted.type)" }
            let row = zip(found.cells, wanted.cells).enumerated().first { $1.0 != $1.1 }?.offset
            guard let row else { return "\(found.name) has \(found.cells.count) rows, not \(wanted.cells.count)" }
            return "\(found.name), row \(row): \(found.cells[row]), not \(wanted.cells[row])"
        }
    }
}

extension CanonicalColumn.Cell: Codable, CustomStringConvertible {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .missing
        } else {
            do { self = .text(try value.decode(String.self)) } catch {
                self = .list(try value.decode([Self].self))
            }
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .missing: try value.encodeNil()
        case .text(let text): try value.encode(text)
        case .list(let cells): try value.encode(cells)
        }
    }

    var description: String {
        switch self {
        case .missing: "nothing"
        case .text(let text): "'\(text)'"
        case .list(let cells): "\(cells)"
        }
    }
}

extension ColumnType {
    /// Tensors lie in files as lists.
    fileprivate var inFiles: ColumnType {
        switch self {
        case .tensorUInt8: .list(.uint8)
        case .tensorFloat32: .list(.float32)
        case .list(let element): .list(element.inFiles)
        default: self
        }
    }
}

extension Column {
    /// One value, in canonical form.
    fileprivate func cell(_ row: Int) -> CanonicalColumn.Cell {
        guard isValid(row) else { return .missing }
        switch values {
        case .bool(let bits): return .text("\(bits[row])")
        case .uint8(let buffer): return .text("\(buffer[row])")
        case .int32(let buffer): return .text("\(buffer[row])")
        case .int64(let buffer): return .text("\(buffer[row])")
        case .float32(let buffer): return .text(buffer[row].digits)
        case .float64(let buffer): return .text(buffer[row].digits)
        case .string(let strings): return .text(strings.string(row))
        case .binary(let binaries): return .text(binaries.value(row).array.map { hexadecimal($0, 2) }.joined())
        case .list(let offsets, let elements):
            return .list((Int(offsets[row])..<Int(offsets[row + 1])).map { elements.cell($0) })
        case .tensorUInt8(let tensor): return .list(tensor.slice(row..<row + 1).elements.array.map { .text("\($0)") })
        case .tensorFloat32(let tensor):
            return .list(tensor.slice(row..<row + 1).elements.array.map { .text($0.digits) })
        }
    }
}

extension BinaryFloatingPoint {
    /// The bits, so that nothing is rounded and -0 is not 0; all NaNs are one.
    var digits: String {
        if isNaN { return "nan" }
        return switch self {
        case let float as Float: hexadecimal(float.bitPattern, 8)
        default: hexadecimal(Double(self).bitPattern, 16)
        }
    }
}

private func hexadecimal(_ number: some BinaryInteger, _ digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
}
