import ArgumentParser
import Penstock

/// `penstock tune`: finds faster settings, shows every trial, stores a profile.
struct TuneCommand: AsyncParsableCommand, TrialCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Finds settings that make a classification faster here, and remembers them.",
        discussion: """
            A few runs show what each stage costs, a cost model proposes settings, and runs that take turns with the best so far
            decide. A gain inside the noise is none: then the defaults stay. What is found is used by classify, run and explain
            for this model, machine and kind of images from then on.

            Examples:
              penstock tune photos/ --model resnet50.onnx
              penstock tune pipeline.yaml --time 180 --json tuning.json
              penstock tune photos/ --model resnet50.onnx --allow resize-quality
              penstock tune photos/ --model resnet50.onnx --what-if batch-size=64,decode-workers=8
              penstock tune --list
              penstock tune --forget resnet50.onnx
            """
    )

    @Argument(help: "Images as classify takes them; or a pipeline file (.yaml, .yml).")
    var paths: [String] = []

    @Option(
        help: ArgumentHelp("With a pipeline file: replaces one of its values. May stand often.", valueName: "key=value")
    )
    var set: [String] = []

    @Option(name: .shortAndLong, help: "The model: an ONNX file, or an OpenVINO IR (.xml).")
    var model: String?

    @Option(help: ArgumentHelp("Seconds for all of it.", valueName: "s"))
    var time = 90.0

    @Option(
        help: ArgumentHelp(
            "Settings that may change answers and are tried only when named here: precision, resize-quality.",
            valueName: "a,b"
        )
    )
    var allow: NameList?

    @Option(
        help: ArgumentHelp(
            "Share of the sample's images, in per cent, that must get the same class with what --allow names.",
            valueName: "p"
        )
    )
    var minAgreement = 99.5

    @Option(
        help: ArgumentHelp(
            "Only answer what these settings would do, such as batch-size=64,decode-workers=8. May stand often.",
            valueName: "name=value,…"
        )
    )
    var whatIf: [String] = []

    @Flag(help: "Search, and store nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("Also write the result to this file.", valueName: "file"))
    var json: String?

    @Flag(help: "Print the stored profiles.")
    var list = false

    @Option(help: ArgumentHelp("Remove the profiles of a model, or all of them.", valueName: "model|all"))
    var forget: String?

    @OptionGroup var classOptions: ClassOptions

    @OptionGroup var shared: SharedOptions

    private var isFile: Bool {
        paths.contains { path in [".yaml", ".yml"].contains { path.lowercased().hasSuffix($0) } }
    }

    func validate() throws {
        if !(time >= 1 && time <= 86_400) {
            throw ValidationError("--time \(time): it must be from 1 to 86400 seconds.")
        }
        if !(minAgreement >= 0 && minAgreement <= 100) {
            throw ValidationError("--min-agreement \(minAgreement): it is a share from 0 to 100 per cent.")
        }
        if list || forget != nil { return }
        if paths.isEmpty { throw ValidationError("Missing expected argument '<paths> ...'") }
        if isFile, paths.count > 1 || model != nil || !shared.typed.isEmpty {
            throw ValidationError("a pipeline file stands alone; change its values with --set.")
        }
        if !isFile, model == nil { throw ValidationError("Missing expected argument '--model <model>'") }
        if !isFile, !set.isEmpty { throw ValidationError("--set is for pipeline files (.yaml, .yml).") }
    }

    func run() async throws {
        if list { return try printList() }
        if let forget { return try remove(forget) }
        let job = try trialJob()
        var tuning = TuningOptions()
        tuning.processes = TrialChildren()
        tuning.seconds = time
        tuning.allowed = Set(allow?.names ?? [])
        tuning.minimumAgreement = minAgreement / 100
        tuning.tell = { TuningText.print($0) }
        if !whatIf.isEmpty { return try await answer(job, tuning) }
        try await search(job, tuning)
    }

    func trialJob() throws(PlanError) -> Job {
        if isFile { return try PipelineFile(paths[0], settings: set).job() }
        return try shared.classification(
            of: .readImages(from: paths),
            by: model ?? "",
            classOptions.classes,
            to: "tuning"
        )
    }

    private func answer(_ job: Job, _ tuning: TuningOptions) async throws {
        let changes = try whatIf.map { try SettingChanges(parsing: $0) }
        let reports = try await interruptible { [tuning] in
            try await job.dataset.whatIf(changes, tuning: tuning, options: job.options)
        }
        for report in reports { for line in TuningText.lines(report) { print(line) } }
        if let json { try ReportFile.write(reports.json(), to: json) }
    }

    private func search(_ job: Job, _ tuning: TuningOptions) async throws {
        let report = try await interruptible { [tuning] in
            try await job.dataset.tune(tuning, options: job.options)
        }
        for line in TuningText.lines(report) { print(line) }
        if let json { try ReportFile.write(report.json(), to: json) }
        if dryRun { return }
        guard let folder = UserFolders.data else {
            print("Nothing is stored: there is no home folder. Set PENSTOCK_DATA to a folder.")
            return
        }
        let profiles = TuningProfiles(in: folder)
        let profile = try await TuningProfile(report, of: job.dataset, options: job.options)
        if report.settings.isEmpty {
            if try profiles.remove(like: profile) { print("The earlier profile is removed: it did not hold.") }
        } else {
            try profiles.store(profile)
            print(
                "Stored in \(profiles.path): classify, run and explain use it from now on (--no-profile leaves it out)."
            )
        }
    }

    /// Runs something that Ctrl-C ends without a result.
    private func interruptible<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let stopping = "Stopping: nothing will be stored. Press Ctrl-C again to stop at once."
        do { return try await Interruption.handling(stopping, body) } catch {
            // Whether a trial noticed it, or the search between two of them.
            guard error is CancellationError || (error as? RunError)?.reason == .interrupted else { throw error }
            Terminal.standardError("penstock: interrupted; nothing is stored.\n")
            throw ExitCode(ExitStatus.interrupted)
        }
    }

    // MARK: Stored profiles

    private func profiles() throws(PlanError) -> TuningProfiles {
        guard let folder = UserFolders.data else {
            throw PlanError("there is no home folder to keep profiles in. Set PENSTOCK_DATA to a folder.")
        }
        return TuningProfiles(in: folder)
    }

    private func printList() throws {
        let profiles = try profiles()
        let all = try profiles.all()
        if all.isEmpty {
            print("There are no profiles in \(profiles.path).")
            return
        }
        var table = TextTable(
            ["model", "hash", "images", "cores", "settings", "faster", "date"],
            rightAligned: [3, 5]
        )
        for profile in all {
            table.add([
                Format.tail(profile.model.path, 40), String(profile.model.hash.prefix(8)),
                TuningText.images(profile.images),
                "\(profile.machine.cores)", SettingChanges(profile.settings).description,
                Format.percent(profile.speedup - 1), profile.date,
            ])
        }
        for line in table.lines(indent: "") { print(line) }
    }

    private func remove(_ model: String) throws {
        let count = try profiles().forget(model == "all" ? nil : model)
        print(count == 1 ? "1 profile is removed." : "\(count) profiles are removed.")
    }
}
