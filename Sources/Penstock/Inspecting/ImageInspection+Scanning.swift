import PenstockCore
public import PenstockPlan
import PenstockStages

extension ImageInspection {
    /// What to look at, and how closely.
    public struct Options: Sendable {
        /// The short side that the model gets images in.
        public var resize = Preprocessing.torchvision.resize
        /// Files in stores whose headers are read: each costs a request.
        public var mostRemoteHeaders = 1000
        /// Measure reading and decoding on some of the images.
        public var probes = true

        /// The defaults.
        public init() {}
    }

    /// Lists files and reads their headers.
    ///
    /// - Cost: the beginning of each file, and with `probes` about two seconds and 64 MiB of files.
    /// - Throws: `RunError` when a named path is not there or holds no images.
    public static func scan(
        _ paths: [String],
        _ options: Options = Options(),
        run: RunOptions = RunOptions()
    ) async throws -> ImageInspection {
        let classification = Dataset.readImages(from: paths).predict(with: Classifier(model: "none"))
        let plan = try Planner(machine: .current, options: run).plan(classification.plan.appending(.collect))
        let files = StoreAccess(retries: run.retries)
        defer { files.endRun() }
        let inspection = ImageInspection(maxPixels: run.maxPixels, resize: options.resize)
        let state = Received((inspection, Collecting()))
        let source = ListFilesSource(paths, kind: .images, plan: plan, files: files)
        let transform = InspectFilesTransform(files: files, mostRemote: options.mostRemoteHeaders)
        let receiver = BlockReceiver { block throws(StageError) in
            try state.change { value throws(StageError) in try value.0.add(block, &value.1) }
        }
        let workers = paths.contains { $0.contains("://") } ? 16 : 2 * plan.cores
        // They wait for storage: several for each core.
        let share = Resources(cpus: Double(plan.cores) / Double(workers))
        try await Dataset.read(source)
            .mapBatches(transform, batchSize: .wholeBlock, compute: .actors(workers), resources: share)
            .write(to: receiver, options: run)
        var (result, collecting) = state.value
        result.finish(collecting)
        if options.probes {
            let measurement = InspectionMeasurement(
                files: files,
                cores: plan.cores,
                memory: plan.memory,
                maxPixels: run.maxPixels,
                resize: options.resize
            )
            result.probe = try await measurement.rates(collecting.samples)
        }
        result.warnings = result.advice
        return result
    }

    /// The inspection with stable, snake-case keys.
    public func json() throws -> String { String(decoding: try ReportJSON.encode(self), as: UTF8.self) }
}
