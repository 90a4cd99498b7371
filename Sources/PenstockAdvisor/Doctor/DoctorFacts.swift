package import PenstockCore
package import PenstockPlan

/// All that rules look at: a plan, a report of a run, the machine, the files, and what trials gave.
///
/// Any of it may be missing: a plan can be looked at without a run, and a report without its plan.
package struct DoctorFacts: Sendable {
    /// How the job runs.
    package var plan: PhysicalPlan?
    /// What a run did.
    package var report: RunReport?
    /// The machine that the job runs on.
    package var machine: MachineFacts
    /// Inference devices here, by the backend's names; nil when nobody looked.
    package var devices: [String]?
    /// What the first images are like; nil when nobody looked, or there are none.
    package var images: ImageFacts?
    /// Runs of a sample with other settings, beside runs of the same sample as it is.
    package var trials = TrialResults()

    /// Facts about a job.
    package init(plan: PhysicalPlan? = nil, report: RunReport? = nil, machine: MachineFacts) {
        self.plan = plan
        self.report = report
        self.machine = machine
    }
}

/// What the first images of a source are like, by their headers.
package struct ImageFacts: Sendable, Equatable {
    /// Pixels of the image in the middle, by size.
    package var medianPixels: Int
    /// Share that is JPEG, 0…1.
    package var jpegShare: Double
    /// How many were looked at.
    package var count: Int

    /// What was seen.
    package init(medianPixels: Int, jpegShare: Double, count: Int) {
        self.medianPixels = medianPixels
        self.jpegShare = jpegShare
        self.count = count
    }
}

// MARK: - Settings

extension DoctorFacts {
    /// A setting's value and where it comes from: by the plan, since a sample has a limit that nobody chose; without a plan
    /// by the report.
    func setting(_ name: String) -> SettingReport? {
        guard let plan else { return report?.settings[name] }
        return plan.allSettings.first { $0.name == name }?.report
    }

    /// Whether somebody chose it: neither a default nor a tuned profile.
    func isSet(_ name: String) -> Bool {
        guard let origin = setting(name)?.origin else { return false }
        return origin != SettingOrigin.computed.rawValue && origin != SettingOrigin.profile.rawValue
    }

    func number(_ name: String) -> Int? { setting(name).flatMap { Int($0.value) } }

    /// A chosen number.
    func chosen(_ name: String) -> Int? { isSet(name) ? number(name) : nil }

    /// Whether a stage's tasks have the rows that they have because somebody chose the model's batch: blocks hold whole batches,
    /// and the last one what is left.
    func followsFromBatch(_ stage: StageReport) -> Bool {
        guard let batch = chosen("batch-size") else { return false }
        let rows = stage.rowsPerTask
        return rows <= Double(batch) + 0.5 && (stage.tasks == 1 || rows > 0.75 * Double(batch))
    }

    /// Cores that the run may use.
    var cores: Int { plan?.cores ?? number("cores") ?? machine.cores }

    /// Bytes that the run may hold.
    var memory: Int? { plan?.memory.count ?? setting("memory").flatMap { Bytes(parsing: $0.value)?.count } }
}

// MARK: - The run

extension DoctorFacts {
    /// The run, when it has worked on enough rows to say something.
    var run: RunFacts? {
        guard let report, report.rowsWritten > 0 || report.rowsRead > 0, report.wallSeconds > 0 else { return nil }
        return RunFacts(report: report, cores: cores)
    }
}

/// What a report says, in the terms in which rules think.
struct RunFacts {
    let report: RunReport
    let cores: Int

    var rows: Int { max(report.rowsWritten, 1) }
    var stages: [StageReport] { report.stages }
    /// From the first rows read to the last commit.
    var seconds: Double { report.processingSeconds }
    /// How long the slowest stage took to start: loading and compiling a model, as a rule.
    var startingSeconds: Double { stages.map { $0.startingSeconds / Double(max($0.workers, 1)) }.max() ?? 0 }
    /// From the end of starting on.
    var workingSeconds: Double { max(seconds - startingSeconds, 0) }
    /// Core time of all stages.
    var coreSeconds: Double { stages.reduce(0) { $0 + $1.busySeconds * $1.cpusPerTask } }
    /// Share of the cores' time, after starting, in which tasks ran; above 1 where much was done before, or more threads run
    /// than there are cores.
    var coreUse: Double { workingSeconds > 0 ? coreSeconds / (workingSeconds * Double(cores)) : 1 }

    /// Share of the cores' time, after starting, in which tasks computed: without the time in which other programs had the core.
    var computedShare: Double {
        let seconds = stages.reduce(0) { $0 + $1.cpuSeconds }
        return workingSeconds > 0 ? seconds / (workingSeconds * Double(cores)) : 1
    }

    /// A stage's part of the core time of all stages, without the time for which tasks were ready and had no core.
    ///
    /// Threads wait for a core while they load as well as in tasks: that is shared out by what the two took.
    func coreShare(of stage: StageReport) -> Double {
        func seconds(_ stage: StageReport) -> Double {
            let active = stage.busySeconds + stage.startingSeconds
            let waited = active > 0 ? stage.coreWaitSeconds * stage.busySeconds / active : 0
            return max(stage.busySeconds - waited, 0) * stage.cpusPerTask
        }
        let all = stages.reduce(0) { $0 + seconds($1) }
        return all > 0 ? seconds(stage) / all : 0
    }

    func stage(_ name: String) -> StageReport? { stages.first { $0.name == name } }

    /// Share of the whole time in which the stage's workers worked.
    func use(of stage: StageReport) -> Double {
        seconds > 0 ? stage.busySeconds / (seconds * Double(max(stage.workers, 1))) : 0
    }

    /// The stage that runs the model: Penstock's own, or one of the user's.
    var model: StageReport? { stage("model") ?? transforms.first { $0.work.inferenceCalls > 0 } }

    /// Stages between source and sink that do not read files.
    var transforms: [StageReport] {
        let reading = ["read", "split", "resume"]
        return stages.dropFirst().dropLast().filter { !reading.contains($0.name) }
    }

    /// Whether the stage is Penstock's own model stage, which calls the model as it must.
    func isOwnModel(_ stage: StageReport) -> Bool { stage.name == "model" && report.model != nil }
}

extension StageReport {
    /// Rows that a task took in.
    var rowsPerTask: Double { tasks > 0 ? Double(rows) / Double(tasks) : 0 }
}
