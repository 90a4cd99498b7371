public import PenstockCore

/// Settings that a trial changes, by the names that flags, pipeline files, `explain` and reports share.
///
/// A value is written as its flag takes it: `"16"`, `"auto"`, `"bf16"`, `"64MiB"`.
public struct SettingChanges: Sendable, Hashable, Codable {
    /// Name → value.
    public var values: [String: String]

    /// Changes of these settings; none leaves a job as it is.
    public init(_ values: [String: String] = [:]) { self.values = values }

    /// Settings that a change can name.
    public static let names = [
        "batch-size", "block-bytes", "cores", "decode-workers", "format", "memory", "model-workers", "precision",
        "read-ahead", "read-workers", "resize-quality", "threads-per-worker",
    ]

    /// These changes, and others on top of them.
    public func merging(_ others: SettingChanges) -> SettingChanges {
        SettingChanges(values.merging(others.values) { $1 })
    }
}

extension SettingChanges: CustomStringConvertible {
    /// As it is typed: `batch-size=16,precision=bf16`.
    public var description: String {
        values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// Reads `batch-size=16,decode-workers=2`; nothing for an empty text.
    ///
    /// - Throws: a usage error that names the part that cannot be read, and the settings that exist.
    public init(parsing text: String) throws(PlanError) {
        var values: [String: String] = [:]
        for part in text.split(separator: ",") {
            let pieces = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pieces.count == 2 else {
                throw PlanError("\"\(part)\" is no setting: write name=value, such as batch-size=16.", isUsage: true)
            }
            guard Self.names.contains(pieces[0]) else {
                let nearest =
                    Spelling.nearest(to: pieces[0], among: Self.names).map { " Did you mean \"\($0)\"?" } ?? ""
                throw PlanError(
                    "there is no setting \"\(pieces[0])\".\(nearest) Settings: \(Self.names.joined(separator: ", ")).",
                    isUsage: true
                )
            }
            values[pieces[0]] = pieces[1]
        }
        self.init(values)
    }
}

// MARK: - What they change

extension SettingChanges {
    /// Options with the changes among them that concern options.
    ///
    /// - Throws: a usage error that names setting and value.
    public func applied(to options: RunOptions, origin: SettingOrigin = .program) throws(PlanError) -> RunOptions {
        var options = options
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "batch-size": options.batchSize = try count(name, value, origin)
            case "cores": options.cores = try count(name, value, origin)
            case "decode-workers": options.decodeWorkers = try count(name, value, origin)
            case "model-workers": options.modelWorkers = try count(name, value, origin)
            case "read-workers": options.readWorkers = try count(name, value, origin)
            case "threads-per-worker": options.threadsPerWorker = try count(name, value, origin)
            case "block-bytes": options.blockBytes = try size(name, value, origin)
            case "memory": options.memory = try size(name, value, origin)
            case "read-ahead": options.readAhead = try size(name, value, origin)
            default: options.origins[name] = origin
            }
        }
        return options
    }

    /// A dataset with the changes among them that are part of its plan: `format`, `precision`, `resize-quality`.
    ///
    /// - Throws: a usage error that names setting and value.
    public func applied(to dataset: Dataset) throws(PlanError) -> Dataset {
        var plan = dataset.plan
        for index in plan.operators.indices {
            switch plan.operators[index] {
            case .predict(var classifier, let request):
                classifier.precision = try choice("precision") ?? classifier.precision
                classifier.resizeQuality = try choice("resize-quality") ?? classifier.resizeQuality
                plan.operators[index] = .predict(classifier, request)
            case .infer(var job, let request):
                job.precision = try choice("precision") ?? job.precision
                plan.operators[index] = .infer(job, request)
            case .write(var write):
                write.format = try choice("format") ?? write.format
                plan.operators[index] = .write(write)
            default: continue
            }
        }
        return Dataset(plan: plan, stages: dataset.stages)
    }

    /// A sink with the changed format.
    public func applied(to table: WriteTable) throws(PlanError) -> WriteTable {
        var table = table
        table.format = try choice("format") ?? table.format
        return table
    }

    private func count(_ name: String, _ value: String, _ origin: SettingOrigin) throws(PlanError) -> Choice<Int> {
        if value == "auto" { return .auto }
        guard let number = Int(value), number > 0 else {
            throw PlanError("\(name)=\(value): it is a whole number above 0, or auto.", isUsage: true)
        }
        return .set(number, origin)
    }

    private func size(_ name: String, _ value: String, _ origin: SettingOrigin) throws(PlanError) -> Choice<Bytes> {
        if value == "auto" { return .auto }
        guard let bytes = Bytes(parsing: value) else {
            throw PlanError("\(name)=\(value): it is a size such as 64MiB, or auto.", isUsage: true)
        }
        return .set(bytes, origin)
    }

    private func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(PlanError) -> Value? where Value.RawValue == String {
        guard let text = values[name] else { return nil }
        if let value = Value(rawValue: text) { return value }
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw PlanError("\(name)=\(text): it is one of \(known).", isUsage: true)
    }
}
