import PenstockCore
import PenstockPlan

/// One output of a model and the column that it becomes.
struct OutputColumn: Sendable, Hashable {
    /// Position in the model.
    let index: Int
    let name: String
    /// As the file declares it: what decides about the column's type, so that this is known before anything is compiled.
    let port: TensorPort

    /// The wanted outputs, in the model's order.
    ///
    /// - Throws: `.invalidModel` for an output that cannot become a column, `.invalidInput` for a name that is none.
    static func all(
        of job: ModelJob,
        _ signature: ModelSignature,
        besides kept: [String]
    ) throws(StageError) -> [OutputColumn] {
        let names = signature.outputs.map(\.name)
        if let stray = job.outputs.keys.sorted().first(where: { !names.contains($0) }) {
            let outputs = signature.outputs.map(\.description).joined(separator: ", ")
            throw StageError(
                .invalidInput,
                "the model has no output \"\(stray)\"; those of \"\(job.model)\" are \(outputs). Correct the name in `outputs`."
            )
        }
        var taken = Set(kept)
        var columns: [OutputColumn] = []
        for (index, port) in signature.outputs.enumerated() {
            guard job.outputs.isEmpty || job.outputs[port.name] != nil else { continue }
            let name = job.outputs[port.name] ?? freeName(port.name, besides: taken)
            guard taken.insert(name).inserted, !name.isEmpty else {
                throw StageError(
                    .invalidInput,
                    "output \(port) cannot become column \"\(name)\": that name is empty or taken. Choose another in `outputs`, or leave the other column out with `keep`."
                )
            }
            try check(port)
            columns.append(OutputColumn(index: index, name: name, port: port))
        }
        return columns
    }

    private static func check(_ port: TensorPort) throws(StageError) {
        if port.shape?.isEmpty == true { throw withoutRows(port, "") }
        guard port.type == .other else { return }
        throw StageError(
            .invalidModel,
            "output \(port) cannot become a column. Leave it out: name the outputs that you want in `outputs`."
        )
    }

    /// The error for an output whose first axis does not count rows.
    static func withoutRows(_ port: TensorPort, _ detail: String) -> StageError {
        StageError(
            .invalidModel,
            "output \(port) has no axis of rows\(detail), so it cannot become a column: a column has one value for each row. Leave it out: name the outputs that you want in `outputs`."
        )
    }

    /// A name in letters, digits and `_` that no other column has.
    private static func freeName(_ name: String, besides taken: Set<String>) -> String {
        var plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        plain = String(plain.drop { $0 == "_" })
        if plain.first?.isNumber ?? true { plain = plain.isEmpty ? "output" : "output_\(plain)" }
        if !taken.contains(plain) { return plain }
        var number = 2
        while taken.contains("\(plain)_\(number)") { number += 1 }
        return "\(plain)_\(number)"
    }

    // MARK: Type

    private enum Layout {
        case number, list, tensor
    }

    /// How rows of so many axes lie in a column; one that may have one number or more by its declaration is a list always.
    private func layout(_ rowShape: [Int?]) -> Layout {
        switch rowShape.count {
        case 0: .number
        case 1: rowShape[0] == 1 ? .number : .list
        default: [.float32, .uint8].contains(numberType) ? .tensor : .list
        }
    }

    /// The column's numbers.
    private var numberType: ColumnType {
        switch port.type {
        case .bool: .bool
        case .u8: .uint8
        case .i8, .u16, .i16, .i32: .int32
        case .u32, .i64: .int64
        case .u64, .f64: .float64
        case .bf16, .f16, .f32, .other: .float32
        }
    }

    /// The column's type; nil: it depends on what the model gives while it runs.
    var type: ColumnType? {
        guard let rowShape = port.rowShape else { return nil }
        switch layout(rowShape) {
        case .number: return numberType
        case .list: return .list(numberType)
        case .tensor:
            let sizes = rowShape.compactMap(\.self)
            guard sizes.count == rowShape.count else { return nil }
            return numberType == .uint8 ? .tensorUInt8(sizes) : .tensorFloat32(sizes)
        }
    }

