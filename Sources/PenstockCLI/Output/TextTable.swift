import Penstock

/// Rows of text in aligned columns.
struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []
    private let rightAligned: Set<Int>

    init(_ header: [String], rightAligned: Set<Int> = []) {
        self.header = header
        self.rightAligned = rightAligned
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// Lines, each with `indent` in front.
    func lines(indent: String = "  ") -> [String] {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { row in
            var line =
                indent
                + row.indices.map { Format.pad(row[$0], widths[$0], right: rightAligned.contains($0)) }.joined(
                    separator: "  "
                )
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

extension TextTable {
    /// The rows of blocks as people read them.
    init(_ blocks: [Block], pathWidth: Int = 48) {
        let schema = blocks.first?.schema ?? Schema([])
        let numbers = schema.fields.indices.filter { schema.fields[$0].type.isNumber }
        self.init(schema.fields.map(\.name), rightAligned: Set(numbers))
        for block in blocks {
            for row in 0..<block.rowCount {
                add(block.columns.map { $0.text(row, width: pathWidth) })
            }
        }
    }
}

extension ColumnType {
    fileprivate var isNumber: Bool {
        switch self {
        case .uint8, .int32, .int64, .float32, .float64: true
        case .bool, .string, .binary, .list, .tensorUInt8, .tensorFloat32: false
        }
    }
}

extension Column {
    /// Values of a list that are printed; embeddings have hundreds.
    private static let shownItems = 5

    /// One value for people.
    func text(_ row: Int, width: Int) -> String {
        guard isValid(row) else { return "–" }
        switch values {
        case .bool(let bits): return "\(bits[row])"
        case .uint8(let buffer): return "\(buffer[row])"
        case .int32(let buffer): return "\(buffer[row])"
        case .int64(let buffer): return "\(buffer[row])"
        case .float32(let buffer): return Format.value(Double(buffer[row])) ?? "\(buffer[row])"
        case .float64(let buffer): return Format.value(buffer[row]) ?? "\(buffer[row])"
        case .string(let strings): return Format.tail(strings.string(row).filter { !$0.isNewline }, width)
        case .binary(let binaries): return "\(Bytes(binaries.value(row).count))"
        case .list(let offsets, let elements):
            let range = Int(offsets[row])..<Int(offsets[row + 1])
            var items = range.prefix(Self.shownItems).map { elements.text($0, width: width) }
            if range.count > items.count { items.append("… \(Format.count(range.count - items.count)) more") }
            return "[\(items.joined(separator: ", "))]"
        case .tensorUInt8(let tensor): return "uint8 \(tensor.rowShape)"
        case .tensorFloat32(let tensor): return "float \(tensor.rowShape)"
        }
    }
}
