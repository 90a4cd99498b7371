import PenstockCore
import PenstockPlan

/// PS006: fewer workers, or fewer cores, than the machine could keep at work.
struct FewWorkersRule: DoctorRule {
    let id = "PS006"
    let slug = "too-few-workers"
    let title = "Cores are left idle by too few workers"
    private static let settings: [(String, String?)] = [
        ("cores", nil), ("decode-workers", "decode"), ("model-workers", "model"),
    ]
    /// A stage that is busy for less does not become the limit by a change of settings: hardly any makes a job ten times as fast.
    private static let smallUse = 0.1

    /// Chosen settings below what there is, with their values and stages.
    private func suspects(_ facts: DoctorFacts) -> [(setting: String, value: Int, stage: String?)] {
        Self.settings.compactMap { setting, stage in
            let most = stage == nil ? facts.machine.cores : facts.cores
            guard let value = facts.chosen(setting), value < most else { return nil }
            if stage == "model", (facts.number("threads-per-worker") ?? 1) > 1 { return nil }
            return (setting, value, stage)
        }
    }

    private func changes(_ setting: String) -> SettingChanges { SettingChanges([setting: "auto"]) }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] { suspects(facts).map { changes($0.setting) } }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return suspects(facts).compactMap { judged($0, facts, run) }
            + run.transforms.compactMap { ownStage($0, facts, run) }
    }

    func findings(_ facts: DoctorFacts, after changes: SettingChanges) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return suspects(facts).compactMap { suspect in
            guard changes.values[suspect.setting] == nil, let stage = suspect.stage.flatMap({ run.stage($0) }),
                facts.trials.middle(self.changes(suspect.setting)) == nil
            else { return nil }
            let use = min(run.use(of: stage), 1)
            guard use > Self.smallUse else { return nil }
            return finding(
                .note,
                [
                    "\(suspect.setting) \(suspect.value) on \(Words.count(facts.cores, "core")): \(stage.name) was busy \(Words.percent(use)) of the time; it will hold the others up as soon as these are \(Words.tenths(1 / use)) times as fast"
                ],
                unpredicted: "it gains only once the other changes are made",
                changes: self.changes(suspect.setting),
                advice: "Leave it to Penstock together with the other changes: one worker for each core."
            )
        }
    }

    private func judged(
        _ suspect: (setting: String, value: Int, stage: String?),
        _ facts: DoctorFacts,
        _ run: RunFacts
    ) -> FindingReport? {
        let changes = changes(suspect.setting)
        let gain = facts.gain(trying: changes) ?? forecast(suspect, facts, run)
        guard gain.likely > 1.05 else { return nil }
        let reason: String
        if let name = suspect.stage, let stage = run.stage(name) {
            reason =
                "\(suspect.setting) \(suspect.value) on \(Words.count(facts.cores, "core")): \(name) was busy \(Words.percent(min(run.use(of: stage), 1))) of the time, all cores only \(Words.percent(min(run.coreUse, 1)))"
        } else {
            reason = "cores \(suspect.value): the machine has \(facts.machine.cores)"
        }
        return finding(
            .warning,
            [reason],
            gain: gain,
            changes: changes,
            advice: "Leave it to Penstock: one worker for each core."
        )
    }

    private func forecast(
        _ suspect: (setting: String, value: Int, stage: String?),
        _ facts: DoctorFacts,
        _ run: RunFacts
    ) -> GainReport {
        Forecast(run.report, cores: run.cores).gain { forecast in
            if let stage = suspect.stage {
                forecast.update(stage) { $0.workers = max($0.workers, facts.cores) }
            } else {
                forecast.cores = facts.machine.cores
                for index in forecast.stages.indices where forecast.stages[index].workers == suspect.value {
                    forecast.stages[index].workers = facts.machine.cores
                }
            }
        }
    }

    /// A stage of the user's that limits the run with fewer workers than cores.
    private func ownStage(_ stage: StageReport, _ facts: DoctorFacts, _ run: RunFacts) -> FindingReport? {
        let isSuspect = suspects(facts).contains { $0.stage == stage.name }
        guard !isSuspect, !run.isOwnModel(stage), stage.cpusPerTask > 0, facts.isSet("\(stage.name).workers"),
            Double(stage.workers) * stage.cpusPerTask < Double(facts.cores), run.use(of: stage) > 0.85,
            run.coreUse < 0.85
        else { return nil }
        let gain = Forecast(run.report, cores: run.cores).gain { forecast in
            forecast.update(stage.name) { $0.workers = max(1, Int(Double(facts.cores) / stage.cpusPerTask)) }
        }
        guard gain.likely > 1.05 else { return nil }
        return finding(
            .warning,
            [
                "\(stage.name) has \(Words.count(stage.workers, "worker")) on \(facts.cores) cores and was busy \(Words.percent(min(run.use(of: stage), 1))) of the time, all cores only \(Words.percent(min(run.coreUse, 1)))"
            ],
            gain: gain,
            advice: "Give \(stage.name) a worker for each core: leave out compute:, or say .actors(1...\(facts.cores))."
        )
    }
}

