import PenstockCore
import PenstockPlan
import Testing

@testable import PenstockStages

extension Column {
    /// Every row as text: what a test compares, whatever memory lies behind it.
    var cells: [String] { (0..<count).map { isValid($0) ? cell($0) : "null" } }

    private func cell(_ row: Int) -> String {
        switch values {
        case .bool(let bits): "\(bits[row])"
        case .uint8(let buffer): "\(buffer[row])"
        case .int32(let buffer): "\(buffer[row])"
        case .int64(let buffer): "\(buffer[row])"
        case .float32(let buffer): "\(buffer[row])"
        case .float64(let buffer): "\(buffer[row])"
        case .string(let strings): "'\(strings.string(row))'"
        case .binary(let binaries): "\(binaries.value(row).array)"
        case .list(let offsets, let elements):
            "[\(elements.slice(Int(offsets[row])..<Int(offsets[row + 1])).cells.joined(separator: ", "))]"
        case .tensorUInt8(let tensor): "\(tensor.slice(row..<row + 1).elements.array)"
        case .tensorFloat32(let tensor): "\(tensor.slice(row..<row + 1).elements.array)"
        }
    }
}

extension Block {
    /// Columns as texts, by name.
    var cells: [String: [String]] {
        Dictionary(uniqueKeysWithValues: zip(schema.fields.map(\.name), columns.map(\.cells)))
    }
}

/// Rows of a finished file, joined.
func tableRows(_ path: String, _ format: OutputFormat = .parquet) throws -> Block? {
    let reader = try TableFileReader(path, format: format)
    var blocks: [Block] = []
    while let block = try reader.next() { blocks.append(block) }
    return blocks.isEmpty ? nil : try Block.concatenate(blocks)
}

/// Writes blocks of one schema into a file and reads them back.
func roundTrip(_ blocks: [Block], _ path: String, _ format: OutputFormat = .parquet) throws -> Block? {
    let schema = try #require(blocks.first).schema
    let writer = try TableFileWriter(path, format: format, schema: schema)
    for block in blocks { try writer.write(block) }
    try writer.finish()
    return try tableRows(path, format)
}
