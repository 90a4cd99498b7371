import Penstock

/// What a run did, for people: printed to stdout when it ends.
struct RunSummary {
    private let report: RunReport
    private let output: String
    private let rowsAre: RowWord

    init(_ report: RunReport, output: String, rowsAre: RowWord) {
        self.report = report
        self.output = output
        self.rowsAre = rowsAre
    }

    /// All lines but the verdict.
    func lines(verbose: Bool) -> [String] {
        var lines = [headline, rows, times] + (cost.map { [$0] } ?? [])
        if let model = report.model { lines.append(modelLine(model)) }
        lines += [""] + stages.lines()
        if verbose { lines += ["", "Settings"] + settings.lines() }
        return lines
    }

    /// The last lines: what limits, and what that was seen by.
    func verdict() -> [String] {
        let verdict = report.verdict
        var lines = ["Verdict: \(verdict.text)"] + verdict.evidence.map { "  \($0)" }
        if verdict.potentialImagesPerSecond > 0, verdict.limitingStage != "start" {
            lines.append(
                "  had no stage waited for another: at most \(Format.number(verdict.potentialImagesPerSecond)) \(rowsAre)/s, of which the run reached \(Format.percent(verdict.potentialShare, places: 0))"
            )
        }
        return lines
    }

    /// Up to five written rows.
    func samples() -> [String] {
        do {
            let blocks = try Predictions(in: output).rows(atMost: 5)
            let title = report.model == nil ? "First rows" : "First predictions"
            return blocks.isEmpty ? [] : ["", title] + TextTable(blocks).lines()
        } catch {
            return []  // nothing was written, which the numbers above say already
        }
    }

    /// Where failed rows are, and the commonest reasons.
    func quarantine() -> [String] {
        guard report.rowsQuarantined > 0 else { return [] }
        var lines = [
            "",
            "Quarantined: \(Format.count(report.rowsQuarantined)) rows, listed in \(output.withoutKeys)/_penstock/quarantine (penstock show \(output.withoutKeys) --quarantine)",
        ]
        do {
            let blocks = try Predictions.quarantined(in: output, atMost: 3)
            lines += try blocks.flatMap { block in
                let paths = try block.strings("path")
                let messages = try block.strings("message")
                return (0..<block.rowCount).map { "  \(Format.tail(paths.string($0), 48)): \(messages.string($0))" }
            }
        } catch {
            // The count above is what matters; the rows are shown by `penstock show`.
        }
        return lines
    }

    private var headline: String {
        let state =
            switch report.outcome {
            case .done: "Done"
            case .interrupted: "Interrupted"
            case .tooManyBadRows: "Stopped, too many bad rows"
            case .failed: "Failed"
            }
        return
            "\(state): \(Format.count(report.rowsWritten)) \(rowsAre) in \(Format.duration(report.wallSeconds)), \(Format.number(report.imagesPerSecond)) \(rowsAre)/s"
    }

    private var rows: String {
        var parts = [
            "read \(Format.count(report.rowsRead))", "written \(Format.count(report.rowsWritten))",
            "quarantined \(Format.count(report.rowsQuarantined))",
        ]
        if report.rowsSkipped > 0 { parts.append("skipped \(Format.count(report.rowsSkipped)) (already written)") }
        if report.rowsUnfinished > 0 { parts.append("unfinished \(Format.count(report.rowsUnfinished))") }
        return "  rows     " + parts.joined(separator: ", ")
    }

    private var times: String {
        let latency = report.batchLatencyMs
        return
            "  batch    p50 \(Format.number(latency.p50)) ms, p95 \(Format.number(latency.p95)) ms, p99 \(Format.number(latency.p99)) ms"
            + "\n  memory   peak \(Bytes(report.peakRssBytes))"
    }

    /// What it cost, where a price was given.
    private var cost: String? {
        guard let cost = report.cost else { return nil }
        let thousand = cost.per1000.map { ", \(Format.price($0)) per 1,000 \(rowsAre)" } ?? ""
        return "  cost     \(Format.price(cost.total))\(thousand), at \(Format.price(cost.pricePerHour)) an hour"
    }

    private func modelLine(_ model: ModelReport) -> String {
        var text =
            "  model    \(model.path), \(model.backend) \(report.versions["openvino"] ?? ""), \(model.device), \(model.precision)"
        if let agreement = model.agreement, let images = model.agreementImages {
            let faster = model.fastestPrecision ?? "what is faster"
            let other = model.precision == "f32" ? "as \(faster) agrees with it" : "agrees with f32"
            text += ", \(other) on \(Format.percent(agreement)) of \(images) images"
        } else if model.precision != "f32" {
            text += ", agreement with f32 not measured (set by hand)"
        }
        return text
    }

    private var stages: TextTable {
        var table = TextTable(
            ["stage", "workers", "rows", "busy", "starved", "held", "held by"],
            rightAligned: [1, 2, 3, 4, 5]
        )
        for stage in report.stages {
            let total = max(stage.startingSeconds + stage.busySeconds + stage.starvedSeconds + stage.heldSeconds, 1e-9)
            let reason = stage.heldBy.max { $0.value < $1.value }?.key ?? ""
            table.add([
                stage.name, "\(stage.workers)", Format.count(stage.rows),
                Format.percent(stage.busySeconds / total, places: 0),
                Format.percent(stage.starvedSeconds / total, places: 0),
                Format.percent(stage.heldSeconds / total, places: 0), reason,
            ])
        }
        return table
    }

    private var settings: TextTable {
        var table = TextTable(["setting", "value", "origin", "reason"])
        for (name, setting) in report.settings.sorted(by: { $0.key < $1.key }) {
            table.add([name, setting.value, setting.origin, setting.reason])
        }
        return table
    }
}
