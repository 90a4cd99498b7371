import Penstock

/// `predict`: a model and what it is fed with.
struct PipelinePrediction {
    enum Task {
        /// Classes of images.
        case classes(ClassColumns)
        /// Raw outputs of any model.
        case model(inputs: [String: String], outputs: [String: String], keep: [String]?)
    }

    let place: PipelineNode.Place
    let task: Task
    private let model: String
    /// Whether something was said about preprocessing.
    private let isPreprocessed: Bool

    init(
        _ node: PipelineNode,
        _ name: String,
        source: PipelineSource,
        _ flags: inout PipelineFlags
    ) throws(PlanError) {
        let map = try PipelineMap(node, name, known: PipelineSchema.predict) { key in
            PipelineSchema.options.contains(key) ? "options" : nil
        }
        place = map.place
        guard let model = try map.text("model") else {
            throw map.place.error("\(name): \"model\" is missing, an ONNX file or an OpenVINO IR (.xml).")
        }
        self.model = model
        try flags.add(map, PipelineSchema.model + PipelineSchema.preprocessing)
        isPreprocessed = !map.present(PipelineSchema.preprocessing).isEmpty
        task = try Self.task(map, name, source, &flags)
    }

    private static func task(
        _ map: PipelineMap,
        _ name: String,
        _ source: PipelineSource,
        _ flags: inout PipelineFlags
    ) throws(PlanError) -> Task {
        let raw = map.present(PipelineSchema.anyModel)
        if let key = map.present(PipelineSchema.classification).first {
            if let other = raw.first {
                throw map.place(of: other).error(
                    "\(name): \(key) is for classes and \(other) for a model's raw outputs; leave one of them out."
                )
            }
            if !source.isImages {
                throw map.place(of: key).error(
                    "\(name).\(key): classes are predicted for images, and this pipeline reads others. Name the model's inputs and outputs instead."
                )
            }
        }
        if raw.isEmpty, source.isImages {
            flags.note("top-k", map)
            return .classes(try ClassColumns(labels: map.text("labels"), topK: map.integer("top-k")))
        }
        return .model(
            inputs: try map.textMap("inputs", "{x: column}") ?? [:],
            outputs: try map.textMap("outputs", "{output: column}") ?? [:],
            keep: try map.texts("keep")
        )
    }

    func applied(to dataset: Dataset, _ shared: SharedOptions, isImages: Bool) throws(PlanError) -> Dataset {
        switch task {
        case .classes(let classes): return dataset.predict(with: try shared.classifier(model, classes))
        case .model(let inputs, let outputs, let keep):
            var job = try shared.speed.configured(ModelJob(model: model, inputs: inputs, outputs: outputs, keep: keep))
            if isImages || isPreprocessed { job = try shared.preprocessing.configured(job) }
            return dataset.predict(with: job)
        }
    }
}
