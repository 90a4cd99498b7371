import PenstockCore

/// One input of a model and the column that feeds it.
struct InputBinding: Sendable {
    let port: TensorPort
    /// Position of the column.
    let column: Int
    let columnName: String
    /// Shape of the tensor's rows; nil: it follows from how many numbers a list has.
    let rowShape: [Int]?
    /// Pixels become numbers before they are given to the model.
    let pixels: PixelNumbers?

    /// The column's rows.
    func rows(_ block: Block) throws(StageError) -> NumberRows {
        var column = block.columns[column]
        if let pixels, case .tensorUInt8(let tensor) = column.values {
            column = Column(.tensorFloat32(pixels.tensor(tensor)), validity: column.validity)
        }
        guard let rows = NumberRows(column) else {
            throw StageError(.invalidInput, "column \"\(columnName)\" (\(column.type)) is not made of numbers.")
        }
        return rows
    }

    /// Whether rows have to be looked at one by one.
    func needsLook(_ rows: NumberRows, rowCount: Int) -> Bool {
        !rows.isRegular || unfit(rows, 0..<rowCount) != nil
    }

    /// Why a row cannot be given to the model; nil: it can.
    func problem(_ rows: NumberRows, _ row: Int) -> String? {
        guard rows.isPresent(row) else {
            return "column \"\(columnName)\" has no value in this row, and the model's input \(port) needs one."
        }
        let count = rows.count(row)
        if rowShape == nil, count == 0 || port.rowShape(ofCount: count) == nil {
            let wanted = port.rowElementCount.map { "takes \($0)" } ?? "takes another number of them"
            return "column \"\(columnName)\" has \(count) numbers in this row, and the model's input \(port) \(wanted)."
        }
        if let position = rows.firstMissing(row) {
            return
                "number \(position) of column \"\(columnName)\" is missing in this row, and the model's input \(port) needs it."
        }
        guard let (number, type) = unfit(rows, row..<row + 1) else { return nil }
        let reason = type == port.type ? "" : ", in which OpenVINO computes \(port.type.rawValue)"
        return
            "column \"\(columnName)\" has \(number) in this row, and the model's input \(port) takes numbers that fit \(type.rawValue)\(reason)."
    }

    /// The first number that the model's type or the library's arithmetic cannot hold, and which of the two.
    private func unfit(_ rows: NumberRows, _ range: Range<Int>) -> (number: String, type: ElementType)? {
        let elements = rows.elementRange(range)
        for type in [port.type, port.type.arithmetic] {
            if let number = rows.firstUnfit(elements, type) { return (number, type) }
        }
        return nil
    }

    /// Rows as the model takes them; none of them has a problem, and all have as many numbers.
    func tensor(_ rows: NumberRows, _ range: Range<Int>) -> InputTensor {
        let elements = rows.elementRange(range)
        let shape = rowShape ?? port.rowShape(ofCount: elements.count / max(range.count, 1)) ?? [elements.count]
        return InputTensor(port.type, shape: [range.count] + shape, bytes: rows.bytes(elements, as: port.type))
    }
}

extension TensorPort {
    /// The shape of a row that has so many numbers; nil where it cannot have them, or where more than one size is open.
    func rowShape(ofCount count: Int) -> [Int]? {
        guard let rowShape else { return [count] }
        if let fixed = rowElementCount { return fixed == count ? rowShape.compactMap(\.self) : nil }
        guard rowShape.count(where: { $0 == nil }) == 1 else { return nil }
        let rest = TensorPort(name: name, type: type, shape: [nil] + rowShape.filter { $0 != nil })
        guard let known = rest.rowElementCount, known > 0, count % known == 0 else { return nil }
        return rowShape.map { $0 ?? count / known }
    }

    /// The shape in which the model takes rows that have a shape of their own; nil where it takes none of that shape.
    ///
    /// The numbers stay in their order: axes of 1 come and go, rows may be flattened and a flat row may be given axes, but no
    /// axes are exchanged or cut in another way, as `[height, width, 3]` would become nonsense as `[3, height, width]`.
    func rowShape(fitting columnShape: [Int]) -> [Int]? {
        guard let rowShape else { return columnShape }
        if rowShape.count == columnShape.count {
            let fits = zip(rowShape, columnShape).allSatisfy { $0 == nil || $0 == $1 }
            if fits { return columnShape }
        }
        // Sizes do not overflow: the column exists.
        let count = columnShape.reduce(1, *)
        if rowElementCount == nil {
            return columnShape.count == 0 || rowShape.count == 1 ? self.rowShape(ofCount: count) : nil
        }
        let (mine, theirs) = (rowShape.compactMap(\.self), columnShape)
        let (mineLong, theirsLong) = (mine.filter { $0 != 1 }, theirs.filter { $0 != 1 })
        let isSameOrder = mineLong == theirsLong || mineLong.count <= 1 || theirsLong.count <= 1
        return rowElementCount == count && isSameOrder ? mine : nil
    }
}
