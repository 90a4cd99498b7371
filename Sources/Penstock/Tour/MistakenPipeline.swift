package import PenstockCore
package import PenstockPlan
import PenstockStages

/// The classification of a folder of images as Penstock does it by default, or with classic mistakes in it.
package struct MistakenPipeline: Sendable {
    /// What is classified.
    package var paths: [String]
    /// Images to take from the front of the listing; nil: all.
    package var images: Int?
    /// The model, with the precision that the good pipeline computes in.
    package var classifier: Classifier
    /// Options of the good pipeline.
    package var options: RunOptions
    /// Receives the lines of `.loggingInHotPath`.
    package var log: @Sendable (String) -> Void

    /// A pipeline over images; `log` is called from worker threads.
    package init(
        paths: [String],
        images: Int? = nil,
        classifier: Classifier,
        options: RunOptions,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.paths = paths
        self.images = images
        self.classifier = classifier
        self.options = options
        self.log = log
    }

    /// How the stages are cut.
    package enum Shape: String, Codable, Sendable {
        /// Penstock's own stages; mistakes that no setting makes cannot be made.
        case builtIn = "built-in"
        /// The same stages, decoder and model each wrapped as a stage of a user's.
        case wrapped
        /// Decoder and model in one worker, as the document has it.
        case fused
    }

    /// The shape in which one mistake, and nothing else, differs from the good pipeline.
    package static func shape(for mistake: Mistake) -> Shape {
        switch mistake {
        case .acceleratorUnused, .batchOfTwo, .eightWorkers, .noLimits, .collectsEverything, .jsonOutput,
            .noBlockSizing:
            .builtIn
        default: .wrapped
        }
    }

    /// Runs the job with these mistakes and writes into `directory`, which must not exist.
    ///
    /// - Throws: `PlanError` before anything runs; `RunError` when the run failed.
    package func run(_ mistakes: Set<Mistake>, shape: Shape, into directory: String) async throws -> RunReport {
        let table = WriteTable(directory: directory, format: mistakes.contains(.jsonOutput) ? .jsonl : .parquet)
        let options = options(with: mistakes)
        let dataset = dataset(with: mistakes, shape: shape, options: options)
        guard mistakes.contains(.collectsEverything) else { return try await dataset.write(table, options: options) }
        let collected = try await dataset.materialize(options: options)
        var report = try await collected.dataset.write(table, options: options)
        report.stages = collected.report.stages
        report.model = collected.report.model
        report.rowsQuarantined = collected.report.rowsQuarantined
        return report
    }

    /// Options with those mistakes that are settings.
    package func options(with mistakes: Set<Mistake>) -> RunOptions {
        var options = options
        if mistakes.contains(.batchOfTwo) { options.batchSize = .value(2) }
        if mistakes.contains(.eightWorkers) {
            options.modelWorkers = .value(8)
            options.threadsPerWorker = .value(1)
        }
        if mistakes.contains(.noLimits) {
            let all = MachineFacts.current.memory
            options.memory = .value(all)
            options.readAhead = .value(all)
        }
        return options
    }

    /// The dataset with its mistakes, without its sink.
    package func dataset(with mistakes: Set<Mistake>, shape: Shape, options: RunOptions) -> Dataset {
        var classifier = classifier
        if mistakes.contains(.acceleratorUnused) { classifier.precision = .f32 }
        let blocks = mistakes.contains(.noBlockSizing) ? 1 : nil
        if shape == .builtIn {
            let source = limited(Dataset.readImages(from: paths, overrideBlockCount: blocks))
            return source.predict(with: classifier)
        }
        let source = limited(Dataset.readBinaryFiles(from: paths, overrideBlockCount: blocks))
        func stage(_ work: SlowInferenceTransform.Work) -> SlowInferenceTransform {
            SlowInferenceTransform(classifier, mistakes, work: work, options: options, log: log)
        }
        let batch = options.batchSize.chosen.map { BatchSize.exactly($0) }
        let workers = options.modelWorkers.chosen.map { Compute.actors($0) }
        // Without limits every worker runs, whatever the cores say.
        let resources = mistakes.contains(.noLimits) ? Resources(cpus: 0) : .default
        if shape == .fused {
            return source.mapBatches(stage(.all), batchSize: batch, compute: workers, resources: resources)
        }
        return source.mapBatches(stage(.decode), batchSize: batch ?? .wholeBlock)
            .mapBatches(
                stage(.infer),
                batchSize: SlowInferenceTransform.modelBatch(options),
                compute: workers,
                resources: resources
            )
    }

    private func limited(_ source: Dataset) -> Dataset { images.map { source.limit($0) } ?? source }
}

extension MistakenPipeline {
    /// The first images under some paths, in the order of the listing.
    ///
    /// - Throws: `StageError` `.notFound` when there are none.
    package static func listed(_ paths: [String], atMost limit: Int) async throws -> [String] {
        let source = ListFilesSource(paths, kind: .images, listing: Listing(limit: limit), blockRows: 256)
        return try await Blocking.run { () throws(StageError) in
            var names: [String] = []
            var cursor = try source.start(.outsideOfRuns)
            while let block = try source.next(&cursor) {
                let column = try block.strings("path")
                names += (0..<column.count).map { column.string($0) }
            }
            return names
        }
    }
}
