import PenstockCore
import Testing

@testable import PenstockPlan

@Suite struct PlannerTests {
    @Test(arguments: [1, 2, 16])
    func defaultsUseEveryCore(cores: Int) throws {
        let plan = try planned(cores: cores)
        #expect(plan.operators.map(\.name) == ["list", "read", "decode", "model", "write"])
        #expect(plan.operators.map(\.pool) == [.source, .tasks, .actors, .actors, .sink])
        #expect(plan.operators.map(\.workers) == [1, 2, cores, cores, 1])
        #expect(plan.operators.map(\.cpusPerTask) == [0, 0, 1, 1, 0])
        #expect(plan.operators[3].batch == .flexible(low: 8, high: 8))
        #expect(plan.cores == cores)
        #expect(plan.memory == .gibibytes(4))
        #expect(plan.blockRows == 64)
        #expect(plan.operators[3].tunedRows == 64)
        #expect(plan.threadsPerModelWorker == 1)
        #expect(plan.appliedRules.isEmpty)
    }

    @Test(arguments: [(cores: 2, threads: 2, workers: 1), (16, 4, 4), (16, 3, 5), (3, 2, 1)])
    func modelWorkersFillTheCoresWithTheirThreads(cores: Int, threads: Int, workers: Int) throws {
        let plan = try planned(cores: cores) { $0.threadsPerWorker = .value(threads) }
        #expect(plan.operators[3].workers == workers)
        #expect(plan.operators[3].cpusPerTask == Double(threads))
    }

    @Test func coresThatWereChosenReplaceThoseOfTheMachine() throws {
        let plan = try planned(cores: 16) { $0.cores = .set(3, .flag) }
        #expect(plan.operators.map(\.workers) == [1, 2, 3, 3, 1])
    }

    @Test func bothNumbersTogetherMayOversubscribe() throws {
        let plan = try planned(cores: 2) {
            $0.modelWorkers = .value(4)
            $0.threadsPerWorker = .value(2)
        }
        #expect(plan.operators[3].workers == 4)
    }

    @Test(arguments: [
        (memory: Bytes.mebibytes(64), read: Bytes.mebibytes(8), decode: Bytes.mebibytes(8)),
        (.gibibytes(4), .mebibytes(64), .mebibytes(64)),
    ])
    func queuesTakeAShareOfTheMemoryUpToABound(memory: Bytes, read: Bytes, decode: Bytes) throws {
        let plan = try planned(cores: 2) { $0.memory = .value(memory) }
        #expect(plan.operators[1].outputBudget == read)
        #expect(plan.operators[2].outputBudget == decode)
    }

    @Test(
        "Each decoder has room for the block that it fills and for one that waits",
        arguments: [1, 2, 16, 64],
        [Bytes.mebibytes(128), .gibibytes(1), .gibibytes(64)]
    )
    func roomForEveryDecoder(cores: Int, memory: Bytes) throws {
        let plan = try planned(cores: cores) { $0.memory = .value(memory) }
        let block = plan.blockRows * 224 * 224 * 3
        let decode = plan.operators[2]
        #expect(plan.blockRows.isMultiple(of: 8) && 8...64 ~= plan.blockRows)
        #expect(decode.outputBudget.count <= memory.count / 8)
        // Blocks are not smaller than a batch, whatever the memory.
        #expect(decode.outputBudget.count >= 2 * decode.workers * block || plan.blockRows == 8)
    }

    @Test(
        "A batch is taken as it comes within half of its size, unless the model is compiled for its rows",
        arguments: [(1, 1, 1), (2, 2, 2), (8, 8, 8), (9, 4, 9), (32, 16, 32)]
    )
    func batchesAsTheyCome(size: Int, low: Int, high: Int) throws {
        let plan = try planned(cores: 2) { $0.batchSize = .value(size) }
        #expect(plan.operators[3].batch == .flexible(low: low, high: high))
        #expect(plan.blockRows == size)
        #expect(plan.operators[3].tunedRows == nil)
    }

