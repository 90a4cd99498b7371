import Penstock

extension TourPage {
    // MARK: Phase 2

    var architecture: String {
        let rows = results.good.stages.filter { $0.blocksOut > 0 }.map { stage in
            let cells = [
                ("Blocks", Format.count(stage.blocksOut)), ("Rows of a block", Format.number(stage.rowsPerBlock.mean)),
                ("Mean size", "\(Bytes(Int(stage.bytesPerBlock.mean)))"),
                (
                    "Smallest to largest",
                    "\(Bytes(Int(stage.bytesPerBlock.min))) – \(Bytes(Int(stage.bytesPerBlock.max)))"
                ), ("Workers", "\(stage.workers)"),
            ]
            return "<tr><td class=\"title\">\(text(stage.name))</td>"
                + cells.map { "<td class=\"n\" data-label=\"\($0.0)\">\(text($0.1))</td>" }.joined() + "</tr>"
        }
        let heads = ["Blocks", "Rows of a block", "Mean size", "Smallest to largest", "Workers"]
        let head = heads.map { "<th class=\"n\">\($0)</th>" }.joined()
        let lead =
            "Images flow through the stages in blocks: few enough that a task is worth its overhead, many enough that all workers have something to do. Describing the pipeline took \(TourWords.planTime(results.planSeconds)) and read no image; a timer around that, as in the document's quick start, measures nothing."
        return section(
            "Phase 2",
            "Blocks, resources, plan",
            lead,
            """
            <table><thead><tr><th>Blocks that a stage puts out</th>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table>
            <figure>\(stageBars)\(Self.key([("--water", "working"), ("--track", "waiting for input"), ("--held", "held: the next stage is full, or no core is free")]))
            <figcaption>What each stage's workers did with their time, loading not counted. \(text(results.good.verdict))</figcaption></figure>
            <details><summary>The plan, and every setting with its origin</summary><pre>\(text(results.plan))</pre></details>
            """
        )
    }

    private var stageBars: String {
        let runs = [("all mistakes", results.bad), ("defaults", results.good)]
        return runs.flatMap { name, run in
            run.stages.filter { ["decode", "model", "slow inference"].contains($0.name) }.map { stage in
                let time = max(stage.busySeconds + stage.starvedSeconds + stage.heldSeconds, 1e-9)
                let (busy, starved) = (stage.busySeconds / time, stage.starvedSeconds / time)
                return TourChart.row(
                    label: stage.name,
                    note: "\(name), \(stage.workers) workers",
                    bar: TourChart.bar(from: 0, to: 1, style: "track")
                        + (starved + busy < 0.999 ? TourChart.bar(from: starved + busy, to: 1, style: "b-held") : "")
                        + TourChart.bar(from: 0, to: busy, style: "b-water"),
                    description: "\(stage.name), \(name): busy \(Format.percent(busy, places: 0)) of its time",
                    value: Format.percent(busy, places: 0),
                    sub: "working"
                )
            }
        }.joined()
    }

    // MARK: Each mistake alone

    var alone: String {
        let entries = results.alone.sorted { $0.time.value > $1.time.value }
        let scale = TourScale(entries.flatMap { [$0.time.shownLow, $0.time.shownHigh, 0.9, 2] })
        let rows = entries.map { entry in
            let one = scale.position(1)
            let isKnown = entry.time.low != nil
            let style = !entry.time.isCertain ? "b-noise" : entry.time.value > 1 ? "b-bad" : "b-good"
            let whisker =
                isKnown
                ? TourChart.whisker(from: scale.position(entry.time.shownLow), to: scale.position(entry.time.shownHigh))
                : ""
            return TourChart.row(
                label: entry.title,
                note: entry.here,
                bar: TourChart.grid(scale)
                    + TourChart.bar(from: one, to: scale.position(entry.time.value), style: style)
                    + TourChart.line(at: one, style: "one") + whisker,
                description:
                    "\(entry.title): \(TourWords.ratio(entry.time)) of the time, \(TourWords.effect(entry.time))",
                value: TourWords.times(entry.time.value),
                sub: TourWords.effect(entry.time)
            )
        }
        return section(
            "Phase 3, continued",
            "Each mistake alone",
            "The good pipeline with one mistake in it, against the good pipeline: how many times as long an image takes. Where the document promises a cost and there is none here, it says so.",
            "<figure>\(rows.joined())\(TourChart.axis(scale, unit: "×"))<figcaption>Time of an image with the mistake ÷ without, logarithmic scale, with its 95 % interval; \(results.setup.rounds) pair\(results.setup.rounds == 1 ? "" : "s") each. 1× is no difference.</figcaption></figure>"
        )
    }

    var aloneTable: String {
        let heads = ["Time", "Peak memory", "CPU", "Model waits", "Images/s"]
        let head = heads.map { "<th class=\"n\">\($0)</th>" }.joined()
        return section(
            "Phase 3, in figures",
            "What each mistake did",
            "In the document's order and with its numbers. Memory is the peak of the process; CPU is that of one image; both as multiples of the good pipeline's.",
            "<table><thead><tr><th>Mistake</th>\(head)<th>Answers</th></tr></thead><tbody>\(results.alone.map(aloneRow).joined())</tbody></table>"
        )
    }

    private func aloneRow(_ entry: TourMistake) -> String {
        let number = TourWords.number(entry.number, entry.ids)
        let claim = entry.claim.isEmpty ? "" : "The document says: \(entry.claim). "
        let size =
            entry.mistakes == [.jsonOutput] ? " Output is \(TourWords.times(entry.outputRatio)) the size." : ""
        return """
            <tr><td class="title">\(number.isEmpty ? "" : "\(text(number)). ")\(text(entry.title))\
            <span class="sub">\(text(claim))Here: \(text(entry.here)).\(text(size))</span></td>\
            \(cell("Time", entry.time, TourWords.ratio(entry.time)))\(cell("Peak memory", entry.memory, TourWords.times(entry.memory.value)))\
            \(cell("CPU", entry.cpu, TourWords.times(entry.cpu.value)))\
            <td class="n" data-label="Model waits">\(Format.percent(entry.starvedBefore, places: 0)) → \(Format.percent(entry.starvedAfter, places: 0))</td>\
            <td class="n" data-label="Images/s">\(Format.number(entry.rate))</td>\
            <td data-label="Answers">\(text(TourWords.answers(entry.answers)))</td></tr>

            """
    }

    private func cell(_ label: String, _ ratio: TourRatio, _ value: String) -> String {
        let style = !ratio.isCertain ? "quiet" : ratio.value > 1 ? "worse" : "better"
        let shown = ratio.isCertain || ratio.low == nil || label == "Time" ? value : "noise"
        return "<td class=\"n\" data-label=\"\(label)\"><span class=\"\(style)\">\(text(shown))</span></td>"
    }

    // MARK: What cannot happen

    var refusals: String {
        let items = results.refusals.map { refusal in
            """
            <div class="refusal"><b>\(text(TourWords.number(refusal.number, refusal.ids))). \(text(refusal.title))</b><br>
            <code>\(text(refusal.attempt))</code><div class="said">\(text(refusal.message))</div></div>
            """
        }
        return section(
            "Phase 3, the rest",
            "What Penstock does not let happen",
            "Mistakes of the document that cannot be measured, because they are refused. Each was made in this run; this is what Penstock said.",
            items.joined()
        )
    }
}

extension TourRatio {
    /// Ends of the interval, within what a logarithmic scale can show.
    fileprivate var shownLow: Double { max(low ?? value, value / 4, 0.05) }
    fileprivate var shownHigh: Double { min(high ?? value, value * 4) }
}
