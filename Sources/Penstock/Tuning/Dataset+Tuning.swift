import PenstockAdvisor
public import PenstockCore
public import PenstockPlan

extension Dataset {
    /// Searches settings that make this classification of images faster on this machine: trials on a sample decide.
    ///
    /// Settings that `options` give are left as they are.
    /// - Cost: up to `tuning.seconds` of work on all cores.
    /// - Throws: `PlanError` when the dataset does something else; what a run throws; `CancellationError`.
    public func tune(
        _ tuning: TuningOptions = TuningOptions(),
        options: RunOptions = RunOptions()
    ) async throws -> TuningReport {
        let clock = MonotonicClock()
        let start = clock.now()
        let (search, _) = try await search(tuning, options, clock, since: start)
        var report = try await search.run()
        report.seconds = clock.now().seconds(since: start)
        return report
    }

    /// Answers what each of other settings would do, from a model of what each stage costs; they are not run.
    ///
    /// - Cost: a few short runs with the settings as they are, and where the model knows too little.
    /// - Throws: as `tune`.
    public func whatIf(
        _ changes: [SettingChanges],
        tuning: TuningOptions = TuningOptions(),
        options: RunOptions = RunOptions()
    ) async throws -> [WhatIfReport] {
        // Settings that cannot run are refused before anything is measured.
        for change in changes {
            let changed = try change.applied(to: self)
            let planner = Planner(machine: .current, options: try change.applied(to: options))
            _ = try planner.plan(changed.plan.appending(.collect))
        }
        let clock = MonotonicClock()
        let (search, images) = try await search(tuning, options, clock, since: clock.now())
        return try await search.whatIf(changes, images: images)
    }

    private func search(
        _ tuning: TuningOptions,
        _ options: RunOptions,
        _ clock: MonotonicClock,
        since start: RunInstant
    ) async throws -> (TuningSearch, images: Int) {
        let unknown = tuning.allowed.subtracting(TuningOptions.allowable).min()
        if let unknown {
            throw PlanError(
                "\"\(unknown)\" cannot be allowed: only \(TuningOptions.allowable.joined(separator: ", ")) may change answers.",
                isUsage: true
            )
        }
        let sample = try await TuningSample(self, options: options)
        var request = TuningRequest()
        // Listing has taken some of the time already.
        request.seconds = tuning.seconds - clock.now().seconds(since: start)
        request.fixed = options.decided(for: self)
        request.allowed = tuning.allowed
        request.minimumAgreement = tuning.minimumAgreement
        request.machineCores = MachineFacts.current.cores
        request.machineMemory = MachineFacts.current.memory.count
        request.availableImages = sample.available
        let table = WriteTable(directory: "", format: .parquet)
        let tools = TuningTools(
            runner: DatasetTrials(
                sample.dataset,
                table: table,
                options: options,
                processes: tuning.processes,
                paths: sample.paths
            ),
            agreement: DatasetAgreement(sample.dataset, options: options),
            clock: clock,
            tell: tuning.tell
        )
        return (TuningSearch(request, tools), sample.listed)
    }
}

extension RunOptions {
    /// Settings that somebody decided for this dataset: a search and a profile leave them alone.
    func decided(for dataset: Dataset) -> Set<String> {
        var names = Set(origins.filter { $0.value != .profile }.keys)
        func add<Value>(_ name: String, _ choice: Choice<Value>) { if choice.chosen != nil { names.insert(name) } }
        add("cores", cores)
        add("memory", memory)
        add("read-workers", readWorkers)
        add("read-ahead", readAhead)
        add("decode-workers", decodeWorkers)
        add("model-workers", modelWorkers)
        add("threads-per-worker", threadsPerWorker)
        add("batch-size", batchSize)
        add("block-bytes", blockBytes)
        for case .predict(let classifier, let request) in dataset.plan.operators {
            if classifier.precision != .auto { names.insert("precision") }
            if classifier.resizeQuality != .exact { names.insert("resize-quality") }
            if request.batch != nil { names.insert("batch-size") }
            if request.compute != nil { names.insert("model-workers") }
        }
        return names
    }
}
