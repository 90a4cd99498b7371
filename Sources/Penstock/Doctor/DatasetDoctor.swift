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
    static let fewestImages = 64
    static let mostImages = 4096

    private let dataset: Dataset
    private let table: WriteTable
    private let options: RunOptions
    private let machine: MachineFacts
    private let trials: any TrialRunner

    /// - `dataset` without its sink; `table` is not written.
    package init(_ dataset: Dataset, table: WriteTable, options: RunOptions, machine: MachineFacts = .current) {
        self.dataset = dataset
        self.table = table
        self.options = options
        self.machine = machine
        trials = DatasetTrials(dataset, table: table, options: options)
    }

    /// What was found, and on what.
    package struct Examination: Sendable {
        /// Most valuable first.
        package var findings: [FindingReport]
        /// The run of the sample as the job is; nil when it was not run, as something forbids it.
        package var sample: RunReport?
        /// Images of the sample; nil: everything that the source has.
        package var images: Int?
        /// Runs that were made.
        package var runs = 0
    }

    /// Examines the job.
    ///
    /// - `images`: size of the sample; nil: as many as take about two seconds. `tell` receives a line before each step.
    /// - Throws: `PlanError` for a job that cannot run, `RunError` when the sample fails.
    package func examine(
        images: Int? = nil,
        tell: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Examination {
        let plan = try Planner(machine: machine, options: options).plan(dataset.writing(table).plan)
        var facts = DoctorFacts(plan: plan, machine: machine)
        facts.devices = devices
        let forbidding = Doctor.findings(facts).filter { $0.id == "PS008" && $0.severity == .error }
        if !forbidding.isEmpty { return Examination(findings: forbidding) }
        tell("running a sample")
        var examination = Examination(findings: [])
        (examination.images, examination.sample) = try await sample(images)
        facts.report = examination.sample
        facts.images = try await imageFacts()
        let wanted = Doctor.trials(facts)
        for round in 0..<(wanted.isEmpty ? 0 : Self.rounds) {
            tell("trying \(wanted.map(\.description).joined(separator: "; ")): round \(round + 1) of \(Self.rounds)")
            try await addRound(wanted, images: examination.images, to: &facts.trials)
        }
        examination.runs = 2 + facts.trials.plain.count * (1 + wanted.count)
        examination.findings = Doctor.findings(facts)
        return examination
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

    /// One run as the job is, and one with each of the changes; changes that cannot run together are left out.
    private func addRound(_ wanted: [SettingChanges], images: Int?, to results: inout TrialResults) async throws {
        let plain = try await trials.run(SettingChanges(), images: images)
        var changed: [SettingChanges: RunReport] = [:]
        for changes in wanted {
            do {
                changed[changes] = try await trials.run(changes, images: images)
            } catch is PlanError {
                // A setting that was chosen forbids it; the rule goes without this trial.
            }
        }
        results.add(plain: plain, changed: changed)
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
