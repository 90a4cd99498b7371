import PenstockCore

/// Scores of one batch as probabilities: `rows × classes`, row-major.
struct ClassScores {
    let classes: Int
    private(set) var values: [Float]

    /// - `values.count` is a multiple of `classes`.
    init(_ values: [Float], classes: Int) {
        self.values = values
        self.classes = classes
    }

    var rowCount: Int { classes == 0 ? 0 : values.count / classes }

    /// Turns each row into probabilities, unless it is a distribution already: the model ends in a softmax.
    ///
    /// Decided row by row, so that an image's result does not depend on its neighbours in the batch.
    mutating func normalize() {
        for row in 0..<rowCount where !isDistribution(row: row) { softmax(row: row) }
    }

    /// Whether a row adds up to 1 with nothing below 0.
    func isDistribution(row: Int) -> Bool {
        var sum: Float = 0
        for index in row * classes..<(row + 1) * classes {
            if !(values[index] >= -1e-6) { return false }
            sum += values[index]
        }
        return abs(sum - 1) < 1e-2
    }

    /// Turns a row of logits into probabilities, without overflow.
    private mutating func softmax(row: Int) {
        let range = row * classes..<(row + 1) * classes
        let largest = values[range].max() ?? 0
        var sum: Float = 0
        for index in range {
            values[index] = Float.exp(values[index] - largest)
            sum += values[index]
        }
        for index in range { values[index] /= sum }
    }

    /// The `count` most probable classes of a row, best first; ties go to the lower class.
    func top(_ count: Int, row: Int) -> [(index: Int32, probability: Float)] {
        var best: [(index: Int32, probability: Float)] = []
        appendTop(count, row: row, to: &best)
        return best
    }

    /// Appends the `count` most probable classes of a row, best first; ties go to the lower class.
    ///
    /// - Cost: no allocation where `best` has room.
    func appendTop(_ count: Int, row: Int, to best: inout [(index: Int32, probability: Float)]) {
        if count < 1 { return }
        let (base, start) = (row * classes, best.count)
        for index in 0..<classes {
            let value = values[base + index]
            let isFull = best.count - start == count
            if isFull, !(value > best[best.count - 1].probability) { continue }
            if isFull { best.removeLast() }
            var position = best.count
            while position > start, value > best[position - 1].probability { position -= 1 }
            best.insert((Int32(index), value), at: position)
        }
    }

    /// Whether a row holds a number that is none.
    func hasNaN(row: Int) -> Bool { values[row * classes..<(row + 1) * classes].contains { $0.isNaN } }
}

extension InferenceRequest {
    /// Runs u8 pixels `[rows, height, width, 3]` and appends the first output, f32, `rows × classes`, to `scores`.
    ///
    /// `fixedRows`: rows that each inference must have; 0: any number.
    /// - Returns: number of classes.
    func infer(_ pixels: Tensor<UInt8>, fixedRows: Int, scores: inout [Float]) throws(StageError) -> Int {
        var classes = 0
        let step = fixedRows > 0 ? fixedRows : max(pixels.rowCount, 1)
        let stride = pixels.rowStride
        var shape = pixels.shape
        // One input after the other in one array: an inference of our own should cost no memory.
        var inputs: [InputTensor] = []
        for first in Swift.stride(from: 0, to: pixels.rowCount, by: step) {
            let count = min(step, pixels.rowCount - first)
            if shape[0] != count { shape[0] = count }
            let bytes = pixels.elements.slice(first * stride..<(first + count) * stride)
            let input = InputTensor(.u8, shape: shape, bytes: bytes)
            inputs.removeAll(keepingCapacity: true)
            inputs.append(fixedRows > 0 ? input.padded(to: fixedRows) : input)
            try run(inputs)
            try withOutput(0) { (type, _, bytes) throws(StageError) in
                let rows = fixedRows > 0 ? fixedRows : count
                classes = try Self.append(bytes, type, rows: rows, keep: count, to: &scores)
            }
            if first == 0 { scores.reserveCapacity(pixels.rowCount * classes) }
        }
        return classes
    }

    private static func append(
        _ bytes: RawSpan,
        _ type: ElementType,
        rows: Int,
        keep: Int,
        to scores: inout [Float]
    ) throws(StageError) -> Int {
        guard type == .f32 else {
            throw StageError(
                .invalidModel,
                "the model's first output is not made of floating-point numbers, so it cannot be class scores."
            )
        }
        let count = bytes.byteCount / MemoryLayout<Float>.stride
        guard count % rows == 0, count > 0 else {
            throw StageError(
                .invalidModel,
                "the model's first output holds \(count) numbers for \(rows) images; expected the same number for each image."
            )
        }
        unsafe bytes.withUnsafeBytes { memory in
            unsafe scores.append(contentsOf: memory.bindMemory(to: Float.self).prefix(count / rows * keep))
        }
        return count / rows
    }
}
