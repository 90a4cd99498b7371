import Penstock

/// What was measured of a ceiling, for people.
struct CeilingText {
    private let report: CeilingReport
    private let run: String?

    /// - `run`: the folder or file that the report's run came from.
    init(_ report: CeilingReport, run: String?) {
        self.report = report
        self.run = run
    }

    func lines() -> [String] {
        ["The model alone, which settings are fast"] + models.lines() + ["", "Each stage alone"] + stages.lines()
            + [""] + summary + wholeJob + comparison
    }

    private var stages: TextTable {
        var table = TextTable(
            ["stage", "workers", "images/s", "spread", "core ms/image", "share of the ceiling's time"],
            rightAligned: [1, 2, 3, 4, 5]
        )
        for stage in report.stages {
            table.add([
                stage.name, "\(stage.workers)", Format.number(stage.rate.imagesPerSecond), percent(stage.rate.spread),
                Format.decimal(stage.coreMilliseconds, 3), Format.percent(stage.share),
            ])
            if stage.name == "decode" { addParts(to: &table) }
        }
        return table
    }

    private func addParts(to table: inout TextTable) {
        let parts = report.decoding
        table.add([
            "  whole frames, bare decode", "", Format.number(parts.bareDecode.imagesPerSecond),
            percent(parts.bareDecode.spread), Format.decimal(parts.bareCoreMilliseconds, 3), "",
        ])
        table.add([
            "  resize and crop, the difference", "", "", "", Format.decimal(parts.resizeCropCoreMilliseconds, 3), "",
        ])
    }

    private var models: TextTable {
        var table = TextTable(
            ["precision", "streams", "threads each", "batch", "images/s", "spread", ""],
            rightAligned: [1, 2, 3, 4, 5]
        )
        for model in report.models {
            table.add([
                model.precision, "\(model.workers)", "\(model.threadsPerWorker)", "\(model.batchSize)",
                Format.number(model.rate.imagesPerSecond), percent(model.rate.spread),
                remark(model),
            ])
        }
        return table
    }

    private func remark(_ model: CeilingReport.ModelRate) -> String {
        let remarks = [model.isPlanned ? "the planner's choice" : nil, model.isInCeiling ? "in the ceiling" : nil]
        return remarks.compactMap { $0 }.joined(separator: ", ")
    }

    private var summary: [String] {
        let cores = "\(report.cores) core\(report.cores == 1 ? "" : "s")"
        let images = "\(Format.count(report.images)) images of \(Bytes(Int(report.bytesPerImage))) on average"
        let seconds =
            "\(Format.decimal(report.seconds, 1)) s or more of decoding, the model and the job, a fifth of the others"
        let repeats = "median of \(report.repeats), \(seconds)"
        return [
            "Ceiling: \(Format.number(report.imagesPerSecond)) images/s with the fastest model in \(report.precision), "
                + "\(Format.number(report.plannedImagesPerSecond)) with the planner's choice",
            "  \(cores), \(images), \(repeats); penstock \(report.versions["penstock"] ?? ""), \(report.versions["openvino"] ?? "")",
        ]
    }

    private var wholeJob: [String] {
        let job = report.job
        let shares = (job.shares.min() ?? 0, job.shares.max() ?? 0)
        var table = table(job.stages, "in the job")
        table.add(["idle", "", Format.decimal(job.idleCoreMilliseconds, 3), ""])
        return [
            "",
            "The whole job, \(job.takesTurns ? "in turns with" : "after") its stages: \(Format.number(job.rate.imagesPerSecond)) images/s",
            "  \(percent(job.reached)) of the ceiling of the same round, the median (lowest \(percent(shares.0)), highest \(percent(shares.1)))",
        ] + table.lines()
    }

    private var comparison: [String] {
        guard let measured = report.run, let run else { return [] }
        var lines = [
            "",
            "The run in \(run) reached \(Format.number(measured.imagesPerSecond)) images/s: \(Format.percent(measured.reached)) of the ceiling",
        ]
        if measured.precision != report.precision {
            lines.append(
                "  Its model computed in \(measured.precision) and the ceiling is for \(report.precision): give --precision \(measured.precision) to compare equals."
            )
        } else if let remark = remark(measured) {
            lines.append(remark)
        }
        return lines + table(measured.stages, "in the run").lines()
    }

    /// Why a run's share is another one than the job's beside the stages.
    private func remark(_ run: CeilingReport.Run) -> String? {
        let now = report.job.rate.imagesPerSecond
        guard now > 0, abs(run.imagesPerSecond / now - 1) > 0.05 else { return nil }
        let times = Format.decimal(run.imagesPerSecond / now, 2)
        return
            "  That is \(times) times what the job does now: the machine's speed, the images or the settings were others then, or it was short, as its start counts."
    }

    private func table(_ stages: [CeilingReport.StageInRun], _ title: String) -> TextTable {
        var table = TextTable(
            ["stage", "alone, core ms/image", title, "reached"],
            rightAligned: [1, 2, 3]
        )
        for stage in stages {
            table.add([
                stage.name, Format.decimal(stage.aloneCoreMilliseconds, 3),
                stage.runCoreMilliseconds.map { Format.decimal($0, 3) } ?? "–",
                stage.reached.map { Format.percent($0) } ?? "–",
            ])
        }
        return table
    }

    private func percent(_ share: Double) -> String { Format.percent(share, places: 1) }
}