    @Test(
        "A classifier is compiled for its batch, unless a half empty last one would cost much",
        arguments: [
            (1, 1), (4, 4), (8, 8), (9, 0), (32, 0),
        ]
    )
    func rowsThatAModelIsCompiledFor(batch: Int, rows: Int) throws {
        #expect(try planned(cores: 2) { $0.batchSize = .value(batch) }.operators[3].compiledRows == rows)
        #expect(try planned(cores: 2).operators[3].compiledRows == 8)
        #expect(try planned(cores: 2).operators[2].compiledRows == 0)
    }

    @Test func everySettingSaysWhereItComesFrom() throws {
        let plan = try planned(cores: 4) {
            $0.cores = .set(2, .flag)
            $0.memory = .set(.gibibytes(1), .environment)
            $0.batchSize = .set(16, .pipelineFile)
            $0.decodeWorkers = .set(1, .profile)
            $0.modelWorkers = .value(2)
        }
        let origins = Dictionary(plan.settings.map { ($0.name, $0.origin) }) { first, _ in first }
        #expect(origins["cores"] == .flag)
        #expect(origins["memory"] == .environment)
        #expect(origins["batch-size"] == .pipelineFile)
        #expect(origins["decode-workers"] == .profile)
        #expect(origins["model-workers"] == .program)
        #expect(origins["threads-per-worker"] == .computed)
        let chosen = plan.settings.filter { $0.origin != .computed }
        #expect(chosen.map(\.reason) == chosen.map { _ in "" })
    }

    @Test func resumingLeavesOutWhatIsWrittenRightAfterTheSource() throws {
        let write = WriteTable(directory: "out", existing: .resume)
        let logical = dataset.plan.appending(.write(write))
        let plan = try Planner(machine: machine(2), options: RunOptions()).plan(logical)
        #expect(plan.operators.map(\.name) == ["list", "resume", "read", "decode", "model", "write"])
        #expect(plan.operators[1].stage == .skipWritten(write))
    }

    @Test func aLimitIsReadByTheSourceAndTheRuleIsNamed() throws {
        let logical = dataset.limit(10).plan.appending(.collect)
        let plan = try Planner(machine: machine(2), options: RunOptions()).plan(logical)
        guard case .listFiles(let read) = plan.operators[0].stage else {
            Issue.record("the first operator lists files")
            return
        }
        #expect(read.listing.limit == 10)
        #expect(plan.appliedRules == ["limit push-down: the source gives at most 10 rows"])
        #expect(plan.operators.last?.stage == .collect)
    }

    @Test(
        "A block is one file of a store, as a reader waits for one after the other",
        arguments: [
            (Dataset.readImages(from: ["s3://photos/a"]), 1), (.readImages(from: ["photos", "gs://b/c"]), 1),
            (.readImages(from: ["photos"]), 64), (.readPackedImages(from: ["s3://packed"]), 64),
            (.readImages(from: ["photos"]).union(.readImages(from: ["s3://photos/a"])), 1),
        ]
    )
    func blocksOfStores(source: Dataset, rows: Int) throws {
        let logical = source.predict(with: .classifier("m.onnx")).plan.appending(.write(WriteTable(directory: "out")))
        #expect(try Planner(machine: machine(2), options: RunOptions()).plan(logical).blockRows == rows)
        var options = RunOptions()
        options.batchSize = .value(2)
        let plan = try Planner(machine: machine(2), options: options).plan(logical)
        #expect(plan.blockRows == min(rows, 2))
        #expect(plan.operators.first { $0.name == "model" }?.batch == .flexible(low: 2, high: 2))
    }

    @Test func planningLeavesTheCallersPlanAlone() throws {
        let logical = dataset.limit(10).plan.appending(.write(WriteTable(directory: "out")))
        let copy = logical
        _ = try Planner(machine: machine(2), options: RunOptions()).plan(logical)
        #expect(logical == copy)
        #expect(logical.operators.contains(.limit(10)))
    }

