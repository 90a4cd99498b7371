extension Block {
    /// Rows by number, in the order given; a number may come more than once.
    ///
    /// - Cost: one copy of the values taken; none when `indices` is one ascending run, which shares memory.
    /// - Throws: `.tooLarge` when texts or binaries of the result pass 2 GiB.
    public func taking(_ indices: [Int]) throws(StageError) -> Block {
        if let run = Self.run(indices) { return slice(run) }
        var gathered: [(name: String, column: Column)] = []
        for (field, column) in zip(schema.fields, columns) {
            gathered.append((field.name, try column.taking(indices)))
        }
        return Block(unchecked: gathered, rowCount: indices.count)
    }

    /// The range, if the numbers are one ascending run without gaps.
    private static func run(_ indices: [Int]) -> Range<Int>? {
        guard let first = indices.first, let last = indices.last else { return 0..<0 }
        guard last - first == indices.count - 1 else { return nil }
        for offset in indices.indices where indices[offset] != first + offset { return nil }
        return first..<last + 1
    }
}

extension Column {
    func taking(_ indices: [Int]) throws(StageError) -> Column {
        Column(try takenValues(indices), validity: validity.map { bits in Bitmap(indices.map { bits[$0] }) })
    }

    private func takenValues(_ indices: [Int]) throws(StageError) -> Values {
        switch values {
        case .bool(let bits): return .bool(Bitmap(indices.map { bits[$0] }))
        case .uint8(let buffer): return .uint8(buffer.taking(indices))
        case .int32(let buffer): return .int32(buffer.taking(indices))
        case .int64(let buffer): return .int64(buffer.taking(indices))
        case .float32(let buffer): return .float32(buffer.taking(indices))
        case .float64(let buffer): return .float64(buffer.taking(indices))
        case .string(let values): return .string(try values.taking(indices))
        case .binary(let values): return .binary(try values.taking(indices))
        case .list(let offsets, let elements):
            var lengths: [Int] = []
            var positions: [Int] = []
            for index in indices {
                let range = Int(offsets[index])..<Int(offsets[index + 1])
                lengths.append(range.count)
                positions += range
            }
            guard positions.count <= Int(Int32.max) else {
                throw StageError(.tooLarge, "\(positions.count) list elements in one block; the limit is 2^31.")
            }
            return Column(listOf: try elements.taking(positions), lengths: lengths).values
        case .tensorUInt8(let tensor): return .tensorUInt8(tensor.taking(indices))
        case .tensorFloat32(let tensor): return .tensorFloat32(tensor.taking(indices))
        }
    }
}

extension Buffer {
    fileprivate func taking(_ indices: [Int]) -> Buffer {
        var taken = MutableBuffer<Element>(count: indices.count)
        withSpan { source in
            taken.withMutableSpan { target in
                for position in indices.indices { target[position] = source[indices[position]] }
            }
        }
        return taken.freeze()
    }
}

extension VariableBytes {
    fileprivate func taking(_ indices: [Int]) throws(StageError) -> VariableBytes {
        let total = indices.reduce(0) { $0 + range($1).count }
        guard total <= Int(Int32.max) else {
            throw StageError(.tooLarge, "the rows taken have \(Bytes(total)) in one column; the limit is 2 GiB.")
        }
        return VariableBytes(lengths: indices.map { range($0).count }) { span in
            var position = 0
            for index in indices {
                value(index).withSpan { source in
                    for offset in 0..<source.count { span[position + offset] = source[offset] }
                    position += source.count
                }
            }
        }
    }
}

extension Tensor {
    fileprivate func taking(_ indices: [Int]) -> Tensor {
        let parts = indices.map { slice($0..<$0 + 1).elements }
        return Tensor(shape: [indices.count] + shape.dropFirst(), elements: Buffer.concatenate(parts))
    }
}
