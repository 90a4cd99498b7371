import PenstockCore

extension PlanSizing {
    /// A transform with a state of its own.
    func custom(_ transform: CustomTransform) throws(PlanError) -> PhysicalOperator {
        var step = pooled(
            name: transform.name,
            stage: .custom(transform),
            compute: transform.compute ?? .actors(cores),
            resources: transform.resources
        )
        step.batch = transform.batch ?? Self.blocks
        return step
    }

    /// Stateless steps that share a task.
    func chain(_ steps: [ChainStep], name: String) -> PhysicalOperator {
        let transforms = steps.compactMap(\.transform)
        guard let first = transforms.first else {
            // Columns are renamed and left out without touching a value.
            var columns = PhysicalOperator(name: name, stage: .chain(steps), pool: .tasks)
            columns.outputBudget = budget(share: 8, atMost: .mebibytes(128))
            return columns
        }
        var step = pooled(
            name: name,
            stage: .chain(steps),
            compute: first.compute ?? .tasks(),
            resources: first.resources
        )
        step.batch = first.batch ?? Self.blocks
        return step
    }

    /// Blocks of a good size: small ones are joined, so that a task is worth its overhead; large ones are cut.
    static let blocks = BatchSize.bytes(low: .mebibytes(1), high: .mebibytes(128))

    private func pooled(
        name: String,
        stage: PhysicalStage,
        compute: Compute,
        resources: Resources
    ) -> PhysicalOperator {
        let most = compute.maximum ?? cores
        var step = PhysicalOperator(
            name: name,
            stage: stage,
            pool: compute.kind == .tasks ? .tasks : .actors,
            workers: most
        )
        step.minimumWorkers = min(compute.minimum ?? most, most)
        step.cpusPerTask = resources.cpus
        step.gpusPerTask = resources.gpus
        step.memoryPerWorker = resources.memory
        step.maxConcurrency = resources.maxConcurrency
        step.outputBudget = budget(share: 8, atMost: .mebibytes(128))
        var notes = SettingNotes(options)
        if compute.maximum == nil {
            notes.add(computed: "\(name).workers", "\(most)", reason: "one per core")
        } else {
            notes.add("\(name).workers", "\(compute)", default: "", reason: "")
        }
        step.settings = notes.settings
        return step
    }

    /// A model fed from columns.
    func inferring(_ job: ModelJob, _ request: PoolRequest) throws(PlanError) -> PhysicalOperator {
        var notes = SettingNotes(options)
        notes.add(
            "precision",
            job.precision.rawValue,
            default: "auto",
            reason: "raw outputs are computed in f32 unless set"
        )
        notes.add("backend", job.backend.rawValue, default: "openvino", reason: "the fastest here on CPUs")
        notes.add("device", job.device, default: "CPU", reason: "the only kind of device tried so far")
        var model = PhysicalOperator(name: "model", stage: .inferModel(job), pool: .actors, workers: modelWorkers)
        model.batch = request.batch ?? .flexible(low: max(1, tableBatch / 2), high: tableBatch)
        if request.batch == nil, options.batchSize.chosen == nil { model.tunedRows = 1024 }
        model.settings = notes.settings
        apply(request, to: &model)
        model.outputBudget = budget(share: 8, atMost: .mebibytes(128))
        return model
    }

    /// Rows of a table that a model sees at once, unless set.
    private var tableBatch: Int { options.batchSize.chosen ?? 16 }

    /// Workers and needs as the program asked for.
    func apply(_ request: PoolRequest, to model: inout PhysicalOperator) {
        model.cpusPerTask = Double(threadsPerWorker)
        if let compute = request.compute {
            model.workers = compute.maximum ?? model.workers
            model.minimumWorkers = min(compute.minimum ?? model.workers, model.workers)
        }
        if let resources = request.resources {
            model.cpusPerTask = resources.cpus
            model.gpusPerTask = resources.gpus
            model.memoryPerWorker = resources.memory
            model.maxConcurrency = resources.maxConcurrency
        }
    }
}
