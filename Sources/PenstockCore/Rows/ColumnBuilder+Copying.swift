extension ColumnBuilder {
    /// Adds one row of another column; false when it does not fit.
    ///
    /// Numbers go into columns of other number types where nothing is lost.
    final func append(_ index: Int, of column: Column) -> Bool {
        guard column.isValid(index) else {
            appendNull()
            return true
        }
        switch column.values {
        case .bool(let bits): return bits[index].append(to: self)
        case .uint8(let values): return values[index].append(to: self) || column.value(index).append(to: self)
        case .int32(let values): return values[index].append(to: self) || column.value(index).append(to: self)
        case .int64(let values): return values[index].append(to: self) || column.value(index).append(to: self)
        case .float32(let values): return values[index].append(to: self) || column.value(index).append(to: self)
        case .float64(let values): return values[index].append(to: self) || column.value(index).append(to: self)
        case .string(let values): return append(bytes: values.value(index), as: .string)
        case .binary(let values): return append(bytes: values.value(index), as: .binary)
        case .list(let offsets, let elements):
            guard let list = self as? ListBuilder else { return false }
            for position in Int(offsets[index])..<Int(offsets[index + 1]) {
                guard list.elements.append(position, of: elements) else { return false }
            }
            list.endList()
            return true
        case .tensorUInt8(let tensor): return append(row: tensor, index)
        case .tensorFloat32(let tensor): return append(row: tensor, index)
        }
    }

    private func append(bytes: Buffer<UInt8>, as type: ColumnType) -> Bool {
        guard let builder = self as? VariableBuilder, self.type == type else { return false }
        builder.append(bytes.array)
        return true
    }

    private func append<Element>(row tensor: Tensor<Element>, _ index: Int) -> Bool {
        guard let builder = self as? TensorBuilder<Element>, builder.shape == tensor.rowShape else { return false }
        return builder.append(row: tensor.slice(index..<index + 1).elements.array)
    }
}
