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
        ["Each stage alone"] + stages.lines() + ["", "The model alone"] + models.lines() + [""] + summary + comparison
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
                model.isPlanned ? "the planner's choice" : "",
            ])
        }
        return table
    }

    private var summary: [String] {
        let cores = "\(report.cores) core\(report.cores == 1 ? "" : "s")"
        let images = "\(Format.count(report.images)) images of \(Bytes(Int(report.bytesPerImage))) on average"
        let repeats = "median of \(report.repeats), \(Format.decimal(report.seconds, 1)) s each"
        return [
            "Ceiling: \(Format.number(report.imagesPerSecond)) images/s with the fastest model in \(report.precision), "
                + "\(Format.number(report.plannedImagesPerSecond)) with the planner's choice",
            "  \(cores), \(images), \(repeats); penstock \(report.versions["penstock"] ?? ""), \(report.versions["openvino"] ?? "")",
        ]
    }

    private var comparison: [String] {
        guard let measured = report.run, let run else { return [] }
        var table = TextTable(
            ["stage", "alone, core ms/image", "in the run", "reached"],
            rightAligned: [1, 2, 3]
        )
        for stage in measured.stages {
            table.add([
                stage.name, Format.decimal(stage.aloneCoreMilliseconds, 3),
                stage.runCoreMilliseconds.map { Format.decimal($0, 3) } ?? "–",
                stage.reached.map { Format.percent($0) } ?? "–",
            ])
        }
        var lines = [
            "",
            "The run in \(run) reached \(Format.number(measured.imagesPerSecond)) images/s: \(Format.percent(measured.reached)) of the ceiling",
        ]
        if measured.precision != report.precision {
            lines.append(
                "  Its model computed in \(measured.precision) and the ceiling is for \(report.precision): give --precision \(measured.precision) to compare equals."
            )
        }
        return lines + table.lines()
    }

    private func percent(_ share: Double) -> String { Format.percent(share, places: 1) }
}