    /// Bytes of one row in the column; nil: known only while running.
    func rowBytes(_ compiled: TensorPort) -> Int? {
        let size =
            switch numberType {
            case .bool, .uint8: 1
            case .int64, .float64: 8
            default: 4
            }
        guard let count = compiled.rowElementCount,
            case let (bytes, overflow) = count.multipliedReportingOverflow(by: size),
            !overflow
        else { return nil }
        return bytes
    }

    // MARK: Values

    /// The first `keep` of `rows` rows as a column.
    ///
    /// - Cost: one copy.
    func column(
        _ bytes: RawSpan,
        _ type: ElementType,
        _ shape: [Int],
        rows: Int,
        keep: Int
    ) throws(StageError) -> Column {
        guard let first = shape.first, first == rows, rows > 0 else {
            throw Self.withoutRows(port, ": it gave \(shape) for \(rows) rows")
        }
        let perRow = shape.dropFirst().reduce(1, *)
        guard perRow * rows * type.byteCount == bytes.byteCount else {
            throw StageError(.inferenceFailed, "output \(port) gave \(bytes.byteCount) bytes for the shape \(shape).")
        }
        let values = try values(bytes, type, count: keep * perRow)
        let rowShape = Array(shape.dropFirst())
        switch layout(port.rowShape ?? rowShape.map { $0 == 1 && port.shape == nil ? nil : $0 }) {
        case .number:
            guard perRow == 1 else { throw Self.withoutRows(port, ": it gave \(shape) for \(rows) rows") }
            return values
        case .list: return try list(values, rows: keep, perRow: perRow)
        case .tensor:
            switch values.values {
            case .float32(let buffer): return Column(.tensorFloat32(Tensor(shape: [keep] + rowShape, elements: buffer)))
            case .uint8(let buffer): return Column(.tensorUInt8(Tensor(shape: [keep] + rowShape, elements: buffer)))
            default: return try list(values, rows: keep, perRow: perRow)
            }
        }
    }

    private func list(_ values: Column, rows: Int, perRow: Int) throws(StageError) -> Column {
        guard values.count <= Int(Int32.max) else {
            throw StageError(
                .tooLarge,
                "output \(port) gave \(values.count) numbers for \(rows) rows; a list column holds 2^31 - 1. Use a smaller batch size."
            )
        }
        return Column(listOf: values, lengths: Array(repeating: perRow, count: rows))
    }

    private func values(_ bytes: RawSpan, _ type: ElementType, count: Int) throws(StageError) -> Column {
        switch type {
        case .bool: Column(.bool(Bitmap(read(bytes, count) { (byte: UInt8) in byte != 0 }.array)))
        case .u8: Column(.uint8(read(bytes, count) { (number: UInt8) in number }))
        case .i8: Column(.int32(read(bytes, count) { (number: Int8) in Int32(number) }))
        case .u16: Column(.int32(read(bytes, count) { (number: UInt16) in Int32(number) }))
        case .i16: Column(.int32(read(bytes, count) { (number: Int16) in Int32(number) }))
        case .i32: Column(.int32(read(bytes, count) { (number: Int32) in number }))
        case .u32: Column(.int64(read(bytes, count) { (number: UInt32) in Int64(number) }))
        case .i64: Column(.int64(read(bytes, count) { (number: Int64) in number }))
        case .u64: Column(.float64(read(bytes, count) { (number: UInt64) in Double(number) }))
        case .bf16: Column(.float32(read(bytes, count) { (bits: UInt16) in BrainFloat(bits: bits).float }))
        case .f16: Column(.float32(read(bytes, count) { (bits: UInt16) in Half(bits: bits).float }))
        case .f32: Column(.float32(read(bytes, count) { (number: Float) in number }))
        case .f64: Column(.float64(read(bytes, count) { (number: Double) in number }))
        case .other: throw StageError(.invalidModel, "output \(port) cannot become a column.")
        }
    }

    private func read<Source: BitwiseCopyable, Target: BitwiseCopyable & Sendable>(
        _ bytes: RawSpan,
        _ count: Int,
        _ convert: (Source) -> Target
    ) -> Buffer<Target> {
        var numbers = MutableBuffer<Target>(count: count)
        numbers.withMutableSpan { span in
            for index in 0..<count {
                span[index] = convert(
                    unsafe bytes.unsafeLoad(fromByteOffset: index * MemoryLayout<Source>.stride, as: Source.self)
                )
            }
        }
        return numbers.freeze()
    }
}
