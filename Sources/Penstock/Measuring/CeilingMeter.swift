import PenstockAdvisor
import PenstockCore

/// Measures the parts of a ceiling in this process; models that were loaded and images that were read are kept for the next.
final class CeilingMeter {
    let job: MeasuredJob
    let inputs: CeilingInputs
    private let planned: ModelLayout
    private let models: LoadedModels

    /// - `planned`: the model as the planner runs it, its precision decided.
    init(_ job: MeasuredJob, _ inputs: CeilingInputs, planned: ModelLayout) {
        self.job = job
        self.inputs = inputs
        self.planned = planned
        models = LoadedModels(job, planned: planned)
    }

    /// Does what a part needs before it can be measured: reads, decodes, loads the model, and runs the job over a few images.
    ///
    /// - Throws: `StageError` of a stage.
    func prepare(_ part: CeilingPart) async throws {
        switch part {
        case .bareDecode, .decode: _ = try await inputs.files()
        case .model(let layout):
            _ = try await models.model(layout)
            _ = try await inputs.batches(of: layout.batch)
        case .job: _ = try await measure(.job(images: 2 * job.imagesOfAllWorkers), seconds: 0)
        }
    }

    /// Gives up what was read and loaded.
    func forget() {
        inputs.forget()
        models.forget()
    }

    /// - Throws: `StageError` of a stage.
    func measure(_ part: CeilingPart, seconds: Double) async throws -> CeilingSample {
        let probe = probe(seconds)
        let workers = job.workers("decode")
        switch part {
        case .bareDecode: return try await probe.measure(job.bareDecoding, over: inputs.files(), workers: workers)
        case .decode: return try await probe.measure(job.decoding, over: inputs.files(), workers: workers)
        case .model(let layout):
            let model = try await models.model(layout)
            return try await probe.measure(model, over: inputs.batches(of: layout.batch), workers: layout.workers)
        case .job(let images):
            let probe = JobProbe(job: job, model: try await models.model(planned))
            return try await probe.measure(images: images, of: inputs.listed())
        }
    }

    func probe(_ seconds: Double) -> Probe {
        Probe(seconds: seconds, cores: job.plan.cores, memory: job.plan.memory)
    }
}
