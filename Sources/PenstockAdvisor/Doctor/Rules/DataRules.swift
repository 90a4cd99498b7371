import PenstockCore
import PenstockPlan

/// PS018: a stage that waits, for a disk, a store or a service, holds everything up.
struct SlowStorageRule: DoctorRule {
    let id = "PS018"
    let slug = "slow-storage"
    let title = "Storage is slower than the cores"
    /// Requests at a time are raised by this factor.
    private static let factor = 8

    /// The stage that waits most, when it is what the others wait for.
    private func waiting(_ run: RunFacts) -> StageReport? {
        guard run.coreUse < 0.6 else { return nil }
        let suspects = run.stages.dropLast().filter { stage in
            stage.busySeconds > 0 && stage.cpusPerTask == 0 && stage.cpuSeconds < 0.5 * stage.busySeconds
                && run.use(of: stage) > 0.7
        }
        return suspects.max { run.use(of: $0) < run.use(of: $1) }
    }

    private func changes(_ stage: StageReport) -> SettingChanges? {
        guard stage.name == "read" else { return nil }
        let (workers, overflows) = stage.workers.multipliedReportingOverflow(by: Self.factor)
        return overflows || workers > 1024 ? nil : SettingChanges(["read-workers": "\(workers)"])
    }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] {
        facts.run.flatMap(waiting).flatMap(changes).map { [$0] } ?? []
    }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run, let stage = waiting(run) else { return [] }
        let changes = changes(stage)
        let perRow = stage.busySeconds / Double(max(stage.rows, 1))
        let gain =
            changes.flatMap { facts.gain(trying: $0) }
            ?? Forecast(run.report, cores: run.cores).gain { forecast in
                forecast.update(stage.name) { $0.workers *= Self.factor }
            }.from1
        return [
            finding(
                .warning,
                [
                    "\(stage.name) waited \(Words.seconds(perRow)) for each row in \(Words.count(stage.workers, "worker")), using \(Words.percent(stage.cpuSeconds / stage.busySeconds)) of a core meanwhile; all cores were used to \(Words.percent(min(run.coreUse, 1)))"
                ],
                gain: gain,
                changes: changes ?? SettingChanges(),
                advice: changes == nil
                    ? "Let more of it wait at a time: give \(stage.name) more workers."
                    : "Read more files at a time, copy the data to a local disk first, or pack small files together (penstock pack)."
            )
        ]
    }
}

/// PS019: so many small files that opening them costs more than what is in them.
struct SmallFilesRule: DoctorRule {
    let id = "PS019"
    let slug = "small-files"
    let title = "Many small files"
    private static let small = Bytes.kibibytes(16)
    private static let few = 256

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run, let read = run.stage("read"), let list = run.stages.first, list.name == "list",
            read.rows >= Self.few, list.rows >= Self.few, read.bytesOut / read.rows < Self.small.count
        else { return [] }
        let busy = run.stages.reduce(0) { $0 + $1.busySeconds }
        let share = (read.busySeconds + list.busySeconds) / max(busy, 1e-9)
        guard share > 0.3 else { return [] }
        let perFile = (read.busySeconds + list.busySeconds) / Double(read.rows)
        let gain = Forecast(run.report, cores: run.cores).gain { forecast in
            for name in ["list", "read"] { forecast.update(name) { $0.secondsPerRow = 0 } }
        }.from1
        return [
            finding(
                .warning,
                [
                    "\(read.rows) files of \(Bytes(read.bytesOut / read.rows)) on average: listing and reading took \(Words.seconds(perFile)) a file, \(Words.percent(share)) of all work"
                ],
                gain: gain,
                advice: packing(facts)
            )
        ]
    }

    /// The command that ends it, with the paths of the job where they are known.
    private func packing(_ facts: DoctorFacts) -> String {
        let source: FileSelection? =
            if case .listFiles(let files)? = facts.plan?.operators.first?.stage { files } else { nil }
        if let source, source.kind != .images {
            return
                "Write them into a few Parquet files once, and read those in every run: readBinaryFiles(from:) and writeParquet(to:); for images, penstock pack."
        }
        let paths = source?.paths.map(\.withoutKeys.quotedForShell).joined(separator: " ") ?? "IMAGES"
        return
            "Pack them once: penstock pack \(paths) --output packed/. Then read packed/ in place of them in every run."
    }
}

/// PS020: images are much larger than what the model sees.
struct LargeImagesRule: DoctorRule {
    let id = "PS020"
    let slug = "images-larger-than-input"
    let title = "Images are far larger than the model's input"
    private static let change = SettingChanges(["resize-quality": "fast"])
    /// Times as many pixels as the resized image has.
    private static let factor = 32

    private func suspect(_ facts: DoctorFacts) -> (images: ImageFacts, resize: Int)? {
        guard let images = facts.images, let resize = facts.number("resize"), images.jpegShare > 0.5,
            facts.setting("resize-quality")?.value == "exact", let run = facts.run, let decode = run.stage("decode"),
            run.coreShare(of: decode) > 0.3,
            images.medianPixels / max(resize, 1) >= Self.factor * resize
        else { return nil }
        return (images, resize)
    }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] { suspect(facts) == nil ? [] : [Self.change] }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let (images, resize) = suspect(facts), let run = facts.run, let decode = run.stage("decode") else {
            return []
        }
        let gain = facts.gain(trying: Self.change)
        if let gain, gain.likely < 1.03 { return [] }
        let share = run.coreShare(of: decode)
        return [
            finding(
                .warning,
                [
                    "the median image has \(Words.tenths(Double(images.medianPixels) / 1e6)) megapixels and is resized to a short side of \(resize); decoding took \(Words.percent(share)) of the core time"
                ],
                gain: gain,
                changes: Self.change,
                advice:
                    "Decode at a fraction of the size with --resize-quality fast (pixels differ by a few levels: compare answers with --truth), or store smaller copies."
            )
        ]
    }
}

extension GainReport {
    /// The same, where it may also be that nothing is gained.
    fileprivate var from1: GainReport { GainReport(low: min(1, low), likely: max(1, likely), high: max(1, high)) }
}
