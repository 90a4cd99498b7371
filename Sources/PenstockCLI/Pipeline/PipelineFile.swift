import ArgumentParser
import Penstock

/// A pipeline that is described by a file: what to read, what to do with it, and where to write it.
struct PipelineFile {
    private let read: PipelineSource
    private let steps: [PipelineStep]
    private let prediction: PipelinePrediction?
    private let target: PipelineTarget
    private let flags: PipelineFlags

    /// Reads a file.
    ///
    /// - `settings`: values that replace those of the file, `key=value` each. `existing`: what was typed about an output that
    ///   is there already.
    /// - Throws: with file and line, what was expected there and what is there.
    init(_ path: String, settings: [String] = [], existing: ExistingOutput? = nil) throws(PlanError) {
        let root = try PipelineOverrides.apply(settings, to: try PipelineText.read(path))
        try self.init(root: root, existing: existing)
    }

    init(root: PipelineNode, existing: ExistingOutput?) throws(PlanError) {
        let map = try PipelineMap(root, "", known: PipelineSchema.sections) { key in
            let homes = PipelineSchema.homes(of: key)
            return homes.count == 1 ? homes[0] : nil
        }
        guard let read = map.node("read") else {
            throw map.place.error("\"read\" is missing: what to read, such as read: {images: photos/}.")
        }
        guard let write = map.node("write") else {
            throw map.place.error("\"write\" is missing: where to write, such as write: {parquet: predictions/}.")
        }
        var flags = PipelineFlags()
        self.read = try PipelineSource(read)
        target = try PipelineTarget(write, existing: existing)
        if let node = map.node("options") {
            let options = try PipelineMap(node, "options", known: PipelineSchema.options) { key in
                PipelineSchema.homes(of: key).first
            }
            try flags.add(options, PipelineSchema.options)
        }
        var steps = try PipelineStep.all(map.node("steps"), source: self.read, &flags)
        if let node = map.node("predict") {
            if let place = PipelineStep.prediction(in: steps)?.place {
                throw place.error("the model is named twice: here, and in \"predict\" at \(map.place(of: "predict")).")
            }
            let prediction = try PipelinePrediction(node, "predict", source: self.read, &flags)
            try PipelineStep.check(prediction, after: steps)
            steps.append(PipelineStep(action: .predict(prediction), place: prediction.place, name: "predict"))
        }
        self.steps = steps
        prediction = PipelineStep.prediction(in: steps)
        self.flags = flags
    }

    /// The job that the file describes.
    func job() throws(PlanError) -> Job {
        let shared = try flags.parsed()
        let known = flags.origins
        var options = shared.runOptions { known[$0] ?? .pipelineFile }
        options.origins.merge(read.origins.merging(target.origins) { $1 }) { $1 }
        if let origin = known["top-k"] { options.origins["top-k"] = origin }
        var read = read
        if case .model? = prediction?.task { try read.prepare(for: shared.preprocessing) }
        var dataset = read.dataset
        for step in steps { dataset = try step.action.applied(to: dataset, shared, isImages: read.isImages) }
        let isClassification = if case .classes? = prediction?.task { true } else { false }
        return Job(
            dataset: dataset,
            table: target.table,
            options: options,
            rowsAre: isClassification ? .images : .rows
        )
    }
}

/// Values of a file that are values of flags, read by the flags themselves.
struct PipelineFlags {
    private var arguments: [String] = []
    /// Where each value comes from.
    private(set) var origins: [String: SettingOrigin] = [:]

    /// Takes the values of some keys.
    mutating func add(_ map: PipelineMap, _ keys: [String]) throws(PlanError) {
        for key in map.present(keys) {
            guard let node = map.node(key) else { continue }
            let words = try Self.words(key, node, map.path(key))
            do {
                _ = try SharedOptions.parse(words)
            } catch {
                throw node.wrong(map.path(key), PipelineSchema.expected(key))
            }
            arguments += words
            origins[key] = map.place(of: key).origin
        }
        // Single values of a preset make it another one.
        if origins["preset"] == nil, let key = PipelineSchema.preprocessing.first(where: { origins[$0] != nil }) {
            origins["preset"] = origins[key]
        }
    }

    /// Notes where a value comes from that is no flag of all commands.
    mutating func note(_ key: String, _ map: PipelineMap) {
        if map.node(key) != nil { origins[key] = map.place(of: key).origin }
    }

    func parsed() throws(PlanError) -> SharedOptions {
        do {
            return try SharedOptions.parse(arguments)
        } catch {
            throw PlanError(SharedOptions.message(for: error), isUsage: true)
        }
    }

    private static func words(_ key: String, _ node: PipelineNode, _ path: String) throws(PlanError) -> [String] {
        if PipelineSchema.expected(key) == "true or false" { return try node.bool(path) ? ["--\(key)"] : [] }
        if case .list(let items) = node.content, ["mean", "std"].contains(key) {
            var texts: [String] = []
            for item in items { texts.append(try item.text(path)) }
            return ["--\(key)=\(texts.joined(separator: ","))"]
        }
        guard case .scalar(let text) = node.content else { throw node.wrong(path, PipelineSchema.expected(key)) }
        return ["--\(key)=\(text)"]
    }
}
