import PenstockCore
import PenstockPlan

extension TourRefusal {
    /// Makes the mistakes that Penstock refuses, for real, and notes what it says.
    ///
    /// - Cost: milliseconds; no image and no model is read.
    package static func all(_ pipeline: MistakenPipeline) async -> [TourRefusal] {
        [
            await wrongShape(), oversubscribed(pipeline), gpuNotThere(pipeline), tasksForModel(pipeline),
            unknownOption(), await collectedWithoutBound(),
        ]
    }

    private static func wrongShape() async -> TourRefusal {
        let rows = Dataset.range(4).mapBatches(
            "predict",
            schema: [Field("predicted_class", .int32), Field("confidence", .float32)]
        ) { batch in Block(["results": Column(strings: (0..<batch.rowCount).map { "{class: \($0)}" })]) }
        return TourRefusal(
            11,
            ["S73"],
            title: "Wrong return shape",
            attempt: "mapBatches(schema: predicted_class, confidence) { … return [\"results\": list of objects] }",
            message: await message { _ = try await rows.take(4) }
        )
    }

    private static func oversubscribed(_ pipeline: MistakenPipeline) -> TourRefusal {
        var options = pipeline.options
        options.threadsPerWorker = .auto
        options.modelWorkers = .value(MachineFacts.current.cores * 4)
        let dataset = pipeline.dataset(with: [], shape: .builtIn, options: options)
        return TourRefusal(
            12,
            ["S74"],
            title: "Workers beyond the hardware",
            attempt: "--model-workers \(MachineFacts.current.cores * 4)",
            message: message { _ = try dataset.explain(options: options) }
        )
    }

    private static func gpuNotThere(_ pipeline: MistakenPipeline) -> TourRefusal {
        let dataset = Dataset.readImages(from: pipeline.paths).predict(
            with: pipeline.classifier,
            compute: .actors(1),
            resources: Resources(gpus: 1)
        )
        return TourRefusal(
            15,
            ["S77"],
            title: "A GPU asked for and not there",
            attempt: "predict(with: model, resources: Resources(gpus: 1))",
            message: message { _ = try dataset.explain(options: pipeline.options) }
        )
    }

    private static func tasksForModel(_ pipeline: MistakenPipeline) -> TourRefusal {
        let dataset = Dataset.readImages(from: pipeline.paths).predict(with: pipeline.classifier, compute: .tasks())
        return TourRefusal(
            16,
            ["S78"],
            title: "Stateless tasks for a model",
            attempt: "predict(with: model, compute: .tasks())",
            message: message { _ = try dataset.explain(options: pipeline.options) }
        )
    }

    private static func unknownOption() -> TourRefusal {
        TourRefusal(
            18,
            ["S80", "S55"],
            title: "An option that is not there (any more)",
            attempt: "SettingChanges(parsing: \"concurrency=8\")",
            message: message { _ = try SettingChanges(parsing: "concurrency=8") }
        )
    }

    private static func collectedWithoutBound() async -> TourRefusal {
        TourRefusal(
            19,
            ["S81"],
            title: "Collecting without a bound",
            attempt: "Dataset.range(\(Dataset.takeAllLimit + 1)).takeAll()",
            message: await message { _ = try await Dataset.range(Dataset.takeAllLimit + 1).takeAll() }
        )
    }

    private static let accepted = "accepted: on this machine it can run"

    private static func message(_ attempt: () throws -> Void) -> String {
        do { try attempt() } catch { return text(error) }
        return accepted
    }

    private static func message(_ attempt: () async throws -> Void) async -> String {
        do { try await attempt() } catch { return text(error) }
        return accepted
    }

    private static func text(_ error: any Error) -> String { (error as? PlanError)?.message ?? "\(error)" }
}
