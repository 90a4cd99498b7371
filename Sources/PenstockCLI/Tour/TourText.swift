import Penstock

/// The tour for a terminal.
struct TourText {
    private let results: TourResults
    private static let barWidth = 40

    init(_ results: TourResults) { self.results = results }

    /// All of it.
    func lines() -> [String] {
        setup + together + architecture + fixes + alone + refusals + comparison
    }

    private func heading(_ text: String) -> [String] { ["", text, String(repeating: "─", count: text.count)] }

    private var setup: [String] {
        let facts = TourWords.setup(results.setup)
        let width = facts.map { $0.name.count }.max() ?? 0
        return ["The classic mistakes of batch inference, measured here", ""]
            + facts.map { "  \(Format.pad($0.name, width))  \($0.value)" }
    }

    // MARK: Phases

    private var together: [String] {
        let runs = [("all mistakes", results.bad.rate), ("Penstock's defaults", results.good.rate)]
        let most = max(runs[0].1, runs[1].1, 1e-9)
        return heading("Phase 1: everything wrong at once (images/s)")
            + runs.map { name, rate in
                let bar = TourBars.bar(rate / most, width: Self.barWidth)
                return "  \(Format.pad(name, 20)) \(bar) \(Format.number(rate))"
            }
            + ["", "  The same work, without the mistakes, is \(TourWords.times(results.speedup)) as fast."]
    }

    private var architecture: [String] {
        var table = TextTable(
            ["stage", "blocks", "rows/block", "size/block", "smallest", "largest", "busy", "starved", "held"],
            rightAligned: Set(1...8)
        )
        for stage in results.good.stages where stage.blocksOut > 0 {
            let time = max(stage.workerSeconds - stage.startingSeconds, 1e-9)
            table.add([
                stage.name, Format.count(stage.blocksOut), Format.number(stage.rowsPerBlock.mean),
                "\(Bytes(Int(stage.bytesPerBlock.mean)))", "\(Bytes(Int(stage.bytesPerBlock.min)))",
                "\(Bytes(Int(stage.bytesPerBlock.max)))", Format.percent(stage.busySeconds / time, places: 0),
                Format.percent(stage.starvedSeconds / time, places: 0),
                Format.percent(stage.heldSeconds / time, places: 0),
            ])
        }
        let physical = results.plan.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { $0 != "Physical plan" }.prefix { $0 != "Settings" }
        return heading("Phase 2: blocks, resources, plan") + table.lines()
            + [
                "", "  Limit: \(results.good.verdict)",
                "  Describing this pipeline took \(TourWords.planTime(results.planSeconds)) and read no image: a timer around that measures nothing.",
                "",
            ] + physical.map { "  \($0)" }
    }

    private var fixes: [String] {
        let scale = TourScale(results.fixes.map(\.rate))
        let width = results.fixes.map(\.title.count).max() ?? 0
        var previous = 0.0
        var lines = heading("Phase 3: the fixes, one at a time (images/s, logarithmic scale)")
        for fix in results.fixes {
            let from = previous == 0 ? 0 : scale.position(previous)
            let bar = TourBars.span(from, scale.position(fix.rate), width: Self.barWidth)
            let gain = TourWords.gain(fix, isFirst: previous == 0, rounds: results.setup.fixRounds)
            lines.append(
                "  \(Format.pad(fix.title, width)) \(bar) \(Format.pad(Format.number(fix.rate), 7, right: true))  \(gain)"
            )
            previous = fix.rate
        }
        return lines
    }

    private var alone: [String] {
        var table = TextTable(
            ["no.", "mistake", "time", "", "memory", "CPU", "model waits", "answers"],
            rightAligned: [0, 2, 4, 5, 6]
        )
        for entry in results.alone {
            table.add([
                TourWords.number(entry.number, entry.ids), entry.title, TourWords.ratio(entry.time),
                TourWords.effect(entry.time), Self.short(entry.memory), Self.short(entry.cpu),
                "\(Format.percent(entry.starvedBefore, places: 0)) → \(Format.percent(entry.starvedAfter, places: 0))",
                TourWords.answers(entry.answers),
            ])
        }
        let json = results.alone.first { $0.mistakes == [.jsonOutput] }
        let size = json.map { ["  JSON lines are \(TourWords.times($0.outputRatio)) the size of Parquet here."] } ?? []
        return heading("Each mistake alone, against the good pipeline (1× is no difference)") + table.lines() + [""]
            + size
            + [
                "  \"inside the noise\": the interval holds 1×, or the difference is below 2 %. Nothing is claimed then."
            ]
    }

    private static func short(_ ratio: TourRatio) -> String {
        ratio.isCertain || ratio.low == nil ? TourWords.times(ratio.value) : "noise"
    }

    private var refusals: [String] {
        heading("What Penstock does not let happen")
            + results.refusals.flatMap { refusal in
                [
                    "  \(TourWords.number(refusal.number, refusal.ids)). \(refusal.title): \(refusal.attempt)",
                    "     \(refusal.message)",
                ]
            }
    }

    private var comparison: [String] {
        var table = TextTable(["", "all mistakes", "Penstock's defaults"], rightAligned: [1, 2])
        for row in TourWords.comparison(results) { table.add([row.name, row.bad, row.good]) }
        return heading("Phase 4: side by side") + table.lines()
            + [
                "", "  Projected times are images ÷ the rate measured here, not measured themselves.",
                "  The tour took \(Format.duration(results.seconds)).",
            ]
    }
}

/// Bars made of characters.
enum TourBars {
    /// A bar of a share of `width` characters, in eighths.
    static func bar(_ share: Double, width: Int) -> String {
        let eighths = Int((min(max(share, 0), 1) * Double(width * 8)).rounded())
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let text = String(repeating: "█", count: eighths / 8) + (eighths == 0 ? "▏" : parts[eighths % 8])
        return Format.pad(text, width)
    }

    /// From one share of `width` to another; a step back is drawn lighter.
    static func span(_ from: Double, _ to: Double, width: Int) -> String {
        let (low, high) = (min(from, to), max(from, to))
        let start = Int((low * Double(width)).rounded(.down))
        let end = min(width, max(start + 1, Int((high * Double(width)).rounded(.up))))
        let fill = String(repeating: to < from ? "░" : "█", count: end - start)
        return Format.pad(String(repeating: " ", count: min(start, width - 1)) + fill, width)
    }
}
