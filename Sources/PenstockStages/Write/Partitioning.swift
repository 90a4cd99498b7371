import PenstockCore

/// Divides rows by the values of some columns, as Hive lays out tables: `year=2024/name=a%20b`.
///
/// The columns themselves are left out of the rows, since readers take them from the folders' names. In those, bytes other
/// than letters, digits, `-`, `_`, `.` and `~` are percent-encoded UTF-8; a missing value is `__HIVE_DEFAULT_PARTITION__`.
struct Partitioning {
    static let missing = "__HIVE_DEFAULT_PARTITION__"
    private static let longestName = 255
    let columns: [String]

    /// Rows of a block that go into one folder.
    typealias Part = (folder: String, rows: Block)

    /// The rows by folder, folders in the order of their first rows, rows in theirs.
    ///
    /// - Cost: nothing is copied when all rows go into one folder.
    /// - Throws: `.invalidInput` for a column that is not there or whose values cannot be a name, and when no other is left.
    func parts(of block: Block) throws(StageError) -> [Part] {
        var folders = [String](repeating: "", count: block.rowCount)
        for name in columns {
            guard let column = block[name] else {
                throw StageError(
                    .invalidInput,
                    "rows are to be partitioned by \"\(name)\"; they have [\(block.schema)]."
                )
            }
            try append(name, column, to: &folders)
        }
        let rest = zip(block.schema.fields.map(\.name), block.columns).filter { !columns.contains($0.0) }
        if rest.isEmpty {
            throw StageError(
                .invalidInput,
                "partitioning by [\(columns.joined(separator: ", "))] leaves no column to write. Keep at least one other."
            )
        }
        let data = Block(named: rest.map { (name: $0.0, column: $0.1) })
        var order: [String] = []
        var rows: [String: [Int]] = [:]
        for (row, folder) in folders.enumerated() {
            if rows[folder] == nil { order.append(folder) }
            rows[folder, default: []].append(row)
        }
        if order.count == 1 { return [(order[0], data)] }
        return order.map { ($0, data.rows(at: rows[$0] ?? [])) }
    }

    private func append(_ name: String, _ column: Column, to folders: inout [String]) throws(StageError) {
        let prefix = Self.encoded(name) + "="
        var known: [String: String] = [:]
        for row in folders.indices {
            let text = column.isValid(row) ? try value(column, row, name) : nil
            let folder: String
            if let text, let found = known[text] {
                folder = found
            } else {
                folder = prefix + (text.map(Self.encoded) ?? Self.missing)
                guard folder.utf8.count <= Self.longestName else {
                    throw StageError(
                        .invalidInput,
                        "a value of \"\(name)\" of \(text?.utf8.count ?? 0) bytes is too long for the name of a folder. "
                            + "Partition by another column."
                    )
                }
                if let text { known[text] = folder }
            }
            folders[row] += folders[row].isEmpty ? folder : "/" + folder
        }
    }

    private func value(_ column: Column, _ row: Int, _ name: String) throws(StageError) -> String {
        switch column.values {
        case .bool(let bits): return bits[row] ? "true" : "false"
        case .uint8(let buffer): return "\(buffer[row])"
        case .int32(let buffer): return "\(buffer[row])"
        case .int64(let buffer): return "\(buffer[row])"
        case .float32(let buffer): return "\(buffer[row])"
        case .float64(let buffer): return "\(buffer[row])"
        case .string(let strings): return strings.string(row)
        case .binary, .list, .tensorUInt8, .tensorFloat32:
            throw StageError(
                .invalidInput,
                "rows cannot be partitioned by \"\(name)\": its type is \(column.type). Use texts, numbers or booleans."
            )
        }
    }

    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return encoded
    }
}

extension Block {
    /// Some rows, copied, in the order given.
    func rows(at indices: [Int]) -> Block {
        Block(named: zip(schema.fields, columns).map { ($0.name, $1.rows(at: indices)) })
    }
}

extension Column {
    /// Some rows, copied, in the order given.
    func rows(at indices: [Int]) -> Column {
        Column(valuesOf(indices), validity: validity.map { bits in Bitmap(indices.map { bits[$0] }) })
    }

    private func valuesOf(_ indices: [Int]) -> Values {
        switch values {
        case .bool(let bits): .bool(Bitmap(indices.map { bits[$0] }))
        case .uint8(let buffer): .uint8(buffer.elements(at: indices))
        case .int32(let buffer): .int32(buffer.elements(at: indices))
        case .int64(let buffer): .int64(buffer.elements(at: indices))
        case .float32(let buffer): .float32(buffer.elements(at: indices))
        case .float64(let buffer): .float64(buffer.elements(at: indices))
        case .string(let values): .string(values.values(at: indices))
        case .binary(let values): .binary(values.values(at: indices))
        case .list(let offsets, let elements):
            Column(
                listOf: elements.rows(at: indices.flatMap { Int(offsets[$0])..<Int(offsets[$0 + 1]) }),
                lengths: indices.map { Int(offsets[$0 + 1] - offsets[$0]) }
            )
            .values
        case .tensorUInt8(let tensor): .tensorUInt8(tensor.rows(at: indices))
        case .tensorFloat32(let tensor): .tensorFloat32(tensor.rows(at: indices))
        }
    }
}

extension Buffer {
    fileprivate func elements(at indices: [Int]) -> Buffer {
        var chosen = MutableBuffer<Element>(count: indices.count)
        chosen.withMutableSpan { span in
            for (position, index) in indices.enumerated() { span[position] = self[index] }
        }
        return chosen.freeze()
    }
}

extension VariableBytes {
    fileprivate func values(at indices: [Int]) -> VariableBytes {
        VariableBytes(lengths: indices.map { range($0).count }) { span in
            var position = 0
            for index in indices {
                for byte in range(index) {
                    span[position] = bytes[byte]
                    position += 1
                }
            }
        }
    }
}

extension Tensor {
    fileprivate func rows(at indices: [Int]) -> Tensor {
        let stride = rowStride
        let positions = indices.flatMap { $0 * stride..<($0 + 1) * stride }
        return Tensor(shape: [indices.count] + rowShape, elements: elements.elements(at: positions))
    }
}