/// PS007: more workers or threads than cores.
struct ManyWorkersRule: DoctorRule {
    let id = "PS007"
    let slug = "too-many-workers"
    let title = "More workers or threads than cores"
    private static let change = SettingChanges(["model-workers": "auto", "threads-per-worker": "auto"])

    /// Threads that inferences may use together, when somebody chose them.
    private func threads(_ facts: DoctorFacts) -> Int? {
        guard facts.isSet("model-workers") || facts.isSet("threads-per-worker"),
            let workers = facts.number("model-workers"), let threads = facts.number("threads-per-worker")
        else { return nil }
        let (product, overflows) = workers.multipliedReportingOverflow(by: threads)
        return !overflows && product > facts.cores ? product : nil
    }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] { threads(facts) == nil ? [] : [Self.change] }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        (threads(facts).map { [inference($0, facts)] } ?? []) + ownStages(facts)
    }

    private func inference(_ threads: Int, _ facts: DoctorFacts) -> FindingReport {
        var evidence = [
            "model-workers \(facts.number("model-workers") ?? 0) × threads-per-worker \(facts.number("threads-per-worker") ?? 0) = \(threads) threads for \(Words.count(facts.cores, "core"))"
        ]
        if let run = facts.run, let model = run.stage("model"), model.tasks > 0 {
            evidence.append(
                "a batch of \(Words.tenths(model.rowsPerTask)) rows took \(Words.seconds(model.wallSecondsPerTask.mean)) in the model"
            )
        }
        return finding(
            .warning,
            evidence,
            gain: facts.gain(trying: Self.change),
            changes: Self.change,
            advice: "One inference with one thread for each core: leave both settings to Penstock."
        )
    }

    /// Workers of a user's stage that can never all run.
    private func ownStages(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run else { return [] }
        return run.transforms.compactMap { stage in
            guard !run.isOwnModel(stage), stage.cpusPerTask > 0, facts.isSet("\(stage.name).workers"),
                Double(stage.workers) * stage.cpusPerTask >= Double(facts.cores) * 2
            else { return nil }
            let most = max(1, Int(Double(facts.cores) / stage.cpusPerTask))
            return finding(
                .note,
                [
                    "\(stage.name) has \(stage.workers) workers, of which \(facts.cores) cores let \(most) run at once; each keeps a state of its own"
                ],
                unpredicted: "workers that wait for a core cost memory and hardly any time",
                advice: "Give \(stage.name) as many workers as cores: .actors(1...\(most))."
            )
        }
    }
}

/// PS008: an accelerator that is asked for and absent, or there and not used.
struct AcceleratorRule: DoctorRule {
    let id = "PS008"
    let slug = "accelerator-absent-or-idle"
    let title = "The accelerator is absent or idle"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let devices = facts.devices, let device = facts.setting("device")?.value else { return [] }
        let found = devices.joined(separator: ", ")
        let base = device.prefix { $0 != "." }
        if !devices.contains(where: { $0 == device || $0.prefix { $0 != "." } == base }) {
            return [
                finding(
                    .error,
                    ["device \(device) is asked for; the inference library sees \(found.isEmpty ? "none" : found)"],
                    unpredicted: "the job cannot run as it is",
                    advice:
                        "Leave --device out to run on the CPU, or install the device's driver (penstock backends shows what is there)."
                )
            ]
        }
        guard device == "CPU", !facts.isSet("device"), let gpu = devices.first(where: { $0.hasPrefix("GPU") }) else {
            return []
        }
        return [
            finding(
                .warning,
                ["the model runs on the CPU, and \(gpu) is there"],
                unpredicted: "no run on that device was made",
                advice: "Try --device gpu:0, and compare the two runs."
            )
        ]
    }
}
