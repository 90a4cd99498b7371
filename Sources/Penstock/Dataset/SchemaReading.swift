import PenstockCore
import PenstockPlan
import PenstockStages

/// Finds out the columns of a plan without running it.
struct SchemaReading {
    let plan: LogicalPlan
    let backendLibrary: String?

    /// The columns; nil where code of the user's decides them.
    func schema() async throws -> Schema? {
        guard let source = plan.operators.first else { return nil }
        var fields = try await fields(of: source)
        for step in plan.operators.dropFirst() {
            fields = try await self.fields(after: step, fields)
        }
        return fields.map { Schema($0) }
    }

    private func fields(of source: LogicalOperator) async throws -> [Field]? {
        switch source {
        case .readImages(let read): return Self.imageFields(read)
        case .readTable(let read):
            return try await Blocking.run { () throws(StageError) in
                let context = StageContext.outsideOfRuns
                let fields = try ReadTablesTransform(read).load(context).fields
                return fields + (read.includePaths ? [Field("path", .string)] : [])
            }
        case .readText(let read): return [Field("text", .string)] + (read.includePaths ? [Field("path", .string)] : [])
        case .readBinaryFiles(let read):
            return (read.includePaths ? [Field("path", .string)] : []) + [Field("bytes", .binary)]
        case .range: return [Field("id", .int64)]
        case .items(let rows): return rows.fields
        case .union(let plans):
            guard let first = plans.first else { return nil }
            return try await SchemaReading(plan: first, backendLibrary: backendLibrary).schema()?.fields
        default: return nil
        }
    }

    private static func imageFields(_ read: ReadImages) -> [Field] {
        let path = read.includePaths ? [Field("path", .string)] : []
        guard let size = read.size else {
            return path + [Field("image", .binary), Field("height", .int32), Field("width", .int32)]
        }
        return path + [Field("image", .tensorUInt8([size.height, size.width, read.mode == .rgb ? 3 : 1]))]
    }

    private func fields(after step: LogicalOperator, _ fields: [Field]?) async throws -> [Field]? {
        switch step {
        case .limit, .randomizeOrder, .repartition, .write, .collect, .deliver: return fields
        case .columns(let change): return try fields.map { fields throws(PlanError) in try change.apply(to: fields) }
        case .transform(let transform): return Self.fields(after: transform, fields)
        case .predict(let classifier, _): return Self.predictionFields(classifier)
        case .infer(let job, _):
            guard let fields else { return nil }
            return try await Blocking.run { () throws(StageError) in
                try ModelTransform.outputFields(of: job, input: fields, backendLibrary: backendLibrary)
            }
        default: return nil
        }
    }

    private static func fields(after transform: CustomTransform, _ fields: [Field]?) -> [Field]? {
        switch transform.kind {
        case .filter: return fields
        case .addColumn:
            guard var known = fields, let added = transform.schema?.first else { return nil }
            if let index = known.firstIndex(where: { $0.name == added.name }) {
                known[index] = added
            } else {
                known.append(added)
            }
            return known
        case .map, .flatMap, .mapBatches, .stage: return transform.schema
        }
    }

    private static func predictionFields(_ classifier: Classifier) -> [Field] {
        var fields = [Field("path", .string), Field("predicted_class", .int32), Field("confidence", .float32)]
        if classifier.labels != nil { fields.append(Field("label", .string, isNullable: true)) }
        if classifier.topK > 1 {
            fields += [Field("classes", .list(.int32)), Field("confidences", .list(.float32))]
        }
        return fields
    }
}
