import PenstockAdvisor
package import PenstockCore
package import PenstockPlan
import PenstockStages

/// Examines a job: looks at its plan, runs a sample of it, tries what rules want to be tried, and says what they find.
package struct DatasetDoctor: Sendable {
    /// Seconds that a run of the sample should take, as far as there are images enough.
    static let sampleSeconds = 2.0
    /// Rounds of trials; fewer than three say nothing of the noise.
    static let rounds = 3
    /// How often the changed job is looked at again; each pass finds what the mistakes before it hid.
    static let passes = 3
    /// Changes that are tried at the same time, as each run has memory of its own.
    static let mostBeside = 3
    static let fewestImages = 64
    static let mostImages = 4096

    private let dataset: Dataset
    private let table: WriteTable
    private let options: RunOptions
    private let machine: MachineFacts
    private let trials: any TrialRunner

    /// - `dataset` without its sink; `table` is not written. `processes` run trials in turns; without them they run one after
    ///   the other.
    package init(
        _ dataset: Dataset,
        table: WriteTable,
        options: RunOptions,
        machine: MachineFacts = .current,
        processes: (any TrialProcesses)? = nil
    ) {
        self.dataset = dataset
        self.table = table
        self.options = options
        self.machine = machine
        trials = DatasetTrials(dataset, table: table, options: options, processes: processes)
    }

    /// What was found, and on what.
    package struct Examination: Sendable {
        /// Most valuable first; behind them those that only show once the others' changes are made.
        package var findings: [FindingReport]
        /// What all findings change, together.
        package var changes = SettingChanges()
        /// What the changes should gain together; nil where they were not tried together.
        package var gain: GainReport?
        /// The run of the sample as the job is; nil when it was not run, as something forbids it.
        package var sample: RunReport?
        /// Images of the sample; nil: everything that the source has.
        package var images: Int?
        /// Runs that were made.
        package var runs = 0
    }

    /// Examines the job, and then the job with the changes of what was found, as long as that shows more.
    ///
    /// - `images`: size of the sample; nil: as many as take about two seconds. `tell` receives a line before each step.
    /// - Throws: `PlanError` for a job that cannot run, `RunError` when the sample fails.
    package func examine(
        images: Int? = nil,
        tell: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Examination {
        var facts = try facts(after: SettingChanges())
        let forbidding = Doctor.findings(facts).filter { $0.id == "PS008" && $0.severity == .error }
        if !forbidding.isEmpty { return Examination(findings: forbidding) }
        tell("running a sample")
        var examination = Examination(findings: [])
        (examination.images, facts.report) = try await sample(images)
        examination.sample = facts.report
        examination.runs = 2
        facts.images = try await imageFacts()
        try await look(at: &facts, &examination, tell)
        var last = facts
        for _ in 1..<Self.passes where !examination.changes.values.isEmpty {
            let before = examination.changes
            guard var changed = try await changedFacts(last, &examination, tell) else { break }
            try await look(at: &changed, &examination, tell)
            if examination.changes == before { break }
            last = changed
        }
        examination.gain = try await togetherGain(facts, &examination, tell)
        return examination
    }

    /// What all changes together gain over the job as it is: from the first trials where these were among them, else from
    /// trials of their own.
    private func togetherGain(
        _ first: DoctorFacts,
        _ examination: inout Examination,
        _ tell: @Sendable (String) -> Void
    ) async throws -> GainReport? {
        let changes = examination.changes
        if changes.values.isEmpty { return nil }
        if let gain = first.gain(trying: changes) { return gain }
        guard examination.findings.contains(where: { $0.gain != nil && !$0.changes.isEmpty }) else { return nil }
        var facts = first
        facts.trials = TrialResults()
        for round in 1...Self.rounds {
            tell("trying all changes together: round \(round) of \(Self.rounds)")
            examination.runs += try await addRound(
                [changes],
                after: SettingChanges(),
                images: examination.images,
                to: &facts.trials
            )
        }
        return facts.gain(trying: changes)
    }

    private func facts(after changes: SettingChanges) throws -> DoctorFacts {
        let planner = Planner(machine: machine, options: try changes.applied(to: options))
        let changed = try changes.applied(to: dataset).writing(changes.applied(to: table))
        var facts = DoctorFacts(plan: try planner.plan(changed.plan), machine: machine)
        facts.devices = devices
        return facts
    }

    /// The job with all changes so far, and a run of it; nil when they cannot run together.
    private func changedFacts(
        _ last: DoctorFacts,
        _ examination: inout Examination,
        _ tell: @Sendable (String) -> Void
    ) async throws -> DoctorFacts? {
        do {
            var facts = try facts(after: examination.changes)
            facts.images = last.images
            facts.report =
                examination.findings.contains { !$0.after.isEmpty } ? nil : last.trials.middle(examination.changes)
            if facts.report == nil {
                tell("running the sample with all changes")
                facts.report = try await trials.run(examination.changes, images: examination.images)
                examination.runs += 1
            }
            return facts
        } catch is PlanError {
            return nil
        }
    }

    /// Tries what rules want to be tried, and adds what they find.
    private func look(
        at facts: inout DoctorFacts,
        _ examination: inout Examination,
        _ tell: @Sendable (String) -> Void
    ) async throws {
        let base = examination.changes
        func isNew(_ changes: SettingChanges) -> Bool {
            base.values.isEmpty || !changes.values.isEmpty && changes.values.keys.allSatisfy { base.values[$0] == nil }
        }
        var wanted = Doctor.trials(facts).filter(isNew)
        let all = wanted.reduce(Doctor.together(Doctor.findings(facts))) { $0.merging($1) }
        if base.values.isEmpty, !wanted.isEmpty, !wanted.contains(all) { wanted.append(all) }
        for round in 0..<(wanted.isEmpty ? 0 : Self.rounds) {
            tell("trying \(wanted.map(\.description).joined(separator: "; ")): round \(round + 1) of \(Self.rounds)")
            examination.runs += try await addRound(wanted, after: base, images: examination.images, to: &facts.trials)
        }
        var found = Doctor.findings(facts)
        if !base.values.isEmpty {
            found = found.filter { isNew(SettingChanges($0.changes)) && ($0.gain?.likely ?? 0) > 1 }
            for index in found.indices { found[index].after = base.values }
        }
        examination.findings += found
        examination.changes = base.merging(Doctor.together(found))
    }

    /// A first run, so that caches are warm and the rate is known, then a run of as many images as fill the time.
    private func sample(_ images: Int?) async throws -> (images: Int?, report: RunReport) {
        let unchanged = SettingChanges()
        let isImages = if case .readImages? = dataset.plan.operators.first { true } else { false }
        let first = try await trials.run(unchanged, images: images ?? Self.fewestImages)
        if images != nil || !isImages {
            return (images, try await trials.run(unchanged, images: images))
        }
        let starting = first.stages.map { $0.startingSeconds / Double(max($0.workers, 1)) }.max() ?? 0
        let working = max(first.wallSeconds - starting, 0.001)
        let wanted = Double(max(first.rowsWritten, 1)) / working * Self.sampleSeconds
        let count = min(max(Int(min(wanted, 1e9)), Self.fewestImages), Self.mostImages)
        return (count, try await trials.run(unchanged, images: count))
    }

    /// A run with each of the changes beside one as the job is; changes that cannot run together are left out.
    ///
    /// - `base`: changes of the job that all of them come on top of.
    /// - Returns: how many runs that were.
    private func addRound(
        _ wanted: [SettingChanges],
        after base: SettingChanges,
        images: Int?,
        to results: inout TrialResults
    ) async throws -> Int {
        var runs = 0
        for begin in stride(from: 0, to: wanted.count, by: Self.mostBeside) {
            let group = Array(wanted[begin..<min(begin + Self.mostBeside, wanted.count)])
            do {
                runs += try await addGroup(group, after: base, images: images, to: &results)
            } catch is PlanError {
                // One of them cannot run; each by itself shows which, where there are several.
                for changes in group where group.count > 1 {
                    do {
                        runs += try await addGroup([changes], after: base, images: images, to: &results)
                    } catch is PlanError {
                        // A setting that was chosen forbids it; the rule goes without this trial.
                    }
                }
            }
        }
        return runs
    }

    /// Runs that take turns: as the job is, and with each of a few changes.
    private func addGroup(
        _ group: [SettingChanges],
        after base: SettingChanges,
        images: Int?,
        to results: inout TrialResults
    ) async throws -> Int {
        let reports = try await trials.run(inTurns: [base] + group.map { base.merging($0) }, images: images)
        for (changes, changed) in zip(group, reports.dropFirst()) {
            results.add(changes, plain: reports[0], changed: changed)
        }
        return reports.count
    }

    /// Devices by their names; nil where the library is not there, which the run itself will say better.
    private var devices: [String]? {
        do throws(StageError) {
            return try OpenVINOBackend(library: options.backendLibrary).devices().map(\.name)
        } catch {
            return nil
        }
    }

    /// Headers of the first images.
    private func imageFacts() async throws -> ImageFacts? {
        guard case .readImages(let read)? = dataset.plan.operators.first else { return nil }
        let few = 32
        let files = Dataset.readBinaryFiles(from: read.paths).limit(few)
        return try ImageFacts(of: try await files.materialize(options: RunOptions()).blocks)
    }
}

extension ImageFacts {
    /// What the headers of files say; nil when none of them is an image.
    fileprivate init?(of blocks: [Block]) throws(StageError) {
        var pixels: [Int] = []
        var jpegs = 0
        for block in blocks {
            let files = try block.binaries("bytes")
            for row in 0..<files.count {
                let file = files.value(row)
                guard let size = ImageSize(headerOf: file) else { continue }
                let (count, isTooMany) = size.height.multipliedReportingOverflow(by: size.width)
                pixels.append(isTooMany ? .max : count)
                if file.count > 1, file[0] == 0xff, file[1] == 0xd8 { jpegs += 1 }
            }
        }
        guard !pixels.isEmpty else { return nil }
        pixels.sort()
        self.init(
            medianPixels: pixels[pixels.count / 2],
            jpegShare: Double(jpegs) / Double(pixels.count),
            count: pixels.count
        )
    }
}
