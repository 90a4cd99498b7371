import PenstockCore

/// One worker's request, and the columns of one schema joined to it.
final class ModelRun {
    /// Exchanged when a block has other columns; the request, with its memory, stays.
    var binding: ModelBinding
    private let request: any InferenceRequest
    /// Rows that each inference must have; 0: any number.
    private let fixedRows: Int

    init(_ binding: ModelBinding, _ model: any CompiledModel) throws(StageError) {
        self.binding = binding
        fixedRows = try Self.fixedRows(model.info.signature)
        request = try model.makeRequest()
    }

    /// Inputs may leave their rows open; those that do not have to agree.
    private static func fixedRows(_ signature: ModelSignature) throws(StageError) -> Int {
        let sizes = Set(signature.inputs.compactMap { $0.shape?.first ?? nil })
        guard sizes.count <= 1, sizes.first != 0 else {
            let inputs = signature.inputs.map(\.description).joined(separator: ", ")
            throw StageError(
                .invalidModel,
                "the model's inputs do not agree on a number of rows, which the first axis counts: \(inputs). Export it with a first axis that is open, or the same for all inputs."
            )
        }
        return sizes.first ?? 0
    }

    /// Rows that can be given to the model.
    struct Rows {
        let inputs: [NumberRows]
        /// Neighbours that go to the model together, in order.
        let ranges: [Range<Int>]

        var rowCount: Int { ranges.reduce(0) { $0 + $1.count } }
    }

    /// Sorts out rows that the model cannot take, and cuts the others where their lengths change.
    func prepare(_ block: Block) throws(StageError) -> (rows: Rows, problems: [(row: Int, message: String)]) {
        var inputs: [NumberRows] = []
        for input in binding.inputs { inputs.append(try input.rows(block)) }
        let pairs = zip(binding.inputs, inputs).filter { $0.needsLook($1, rowCount: block.rowCount) }
        if pairs.isEmpty { return (Rows(inputs: inputs, ranges: [0..<block.rowCount]), []) }
        let lists = pairs.filter { $0.0.rowShape == nil }.map(\.1)
        var problems: [(row: Int, message: String)] = []
        var ranges: [Range<Int>] = []
        for row in 0..<block.rowCount {
            if let problem = pairs.lazy.compactMap({ $0.problem($1, row) }).first {
                problems.append((row, problem))
                continue
            }
            let follows = ranges.last.map {
                $0.upperBound == row && lists.allSatisfy { $0.count(row) == $0.count(row - 1) }
            }
            if let last = ranges.last, follows == true {
                ranges[ranges.count - 1] = last.lowerBound..<row + 1
            } else {
                ranges.append(row..<row + 1)
            }
        }
        return (Rows(inputs: inputs, ranges: ranges), problems)
    }

    /// Runs the model and gives its outputs for all these rows.
    ///
    /// - Throws: `.cancelled` between two inferences, and what the library and the outputs throw.
    func infer(
        _ rows: Rows,
        isCancelled: () -> Bool
    ) throws(StageError) -> [(name: String, column: Column)] {
        var parts: [[Column]] = binding.outputs.map { _ in [] }
        for range in rows.ranges {
            let step = fixedRows == 0 ? range.count : fixedRows
            for first in stride(from: range.lowerBound, to: range.upperBound, by: step) {
                if isCancelled() { throw StageError(.cancelled, "the run was stopped.") }
                let part = first..<min(first + step, range.upperBound)
                for (index, column) in try infer(rows.inputs, part).enumerated() { parts[index].append(column) }
            }
        }
        var columns: [(name: String, column: Column)] = []
        for (output, parts) in zip(binding.outputs, parts) {
            try checkTypes(output, parts)
            columns.append((output.name, try Column.concatenate(parts)))
        }
        return columns
    }

    private func infer(_ inputs: [NumberRows], _ range: Range<Int>) throws(StageError) -> [Column] {
        let rows = fixedRows == 0 ? range.count : fixedRows
        let tensors = zip(binding.inputs, inputs).map { $0.tensor($1, range).padded(to: rows) }
        try request.run(tensors)
        var columns: [Column] = []
        for output in binding.outputs {
            try request.withOutput(output.index) { (type, shape, bytes) throws(StageError) in
                columns.append(try output.column(bytes, type, shape, rows: rows, keep: range.count))
            }
        }
        return columns
    }

    private func checkTypes(_ output: OutputColumn, _ parts: [Column]) throws(StageError) {
        guard let first = parts.first, let odd = parts.first(where: { $0.type != first.type }) else { return }
        throw StageError(
            .invalidModel,
            "output \(output.port) gave rows of type \(first.type) and of type \(odd.type) in one batch, which one column cannot hold. Give the model inputs of one length."
        )
    }
}
