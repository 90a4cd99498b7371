import PenstockCore
import PenstockPlan

/// What a model has to do with the columns of a block: which feed it, which go on, and what it adds.
struct ModelBinding: Sendable {
    /// In the model's order.
    private(set) var inputs: [InputBinding] = []
    /// How the graph is to be compiled for images; nil: for tensors as the model declares them.
    private(set) var image: ImageInput?
    /// Positions of the columns that go on.
    let kept: [Int]
    let outputs: [OutputColumn]

    /// - Throws: `.invalidInput` where a column is missing or cannot feed its input, `.invalidModel` where an input or output
    ///   has no axis of rows; the message lists what there is and how to name columns.
    init(_ job: ModelJob, _ signature: ModelSignature, _ schema: Schema) throws(StageError) {
        let matcher = ColumnMatcher(job: job, signature: signature, schema: schema)
        let columns = try matcher.columns()
        for (port, column) in zip(signature.inputs, columns) {
            let field = schema.fields[column]
            let isOnly = signature.inputs.count == 1
            if isOnly, let size = port.imageSize(field.type) {
                let image = ImageInput(width: size.width, height: size.height, job.preprocessing)
                self.image = image
                let pixels = TensorPort(name: port.name, type: .u8, shape: [nil, size.height, size.width, 3])
                inputs.append(
                    InputBinding(
                        port: pixels,
                        column: column,
                        columnName: field.name,
                        rowShape: [size.height, size.width, 3],
                        pixels: nil
                    )
                )
            } else {
                inputs.append(try matcher.binding(port, column))
            }
        }
        if job.preprocessing != nil, image == nil, inputs.allSatisfy({ $0.pixels == nil }) {
            throw StageError(
                .invalidInput,
                "the preprocessing is for images, and no column of images feeds the model. \(matcher.overview) Leave the preprocessing out, or feed a column of images [height, width, 3]."
            )
        }
        kept = try Self.kept(job, schema, fed: Set(columns))
        outputs = try OutputColumn.all(of: job, signature, besides: kept.map { schema.fields[$0].name })
    }

    private static func kept(_ job: ModelJob, _ schema: Schema, fed: Set<Int>) throws(StageError) -> [Int] {
        guard let names = job.keep else {
            return schema.fields.indices.filter { !fed.contains($0) && !schema.fields[$0].type.isImage }
        }
        var kept: [Int] = []
        for name in names {
            guard let index = schema.index(of: name) else {
                throw StageError(
                    .invalidInput,
                    "there is no column \"\(name)\" to keep; the rows have [\(schema)]. Correct `keep`."
                )
            }
            if !kept.contains(index) { kept.append(index) }
        }
        return kept.sorted()
    }
}

extension ColumnType {
    /// Whether rows are colour images `[height, width, 3]`.
    var isImage: Bool {
        if case .tensorUInt8(let shape) = self { return shape.count == 3 && shape[2] == 3 }
        return false
    }
}

extension TensorPort {
    /// Whether this takes colour images, by its axes and type.
    var isImage: Bool {
        guard let shape, shape.count == 4, type.isFloat && type != .f64 || type == .u8 else { return false }
        return [1, 3].contains { shape[$0] ?? 3 == 3 }
    }

    /// ONNX convolutions are `[rows, 3, height, width]`, so that is the choice wherever the channels do not say otherwise.
    var isChannelsFirst: Bool { shape.map { !($0[3] == 3 && $0[1] != 3) } ?? true }

    /// Pixels, as far as the model fixes them; of an input that is for images.
    var imageSizes: (height: Int?, width: Int?) {
        guard let shape else { return (nil, nil) }
        return isChannelsFirst ? (shape[2], shape[3]) : (shape[1], shape[2])
    }

    /// The size of a column's images, where both are of images.
    func imageSize(_ type: ColumnType) -> (height: Int, width: Int)? {
        guard isImage, type.isImage, case .tensorUInt8(let shape) = type else { return nil }
        return (shape[0], shape[1])
    }
}