    @Test(
        "Readers of all kinds heed what was asked for",
        arguments: [
            Dataset.readImages(from: ["a"]), .readPackedImages(from: ["a"]), .readParquet(from: ["a"]),
            .readCSV(from: ["a"]), .readText(from: ["a"]), .readBinaryFiles(from: ["a"]),
        ]
    )
    func readersHeedOptions(dataset: Dataset) throws {
        var options = RunOptions()
        options.readWorkers = .set(7, .flag)
        options.readAhead = .set(.mebibytes(3), .flag)
        let plan = try Planner(machine: machine(2), options: options).plan(dataset.appending(.collect).plan)
        let read = try #require(plan.operators.first { $0.name == "read" })
        #expect(read.workers == 7)
        #expect(read.outputBudget == .mebibytes(3))
        #expect(read.settings.filter { $0.origin == .flag }.map(\.name) == ["read-workers", "read-ahead"])
        let usual = try Planner(machine: machine(2), options: RunOptions()).plan(dataset.appending(.collect).plan)
        #expect(usual.operators.first { $0.name == "read" }?.workers == 2)
    }

    @Test func theSamePlanComesOutTwice() throws { #expect(try planned(cores: 4) == planned(cores: 4)) }
}

let dataset = Dataset.readImages(from: ["photos"]).predict(with: .classifier("resnet50.onnx"))

func machine(_ cores: Int) -> MachineFacts { MachineFacts(cores: cores, memory: .gibibytes(8)) }

/// The main job on a machine of so many cores and 8 GiB.
func planned(cores: Int, _ change: (inout RunOptions) -> Void = { _ in }) throws(PlanError) -> PhysicalPlan {
    var options = RunOptions()
    change(&options)
    let logical = dataset.plan.appending(.write(WriteTable(directory: "out")))
    return try Planner(machine: machine(cores), options: options).plan(logical)
}

@Suite struct PackedImagesTests {
    private func planned(_ dataset: Dataset, existing: ExistingOutput = .refuse) throws -> PhysicalPlan {
        var table = WriteTable(directory: "out")
        table.existing = existing
        let plan = dataset.appending(.predict(Classifier(model: "m"))).appending(.write(table)).plan
        return try Planner(machine: MachineFacts(cores: 2, memory: .gibibytes(8)), options: RunOptions()).plan(plan)
    }

    @Test func packedImagesAreDecodedForTheClassifierInBatchesLikeThoseOfFiles() throws {
        let plan = try planned(.readPackedImages(from: ["packed"]))
        #expect(plan.operators.map(\.name) == ["list", "split", "read", "decode", "model", "write"])
        #expect(plan.operators[3].batch == .flexible(low: 1, high: plan.blockRows))
        let files = try planned(.readImages(from: ["photos"]))
        #expect(files.operators.map(\.name) == ["list", "read", "decode", "model", "write"])
        #expect(files.operators[2].batch == .wholeBlock)
    }

    @Test func aLimitStaysBeforeDecoding() throws {
        let plan = try planned(.readPackedImages(from: ["packed"]).appending(.limit(5)))
        #expect(plan.operators.map(\.name) == ["list", "split", "read", "limit", "decode", "model", "write"])
    }

    @Test func otherTablesAreNotDecoded() throws {
        let plan = try planned(.readParquet(from: ["t.parquet"]))
        #expect(plan.operators.map(\.name) == ["list", "split", "read", "model", "write"])
        let tensors = try planned(Dataset.readImages(from: ["photos"], size: nil).appending(.repartition(.blocks(2))))
        #expect(tensors.operators.map(\.name) == ["list", "read", "decode", "repartition", "model", "write"])
    }

    @Test func resumingLeavesOutRowsOnceTheirPathsAreKnown() throws {
        let plan = try planned(.readPackedImages(from: ["packed"]), existing: .resume)
        #expect(plan.operators.map(\.name) == ["list", "split", "read", "resume", "decode", "model", "write"])
        #expect(throws: PlanError.self) { try planned(.readParquet(from: ["t.parquet"]), existing: .resume) }
    }

    @Test func onlyImagesArePacked() throws {
        var read = ReadBinaryFiles(paths: ["photos"])
        for (only, kind) in [(true, FileSelection.Kind.images), (false, .binary)] {
            read.onlyImages = only
            let plan = try Planner(machine: MachineFacts(cores: 2, memory: .gibibytes(8)), options: RunOptions())
                .plan(LogicalPlan([.readBinaryFiles(read), .write(WriteTable(directory: "out"))]))
            guard case .listFiles(let files) = plan.operators[0].stage else {
                Issue.record("the first operator lists")
                return
            }
            #expect(files.kind == kind)
        }
    }
}
