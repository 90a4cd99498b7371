/// Where the number of rows comes from: known without running where every row gives one row, and the source can tell.
package enum CountRule {
    /// Steps behind the source that leave the number of rows as it is, and the limits among them; nil when one may change it,
    /// with that step.
    package static func limits(of plan: LogicalPlan) -> Result<[Int], ChangingStep> {
        var limits: [Int] = []
        for step in plan.operators.dropFirst() {
            switch step {
            case .columns, .predict, .infer, .repartition, .randomizeOrder, .write, .writeCustom, .collect, .deliver:
                break
            case .transform(let transform) where transform.keepsRowCount: break
            case .limit(let count): limits.append(count)
            default: return .failure(ChangingStep(step: step))
            }
        }
        return .success(limits)
    }

    /// A step that may change the number of rows.
    package struct ChangingStep: Error {
        package let step: LogicalOperator
    }

    /// What `explain` says of `count()`.
    static func note(_ plan: LogicalPlan) -> String {
        switch limits(of: plan) {
        case .failure(let changing):
            return "count() runs the pipeline: \(changing.step.summary) may change the number of rows"
        case .success: break
        }
        switch plan.operators.first {
        case .range, .items: return "count from metadata: the source knows its rows"
        case .readImages, .readBinaryFiles:
            return "count from metadata: one row a file, so files are listed and none is read"
        case .readTable(let read) where read.format == .parquet:
            return "count from metadata: Parquet footers, no row is read"
        case .union: return "count from metadata where each source of the union can tell"
        default: return "count() runs the pipeline: the files do not say how many rows they have"
        }
    }
}
