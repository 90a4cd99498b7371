package import PenstockCore
package import PenstockPlan

/// Runs any model: columns that feed its inputs → the other columns, and one for each output.
///
/// Rows that cannot be given to the model (a missing value, too few or too many numbers, a number that does not fit) are
/// failures of their own.
package struct ModelTransform: BatchTransform {
    package let name = "model"
    private let job: ModelJob
    private let settings: ClassifyTransform.ModelSettings
    private let measure = OutputMeasure()

    package init(_ job: ModelJob, settings: ClassifyTransform.ModelSettings) {
        self.job = job
        self.settings = settings
    }

    package func load(_ context: StageContext) throws(StageError) -> LoadedModel {
        try LoadedModel(job, settings, measure)
    }

    /// What one worker keeps: its request, and how the columns of the last block were joined to the model.
    package struct State {
        let model: LoadedModel
        let context: StageContext
        var bound: (schema: Schema, run: ModelRun)?
    }

    package func makeState(_ shared: LoadedModel, _ context: StageContext) throws(StageError) -> State {
        State(model: shared, context: context)
    }

    package func apply(_ batch: Batch, _ state: inout State) throws(StageError) -> TransformOutput {
        let block = batch.block
        if block.rowCount == 0 { return TransformOutput([]) }
        let run = try run(for: block, &state)
        let (rows, problems) = try run.prepare(block)
        var failures: [RowFailure] = []
        for (row, message) in problems {
            let error = StageError(.invalidInput, message)
            failures.append(RowFailure(path: Self.path(block, row), stage: name, error: error))
        }
        guard !rows.ranges.isEmpty else { return TransformOutput([], failures: failures) }
        let outputs = try run.infer(rows, isCancelled: state.context.isCancelled)
        measure.observe(bytes: outputs.reduce(0) { $0 + $1.column.byteCount }, rows: rows.rowCount)
        var columns: [(name: String, column: Column)] = []
        for index in run.binding.kept {
            let column = block.columns[index]
            let parts = rows.ranges.map { column.slice($0) }
            columns.append((block.schema.fields[index].name, try Column.concatenate(parts)))
        }
        return TransformOutput([Block(named: columns + outputs)], failures: failures)
    }

    private func run(for block: Block, _ state: inout State) throws(StageError) -> ModelRun {
        if let bound = state.bound, bound.schema == block.schema { return bound.run }
        let binding = try ModelBinding(job, state.model.signature, block.schema)
        // Refuses images of another size, so that a request that is there is one for these rows.
        let model = try state.model.compiled(for: binding.image)
        let run: ModelRun
        if let bound = state.bound {
            run = bound.run
            run.binding = binding
        } else {
            run = try ModelRun(binding, model)
        }
        state.bound = (block.schema, run)
        return run
    }

    private static func path(_ block: Block, _ row: Int) -> String {
        if case .string(let paths)? = block["path"]?.values, block["path"]?.isValid(row) == true {
            return paths.string(row)
        }
        return "\(row)"
    }

    /// The columns that go on, and what the outputs take: by the compiled shapes; where those are open, the most that a row took so
    /// far, and 4 KiB a row before the first batch.
    package func outputBytes(for block: Block) -> Bytes {
        var kept = 0
        for (field, column) in zip(block.schema.fields, block.columns)
        where job.keep?.contains(field.name) ?? !field.type.isImage {
            kept += column.byteCount
        }
        let (outputs, overflow) = measure.rowBytes.multipliedReportingOverflow(by: block.rowCount)
        return Bytes(overflow ? OutputMeasure.greatest : kept + outputs + 4096 + 64 * block.rowCount)
    }
}

extension ModelTransform {
    /// The inputs and outputs that a model's file declares.
    ///
    /// - Throws: `.backendMissing`, `.invalidModel`.
    /// - Cost: loads the library and reads the model; nothing is compiled.
    package static func signature(of model: String, backendLibrary: String?) throws(StageError) -> ModelSignature {
        try OpenVINOBackend(library: backendLibrary).read(model).signature
    }

    /// The columns of the output for rows with these columns, without running anything; nil: they depend on shapes that only
    /// a run shows.
    ///
    /// - Throws: what a run would throw at its start: no library, no model, columns that do not feed it.
    /// - Cost: loads the library and reads the model, some ten milliseconds for each 50 MB; nothing is compiled.
    package static func outputFields(
        of job: ModelJob,
        input: [Field],
        backendLibrary: String?
    ) throws(StageError) -> [Field]? {
        _ = try ModelTraits(of: job.model, checkedFor: job.precision)
        let signature = try signature(of: job.model, backendLibrary: backendLibrary)
        let binding = try ModelBinding(job, signature, Schema(input))
        var fields = binding.kept.map { input[$0] }
        for output in binding.outputs {
            guard let type = output.type else { return nil }
            fields.append(Field(output.name, type))
        }
        return fields
    }
}
