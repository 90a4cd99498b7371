/// A lazy description of a pipeline: a source and a chain of operators.
///
/// Nothing runs until a terminal call. A dataset is a value: each call returns a new one, and the old one can be used again.
public struct Dataset: Sendable {
    /// What was asked for.
    public let plan: LogicalPlan
    /// User code that the plan refers to by position; opaque here, bound to the engine by `Penstock`.
    package let stages: [any Sendable]

    package init(plan: LogicalPlan, stages: [any Sendable] = []) {
        self.plan = plan
        self.stages = stages
    }

    /// Images under files, folders (recursively), globs, or list files (`@list.txt`).
    public static func readImages(from paths: [String]) -> Dataset {
        Dataset(plan: LogicalPlan([.readImages(ReadImages(paths: paths))]))
    }

    /// At most the first `count` rows.
    ///
    /// Pushed down into the source: no more files than needed are read.
    public func limit(_ count: Int) -> Dataset { appending(.limit(count)) }

    /// Predicts a class for each image.
    public func predict(with classifier: Classifier) -> Dataset { appending(.predict(classifier)) }

    package func appending(_ next: LogicalOperator, stage: (any Sendable)? = nil) -> Dataset {
        Dataset(plan: plan.appending(next), stages: stages + (stage.map { [$0] } ?? []))
    }
}
