import PenstockCore
import PenstockPlan

/// Finds the column for each input of a model.
struct ColumnMatcher {
    let job: ModelJob
    let signature: ModelSignature
    let schema: Schema

    /// Inputs and columns, as every message here ends with them.
    var overview: String {
        let inputs = signature.inputs.map(\.description).joined(separator: ", ")
        return "The inputs of \"\(job.model)\" are \(inputs); the rows have [\(schema)]."
    }

    /// The position of a column for each input, in the model's order.
    func columns() throws(StageError) -> [Int] {
        let names = Set(signature.inputs.map(\.name))
        if let stray = job.inputs.keys.sorted().first(where: { !names.contains($0) }) {
            throw StageError(
                .invalidInput,
                "the model has no input \"\(stray)\". \(overview) Correct the name in `inputs`."
            )
        }
        var columns: [Int] = []
        for port in signature.inputs { columns.append(try column(port)) }
        return columns
    }

    private func column(_ port: TensorPort) throws(StageError) -> Int {
        if let name = job.inputs[port.name] {
            if let index = schema.index(of: name) { return index }
            throw StageError(
                .invalidInput,
                "there is no column \"\(name)\" for the model's input \(port). \(overview) \(hint(port, nil))"
            )
        }
        if let index = schema.index(of: port.name) { return index }
        let fitting = schema.fields.indices.filter { shape(port, schema.fields[$0].type) != nil }
        if signature.inputs.count == 1, fitting.count == 1 { return fitting[0] }
        let choice = fitting.isEmpty ? "no column fits it" : "it must be said which one feeds it"
        throw StageError(
            .invalidInput,
            "the model's input \(port) has no column of its name, and \(choice). \(overview) \(hint(port, fitting.first))"
        )
    }

    private func hint(_ port: TensorPort, _ column: Int?) -> String {
        let name = column.map { schema.fields[$0].name } ?? "column"
        return "Name the column: inputs: [\"\(port.name)\": \"\(name)\"], or --input \(port.name)=\(name)."
    }

    /// The shape in which a column's rows can be given to an input, nil inside for lists; nil: they cannot.
    private func shape(_ port: TensorPort, _ type: ColumnType) -> [Int]?? {
        if port.imageSize(type) != nil { return .some([]) }
        guard let kind = NumberRows.kind(of: type), NumberRows.canConvert(kind.element, to: port.type) else {
            return nil
        }
        guard let rowShape = kind.rowShape else { return .some(nil) }
        return port.rowShape(fitting: rowShape).map { .some($0) }
    }

    /// Joins an input and its column.
    func binding(_ port: TensorPort, _ column: Int) throws(StageError) -> InputBinding {
        let field = schema.fields[column]
        if port.shape?.isEmpty == true {
            throw StageError(.invalidModel, "the model's input \(port) has no axis of rows, so no column can feed it.")
        }
        var pixels: PixelNumbers?
        if port.type.isFloat, let size = port.imageSize(field.type) {
            let image = ImageInput(width: size.width, height: size.height, job.preprocessing)
            pixels = PixelNumbers(image: image, isChannelsFirst: port.isChannelsFirst)
        }
        let type = pixels.map { ColumnType.tensorFloat32($0.rowShape) } ?? field.type
        guard let kind = NumberRows.kind(of: type), let shape = shape(port, type) else {
            throw StageError(
                .invalidInput,
                "column \"\(field.name)\" (\(field.type)) cannot feed the model's input \(port): \(obstacle(port, type)). \(overview)"
            )
        }
        let rowShape = kind.rowShape == nil ? nil : shape
        return InputBinding(port: port, column: column, columnName: field.name, rowShape: rowShape, pixels: pixels)
    }

    private func obstacle(_ port: TensorPort, _ type: ColumnType) -> String {
        guard let kind = NumberRows.kind(of: type) else { return "it is not made of numbers, or of lists of them" }
        guard NumberRows.canConvert(kind.element, to: port.type) else {
            return "\(kind.element.rawValue) becomes \(port.type.rawValue) only with loss, so convert the column first"
        }
        return "a row has the shape \(kind.rowShape ?? []), and the model takes \(port.rowShapeText)"
    }
}

extension TensorPort {
    /// Sizes of one row, for messages.
    var rowShapeText: String {
        guard let rowShape else { return "any" }
        return "[\(rowShape.map { $0.map(String.init) ?? "?" }.joined(separator: ", "))]"
    }
}
