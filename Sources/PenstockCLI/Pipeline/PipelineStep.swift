import Penstock

/// One of `steps`.
struct PipelineStep {
    let action: PipelineAction
    let place: PipelineNode.Place
    /// As messages name it: `steps[0]`.
    let name: String
}

/// What a step does.
enum PipelineAction {
    case columns(ColumnChange)
    case filter(RowExpression)
    case limit(Int)
    case repartition(Repartition)
    case shuffle(UInt64?)
    case predict(PipelinePrediction)

    /// Whether classes can be predicted of the rows that come out of it, if those that go in are images.
    ///
    /// Images are decoded for the classifier, in one pass with what its model needs; nothing but their choice comes before.
    var keepsImages: Bool {
        switch self {
        case .limit, .shuffle: true
        case .columns, .filter, .repartition, .predict: false
        }
    }
}

extension PipelineStep {
    /// The steps of a file.
    static func all(
        _ node: PipelineNode?,
        source: PipelineSource,
        _ flags: inout PipelineFlags
    ) throws(PlanError) -> [PipelineStep] {
        guard let node else { return [] }
        guard case .list(let items) = node.content else {
            throw node.wrong("steps", "a list, such as - filter: \"confidence > 0.9\"")
        }
        var steps: [PipelineStep] = []
        for (index, item) in items.enumerated() {
            let name = "steps[\(index)]"
            let action = try PipelineAction(item, name, source: source, &flags)
            if case .predict(let prediction) = action {
                if let first = Self.prediction(in: steps) {
                    throw prediction.place.error("one model is run, and another one is named at \(first.place).")
                }
                try check(prediction, after: steps)
            }
            let isLimited = source.limit != nil || steps.contains { if case .limit = $0.action { true } else { false } }
            if case .shuffle = action, isLimited {
                throw item.place.error(
                    "\(name).randomize-order shuffles files before they are read, and a limit comes before it. Put the limit behind it, as a step: - limit: 1000."
                )
            }
            steps.append(PipelineStep(action: action, place: item.place, name: name))
        }
        return steps
    }

    static func prediction(in steps: [PipelineStep]) -> PipelinePrediction? {
        for step in steps { if case .predict(let prediction) = step.action { return prediction } }
        return nil
    }

    /// - Throws: when the steps before leave no images to be classified.
    static func check(_ prediction: PipelinePrediction, after steps: [PipelineStep]) throws(PlanError) {
        guard case .classes = prediction.task, let step = steps.first(where: { !$0.action.keepsImages }) else { return }
        throw step.place.error(
            "\(step.name) comes before images are classified, and they are decoded for the classifier as they are read; only limit and randomize-order may come before. Move it behind the model, as a step after a step \"predict\", or choose files by a pattern in read.images."
        )
    }
}

extension PipelineAction {
    fileprivate init(
        _ node: PipelineNode,
        _ name: String,
        source: PipelineSource,
        _ flags: inout PipelineFlags
    ) throws(PlanError) {
        let map = try PipelineMap(node, name, known: PipelineSchema.steps)
        let given = map.present(PipelineSchema.steps)
        guard given.count == 1, let kind = given.first else {
            throw map.place.error(
                "\(name): a step is one of \(PipelineSchema.steps.joined(separator: ", ")), and here \(given.isEmpty ? "is none" : "are \(given.joined(separator: " and "))"). Begin each step with its own \"-\"."
            )
        }
        guard let value = map.node(kind) else {
            guard kind == "randomize-order" else {
                throw map.place(of: kind).error("\(name).\(kind): there is no value.")
            }
            self = .shuffle(nil)
            return
        }
        let path = "\(name).\(kind)"
        switch kind {
        case "select": self = .columns(.select(try value.texts(path)))
        case "drop": self = .columns(.drop(try value.texts(path)))
        case "rename": self = .columns(.rename(try value.textMap(path, "{old: new}")))
        case "limit": self = .limit(try value.integer(path))
        case "filter":
            let text = try value.text(path)
            do { self = .filter(try RowExpression(parsing: text)) } catch {
                throw value.place.error("\(path): \(error.message)")
            }
        case "repartition": self = .repartition(try Self.repartition(value, path))
        case "randomize-order": self = .shuffle(try Self.seed(value, path))
        default: self = .predict(try PipelinePrediction(value, path, source: source, &flags))
        }
    }

    private static func repartition(_ node: PipelineNode, _ path: String) throws(PlanError) -> Repartition {
        if case .scalar = node.content { return .blocks(try node.integer(path, "a number of blocks")) }
        let map = try PipelineMap(node, path, known: ["blocks", "rows-per-block"])
        switch (try map.integer("blocks"), try map.integer("rows-per-block")) {
        case (let blocks?, nil): return .blocks(blocks)
        case (nil, let rows?): return .rowsPerBlock(rows)
        default: throw node.place.error("\(path): give one of blocks and rows-per-block.")
        }
    }

    private static func seed(_ node: PipelineNode, _ path: String) throws(PlanError) -> UInt64? {
        let map = try PipelineMap(node, path, known: ["seed"])
        guard let seed = try map.integer("seed") else { return nil }
        guard let seed = UInt64(exactly: seed) else { throw map.wrong("seed", "a whole number, 0 or more") }
        return seed
    }

    /// The dataset with this step at its end.
    func applied(to dataset: Dataset, _ shared: SharedOptions, isImages: Bool) throws(PlanError) -> Dataset {
        switch self {
        case .columns(.select(let names)): dataset.selectColumns(names)
        case .columns(.drop(let names)): dataset.dropColumns(names)
        case .columns(.rename(let names)): dataset.renameColumns(names)
        case .filter(let condition): dataset.filter(where: condition)
        case .limit(let count): dataset.limit(count)
        case .repartition(.rowsPerBlock(let rows)): dataset.repartition(rowsPerBlock: rows)
        case .repartition(.blocks(let count)), .repartition(.evenly(_, let count)): dataset.repartition(count)
        case .shuffle(let seed): dataset.randomizeOrder(seed: seed)
        case .predict(let prediction): try prediction.applied(to: dataset, shared, isImages: isImages)
        }
    }
}
