import PenstockAdvisor
import PenstockCore
import PenstockPlan

/// Compares classes that a dataset's images get with two sets of settings.
struct DatasetAgreement: AgreementRunner {
    private let dataset: Dataset
    private let options: RunOptions

    init(_ dataset: Dataset, options: RunOptions) {
        self.dataset = dataset
        self.options = options
    }

    func agreement(_ changes: SettingChanges, without reference: SettingChanges, images: Int) async throws -> Double {
        let before = try await classes(reference, images)
        let after = try await classes(changes, images)
        guard !before.isEmpty else { return 0 }
        let equal = before.count { after[$0.key] == $0.value }
        return Double(equal) / Double(before.count)
    }

    /// Path → class.
    ///
    /// A sample may have a file more than once; it gets the same class each time.
    private func classes(_ changes: SettingChanges, _ images: Int) async throws -> [String: Int32] {
        var plan = try changes.applied(to: dataset).plan
        if case .readImages(var read)? = plan.operators.first {
            read.limit = min(images, read.limit ?? images)
            plan.operators[0] = .readImages(read)
        }
        let options = try changes.applied(to: options)
        let run = try await PipelineRun.prepared(
            Dataset(plan: plan.appending(.collect), stages: dataset.stages),
            options: options
        )
        var classes: [String: Int32] = [:]
        for block in try await run.run().blocks {
            let paths = try block.strings("path")
            let predicted = try block.int32s("predicted_class").array
            for row in 0..<block.rowCount { classes[paths.string(row)] = predicted[row] }
        }
        return classes
    }
}
