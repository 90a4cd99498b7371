extension Column {
    /// The rows of several columns of one type, in order.
    ///
    /// - Cost: one copy of every value; none when there is only one column.
    /// - Throws: `.invalidInput` when types differ, or when texts or binaries together exceed 2 GiB.
    package static func concatenate(_ columns: [Column]) throws(StageError) -> Column {
        guard let first = columns.first else { throw StageError(.invalidInput, "no columns to join") }
        if columns.count == 1 { return first }
        guard let odd = columns.first(where: { $0.type != first.type }) else {
            return Column(try joinedValues(columns, like: first), validity: joinedValidity(columns))
        }
        throw StageError(
            .invalidInput,
            "columns of type \(first.type) and \(odd.type) cannot be joined. Give every value of a column the same type; where code makes it, declare it with schema:."
        )
    }

    private static func joinedValidity(_ columns: [Column]) -> Bitmap? {
        guard columns.contains(where: { $0.validity != nil }) else { return nil }
        return Bitmap(columns.flatMap { column in (0..<column.count).map { column.isValid($0) } })
    }

    private static func joinedValues(_ columns: [Column], like first: Column) throws(StageError) -> Values {
        switch first.values {
        case .bool:
            return .bool(
                Bitmap(
                    columns.flatMap { column in
                        column.parts { if case .bool(let bits) = $0 { (0..<bits.count).map { bits[$0] } } else { nil } }
                    }
                )
            )
        case .uint8: return .uint8(join(columns) { if case .uint8(let buffer) = $0 { buffer } else { nil } })
        case .int32: return .int32(join(columns) { if case .int32(let buffer) = $0 { buffer } else { nil } })
        case .int64: return .int64(join(columns) { if case .int64(let buffer) = $0 { buffer } else { nil } })
        case .float32: return .float32(join(columns) { if case .float32(let buffer) = $0 { buffer } else { nil } })
        case .float64: return .float64(join(columns) { if case .float64(let buffer) = $0 { buffer } else { nil } })
        case .string: return .string(try joinVariable(columns))
        case .binary: return .binary(try joinVariable(columns))
        case .list: return try joinLists(columns)
        case .tensorUInt8(let tensor):
            let elements = join(columns) { if case .tensorUInt8(let tensor) = $0 { tensor.elements } else { nil } }
            return .tensorUInt8(Tensor(shape: [columns.rowCount] + tensor.rowShape, elements: elements))
        case .tensorFloat32(let tensor):
            let elements = join(columns) { if case .tensorFloat32(let tensor) = $0 { tensor.elements } else { nil } }
            return .tensorFloat32(Tensor(shape: [columns.rowCount] + tensor.rowShape, elements: elements))
        }
    }

    private func parts<Part>(_ extract: (Values) -> [Part]?) -> [Part] { extract(values) ?? [] }

    private static func join<Element>(_ columns: [Column], _ extract: (Values) -> Buffer<Element>?) -> Buffer<Element> {
        Buffer.concatenate(columns.compactMap { extract($0.values) })
    }

    private static func joinVariable(_ columns: [Column]) throws(StageError) -> VariableBytes {
        let parts = columns.compactMap { column in
            switch column.values {
            case .string(let values), .binary(let values): values
            default: nil
            }
        }
        let total = parts.reduce(0) { $0 + $1.byteCount }
        guard total <= Int(Int32.max) else {
            throw StageError(
                .tooLarge,
                "joining \(parts.count) blocks gives \(Bytes(total)) in one column; the limit is 2 GiB. Use smaller blocks."
            )
        }
        let lengths = parts.flatMap { part in (0..<part.count).map { part.range($0).count } }
        let bytes = Buffer.concatenate(parts.map { $0.bytes.slice(Int($0.offsets[0])..<Int($0.offsets[$0.count])) })
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(lengths.count + 1)
        for length in lengths { offsets.append(offsets[offsets.count - 1] + Int32(length)) }
        return VariableBytes(offsets: Buffer(offsets), bytes: bytes)
    }

    private static func joinLists(_ columns: [Column]) throws(StageError) -> Values {
        var lengths: [Int] = []
        var elements: [Column] = []
        for column in columns {
            guard case .list(let offsets, let values) = column.values else { continue }
            lengths += (0..<offsets.count - 1).map { Int(offsets[$0 + 1] - offsets[$0]) }
            elements.append(listElements(offsets, values))
        }
        return Column(listOf: try concatenate(elements), lengths: lengths).values
    }
}

extension [Column] {
    fileprivate var rowCount: Int { reduce(0) { $0 + $1.count } }
}

extension Buffer {
    /// The elements of several buffers, in order.
    ///
    /// - Cost: one allocation, one copy.
    package static func concatenate(_ parts: [Buffer]) -> Buffer {
        var joined = MutableBuffer<Element>(count: parts.reduce(0) { $0 + $1.count })
        unsafe joined.withUnsafeMutablePointer { target in
            var position = 0
            for part in parts {
                unsafe part.withUnsafePointer { source in
                    unsafe (target + position).update(from: source, count: part.count)
                }
                position += part.count
            }
        }
        return joined.freeze()
    }
}
