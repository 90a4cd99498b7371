import PenstockCore
import Testing

@testable import PenstockPlan

/// Plans that cannot run are refused with a message that names the setting, its value and what is allowed.
@Suite struct RefusalTests {
    @Test(arguments: [
        (name: "batch-size", value: 0, most: 65_536), ("batch-size", 65_537, 65_536), ("batch-size", -3, 65_536),
        ("decode-workers", 0, 1024), ("decode-workers", 1025, 1024), ("model-workers", 0, 1024),
        ("threads-per-worker", 0, 1024), ("cores", 0, 4096), ("cores", 4097, 4096),
    ])
    func countsOutOfRangeAreRefused(name: String, value: Int, most: Int) {
        let error = refusal { options in
            switch name {
            case "batch-size": options.batchSize = .value(value)
            case "decode-workers": options.decodeWorkers = .value(value)
            case "model-workers": options.modelWorkers = .value(value)
            case "threads-per-worker": options.threadsPerWorker = .value(value)
            default: options.cores = .value(value)
            }
        }
        #expect(error == PlanError("--\(name) \(value): it must be between 1 and \(most).", isUsage: true))
    }

    @Test(arguments: [-1, 101])
    func retriesOutOfRangeAreRefused(retries: Int) {
        let error = refusal { $0.retries = retries }
        #expect(error == PlanError("--retries \(retries): it must be between 0 and 100.", isUsage: true))
    }

    @Test func tooLittleMemoryIsRefused() {
        let error = refusal { $0.memory = .value(.mebibytes(63)) }
        let message = "--memory 63 MiB is too little to work with; the least is 64 MiB."
        #expect(error == PlanError(message, isUsage: true))
        #expect(refusal { $0.memory = .value(.mebibytes(64)) } == nil)
    }

    @Test(arguments: [BatchSize.exactly(0), .exactly(-1), .flexible(low: 0, high: 4), .flexible(low: 5, high: 4)])
    func batchesThatCannotBeMadeAreRefused(batch: BatchSize) {
        let mine = LogicalOperator.transform(CustomTransform(name: "mine", position: 0, batch: batch))
        let plan = LogicalPlan([.readImages(ReadImages(paths: ["a"])), mine, .collect])
        #expect(throws: PlanError("mine: a batch of \(batch) rows cannot be made; it has at least 1 row.")) {
            try Planner(machine: MachineFacts(cores: 2, memory: .gibibytes(8)), options: RunOptions()).plan(plan)
        }
    }

    @Test(arguments: [
        (workers: Int?.some(3), threads: Int?.none, text: "3 model workers × 1 thread = 3 threads for 2 cores. "),
        (nil, 3, "1 model worker × 3 threads = 3 threads for 2 cores. "),
    ])
    func moreThreadsThanCoresAreRefusedUnlessBothAreSet(workers: Int?, threads: Int?, text: String) {
        let error = refusal {
            if let workers { $0.modelWorkers = .value(workers) }
            if let threads { $0.threadsPerWorker = .value(threads) }
        }
        let advice =
            "Lower one of them, or set both --model-workers and --threads-per-worker to oversubscribe knowingly."
        #expect(error == PlanError(text + advice, isUsage: true))
    }

    @Test(arguments: [
        (
            plan: Dataset.readImages(from: []).plan,
            error: PlanError("no paths to read images from.", isUsage: true)
        ),
        (
            Dataset.readImages(from: ["a"]).limit(-1).plan,
            PlanError("limit -1: a limit is 0 or more rows.", isUsage: true)
        ),
        (
            LogicalPlan([.readImages(ReadImages(paths: ["a"])), transform, .limit(-1)]),
            PlanError("limit -1: a limit is 0 or more rows.", isUsage: true)
        ),
        (
            LogicalPlan([.collect]),
            PlanError("a pipeline begins with a source, such as readImages or readParquet.")
        ),
    ])
    func plansThatCannotRunAreRefused(plan: LogicalPlan, error: PlanError) {
        #expect(throws: error) { try Planner(machine: machine(2), options: RunOptions()).plan(plan) }
    }

    @Test func aClassifierThatWritesNoClassIsRefused() {
        var classifier = Classifier(model: "m.onnx")
        classifier.topK = 0
        #expect(throws: PlanError("--top-k 0: at least 1 class is written.", isUsage: true)) {
            try Planner(machine: machine(2), options: RunOptions()).plan(
                Dataset.readImages(from: ["a"]).predict(with: classifier).plan
            )
        }
    }

    @Test(arguments: [
        (
            preprocessing: made { $0.resize = 0 },
            message: "--resize 0 is not a size: it must be between 1 and 16384 pixels."
        ),
        (made { $0.crop = 20_000 }, "--crop 20000 is not a size: it must be between 1 and 16384 pixels."),
        (
            made { $0.crop = 300 },
            "--crop 300 is larger than --resize 256: the crop is cut from the resized image. Use --resize 300 or more."
        ),
        (made { $0.mean = [1] }, "--mean needs three finite numbers, one per channel; got [1.0]."),
        (made { $0.std = [1, .nan, 1] }, "--std needs three finite numbers, one per channel; got [1.0, nan, 1.0]."),
        (made { $0.std = [1, 0, 1] }, "--std [1.0, 0.0, 1.0] contains 0, and pixels are divided by it."),
    ])
    func preprocessingThatMakesNoSenseIsRefused(preprocessing: Preprocessing, message: String) {
        var classifier = Classifier(model: "m.onnx")
        classifier.preprocessing = preprocessing
        #expect(throws: PlanError(message, isUsage: true)) {
            try Planner(machine: machine(2), options: RunOptions()).plan(
                Dataset.readImages(from: ["a"]).predict(with: classifier).plan
            )
        }
    }

    @Test(arguments: Preprocessing.presets.map(\.name))
    func everyPresetIsValid(name: String) throws {
        let preset = try #require(Preprocessing.presets.first { $0.name == name })
        try preset.value.validate()
    }

    /// The error that the main job is refused with on 2 cores.
    private func refusal(_ change: (inout RunOptions) -> Void) -> PlanError? {
        do throws(PlanError) {
            _ = try planned(cores: 2, change)
            return nil
        } catch {
            return error
        }
    }
}

/// torchvision's preprocessing with one thing changed.
private func made(_ change: (inout Preprocessing) -> Void) -> Preprocessing {
    var preprocessing = Preprocessing.torchvision
    change(&preprocessing)
    return preprocessing
}
