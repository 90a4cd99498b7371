package import PenstockCore
package import PenstockPlan

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One run of the tour: which mistakes are made, in which shape, over how many images.
package struct TourStep: Codable, Sendable, Hashable {
    /// What is done wrong.
    package var mistakes: Set<Mistake>
    /// How the stages are cut.
    package var shape: MistakenPipeline.Shape
    /// The first images of the list.
    package var images: Int
    /// Arithmetic of the model, where it is not the mistake to choose it badly.
    package var precision: Precision

    /// A run of the first `images` images.
    package init(_ mistakes: Set<Mistake>, shape: MistakenPipeline.Shape, images: Int, precision: Precision = .auto) {
        self.mistakes = mistakes
        self.shape = shape
        self.images = images
        self.precision = precision
    }
}

/// What a row says.
package struct TourPrediction: Codable, Sendable, Equatable {
    /// Class, -1 for a row that stands for an error.
    package var predicted: Int
    /// Probability of the class.
    package var confidence: Double

    /// A prediction as it was written.
    package init(predicted: Int, confidence: Double) {
        self.predicted = predicted
        self.confidence = confidence
    }
}

/// What one run of the tour took and gave, measured in a process of its own.
package struct TourMeasurement: Codable, Sendable {
    /// Images taken in: written as rows, or quarantined.
    package var images = 0
    /// From the call to its end, everything included but the start of the process, and but times when it was stopped.
    package var seconds = 0.0
    /// CPU time of the process in these seconds.
    package var cpuSeconds = 0.0
    /// The most memory that the process had resident.
    package var peakBytes = 0
    /// Bytes of the files written.
    package var outputBytes = 0
    /// Rows in quarantine.
    package var quarantined = 0
    /// What each operator did.
    package var stages: [StageReport] = []
    /// The model and its precision.
    package var model: ModelReport?
    /// Versions of what ran.
    package var versions: [String: String] = [:]
    /// What limited the run.
    package var verdict = ""
    /// Rows by file name.
    package var predictions: [String: TourPrediction] = [:]

    /// Nothing measured yet.
    package init() {}

    /// Images per second.
    package var rate: Double { seconds > 0 ? Double(images) / seconds : 0 }
    /// CPU seconds of one image.
    package var cpuSecondsPerImage: Double { images > 0 ? cpuSeconds / Double(images) : 0 }

    /// Share of its workers' time that the model's stage had no input, loading not counted.
    package var starvedShare: Double {
        guard let model = stages.last(where: { ["model", "slow inference"].contains($0.name) }) else { return 0 }
        let time = model.busySeconds + model.starvedSeconds + model.heldSeconds
        return time > 0 ? model.starvedSeconds / time : 0
    }
}

/// Runs steps of the tour: the command line in processes of their own, tests with a script.
package protocol TourRunner: Sendable {
    /// Runs steps at the same time, in turns of a part of a second: each has the whole machine in its turn, so that a slow
    /// second of the machine hits all of them. A single one just runs.
    ///
    /// - Returns: a measurement of each, in the order of the steps.
    /// - Throws: what a run threw; `CancellationError` when the tour was interrupted.
    func run(inTurns steps: [TourStep]) async throws -> [TourMeasurement]
}

extension TourRunner {
    /// Runs one step by itself.
    package func run(_ step: TourStep) async throws -> TourMeasurement {
        let all = try await run(inTurns: [step])
        guard let only = all.first else { preconditionFailure("a runner that measured nothing") }
        return only
    }
}

extension MistakenPipeline {
    /// Runs a step into `directory` and measures it; the files stay.
    ///
    /// - Throws: `PlanError`, `RunError`; `StageError` when the rows cannot be read back.
    package func measure(_ step: TourStep, into directory: String) async throws -> TourMeasurement {
        var pipeline = self
        pipeline.classifier.precision = step.precision
        let cpu = Platform.processCPUSeconds
        let clock = MonotonicClock()
        let begin = clock.now()
        let report = try await pipeline.run(step.mistakes, shape: step.shape, into: directory)
        var result = TourMeasurement()
        result.seconds = clock.now().seconds(since: begin)
        result.cpuSeconds = Platform.processCPUSeconds - cpu
        result.peakBytes = Platform.peakResidentBytes
        result.quarantined = report.rowsQuarantined
        result.images = report.rowsWritten + report.rowsQuarantined
        result.stages = report.stages
        result.model = report.model
        result.versions = report.versions
        result.verdict = report.verdict.text
        let rows = try Predictions(in: directory)
        result.outputBytes = try Self.byteCount(ofPartsIn: directory)
        for block in try rows.rows(atMost: .max) {
            let paths = try block.strings("path")
            let classes = try block.numbers("predicted_class")
            let confidences = try block.numbers("confidence")
            for row in 0..<block.rowCount {
                let name = paths.string(row).split(separator: "/").last.map(String.init) ?? ""
                result.predictions[name] = TourPrediction(
                    predicted: Int(classes[row]),
                    confidence: confidences[row]
                )
            }
        }
        return result
    }
}

extension MistakenPipeline {
    private static func byteCount(ofPartsIn directory: String) throws -> Int {
        var total = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix("part-") {
            total += FileManager.default.contents(atPath: "\(directory)/\(name)")?.count ?? 0
        }
        return total
    }
}

extension Block {
    /// A column of numbers, whatever type the format gave them.
    fileprivate func numbers(_ name: String) throws(StageError) -> [Double] {
        switch self[name]?.values {
        case .int32(let values)?: values.array.map(Double.init)
        case .int64(let values)?: values.array.map(Double.init)
        case .float32(let values)?: values.array.map(Double.init)
        case .float64(let values)?: values.array
        default: throw StageError(.invalidInput, "the column \"\(name)\" holds no numbers; the block has [\(schema)].")
        }
    }
}
