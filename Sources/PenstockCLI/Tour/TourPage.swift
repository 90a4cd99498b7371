import Penstock

/// The tour as one HTML file that needs nothing else: no script, no font, no image from anywhere.
struct TourPage {
    let results: TourResults

    init(_ results: TourResults) { self.results = results }

    /// The whole file.
    func html() -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="generator" content="penstock tour">
        <title>The classic mistakes of batch inference, measured</title>
        <style>
        \(TourStyle.css)
        </style></head><body><main>
        \(header)
        \(together)
        \(architecture)
        \(fixes)
        \(alone)
        \(aloneTable)
        \(refusals)
        \(comparison)
        \(footer)
        </main></body></html>

        """
    }

    func text(_ text: String) -> String { TourChart.escaped(text) }

    /// A part of the page with its heading and what it says.
    func section(_ kicker: String, _ title: String, _ lead: String, _ body: String) -> String {
        """
        <section><p class="kicker">\(text(kicker))</p><h2>\(text(title))</h2>
        <p class="soft">\(text(lead))</p>
        \(body)</section>
        """
    }

    private var header: String {
        let good = results.good
        let largest = results.fixes.filter { $0.isCertain && $0.gain > 1 }.max { $0.gain < $1.gain }
        let most =
            largest.map { "The largest single fix: \($0.title.lowercasedFirst), \(TourWords.times($0.gain))." } ?? ""
        let facts = [
            (Format.decimal(results.bad.rate, results.bad.rate < 10 ? 2 : 1), "images/s with all mistakes"),
            (Format.decimal(good.rate, 1), "images/s with Penstock's defaults"),
            (TourWords.projection(results.bad), "projected for 50,000 images, mistakes"),
            (TourWords.projection(good), "projected for 50,000 images, defaults"),
        ]
        return """
            <header><p class="kicker">penstock tour</p>
            <div class="hero"><div class="big">\(text(TourWords.headline(results.speedup)))</div>
            <div><h1>The classic mistakes of batch inference, measured on this machine</h1>
            <p class="soft">The same images, the same model, the same answers where a mistake leaves them alone: this is how much faster
            the work is done without the mistakes. \(text(most))</p></div></div>
            <div class="facts">\(facts.map { "<div><b>\(text($0.0))</b><span>\(text($0.1))</span></div>" }.joined())</div></header>
            """
    }

    // MARK: Phase 1

    private var together: String {
        let most = max(results.good.rate, results.bad.rate, 1e-9)
        let runs = [
            ("All mistakes together", results.bad, "b-bad"), ("Penstock's defaults", results.good, "b-good"),
        ]
        let rows = runs.map { name, run, style in
            TourChart.row(
                label: name,
                note: "\(Format.count(run.images)) images in \(Format.duration(run.seconds))",
                bar: TourChart.bar(from: 0, to: 1, style: "track")
                    + TourChart.bar(from: 0, to: run.rate / most, style: style),
                description: "\(name): \(Format.number(run.rate)) images per second",
                value: Format.decimal(run.rate, run.rate < 10 ? 2 : 1),
                sub: "images/s"
            )
        }
        return section(
            "Phase 1",
            "Everything wrong at once",
            "Sixteen mistakes in one pipeline, as the document has them: the model is loaded for every two images, each image goes through the model alone, eight workers fight for the cores, and so on. It does the real work with the same decoder and model.",
            "<figure>\(rows.joined())<figcaption>Images per second, linear scale. Time is from the call to its end. The bad run takes as few images as its rate needs; the good one takes so many that its start weighs little.</figcaption></figure>"
        )
    }

    // MARK: Phase 3

    private var fixes: String {
        let scale = TourScale(results.fixes.map(\.rate))
        var previous: Double?
        var rows: [String] = []
        for fix in results.fixes {
            let position = scale.position(fix.rate)
            let from = previous.map { scale.position($0) } ?? 0
            let style = previous == nil ? "b-bad" : self.style(fix)
            let gain = TourWords.gain(fix, isFirst: previous == nil, rounds: results.setup.fixRounds)
            rows.append(
                TourChart.row(
                    label: fix.title,
                    note: TourWords.numbers(fix.fixed),
                    bar: TourChart.grid(scale) + TourChart.bar(from: 0, to: from, style: "b-before", y: 9, height: 4)
                        + TourChart.bar(from: from, to: position, style: style),
                    description: "\(fix.title): \(Format.number(fix.rate)) images per second, \(gain)",
                    value: Format.decimal(fix.rate, fix.rate < 10 ? 2 : 1),
                    sub: gain
                )
            )
            previous = fix.rate
        }
        let key = TourPage.key(
            isJudged
                ? [("--good", "faster"), ("--bad", "slower"), ("--noise", "inside the noise")]
                : [("--water", "measured once, so not judged")]
        )
        return section(
            "Phase 3",
            "The fixes, one at a time",
            "From the bad pipeline to the good one, each step with the fixes of all steps before it. What a fix brings depends on what was fixed before: that is why the next chart has each mistake alone.",
            "<figure>\(rows.joined())\(TourChart.axis(scale, unit: ""))\(key)<figcaption>Images per second, logarithmic scale; \(TourWords.rounds(results.setup.fixRounds)).</figcaption></figure>"
        )
    }

    /// Whether there are enough rounds to tell a fix from noise.
    private var isJudged: Bool { results.setup.fixRounds >= 3 }

    private func style(_ fix: TourFix) -> String {
        if !isJudged { return "b-water" }
        return !fix.isCertain ? "b-noise" : fix.gain > 1 ? "b-good" : "b-bad"
    }

    /// What colours mean.
    static func key(_ entries: [(colour: String, meaning: String)]) -> String {
        let items = entries.map {
            "<span><i style=\"background:var(\($0.colour))\"></i>\(TourChart.escaped($0.meaning))</span>"
        }
        return "<div class=\"key\">\(items.joined())</div>"
    }

    // MARK: Phase 4

    private var comparison: String {
        let rows = TourWords.comparison(results).map {
            "<tr><td class=\"title\">\(text($0.name))</td><td class=\"n\" data-label=\"All mistakes\">\(text($0.bad))</td><td class=\"n\" data-label=\"Penstock's defaults\">\(text($0.good))</td></tr>"
        }
        return section(
            "Phase 4",
            "Side by side",
            "Projected times are images divided by the rate measured here; everything else was measured.",
            "<table><thead><tr><th></th><th class=\"n\">All mistakes</th><th class=\"n\">Penstock's defaults</th></tr></thead><tbody>\(rows.joined())</tbody></table>"
        )
    }

    private var footer: String {
        let facts = TourWords.setup(results.setup).map { "<p><b>\(text($0.name)):</b> \(text($0.value))</p>" }
        return """
            <footer><h2>How this was measured</h2>
            \(facts.joined(separator: "\n"))
            <p><b>Method:</b> every run in a process of its own; a mistake and the good pipeline at the same time, in turns of a tenth of
            a second in which the other one is stopped; the time of a run is that of its turns, from the call to its end, loading of the model included. Intervals hold the true ratio in about 95 % of cases;
            a difference inside its interval or below 2 % is called noise. The tour took \(text(Format.duration(results.seconds))).</p></footer>
            """
    }
}

extension String {
    /// As it stands inside a sentence; names in capitals stay as they are.
    fileprivate var lowercasedFirst: String {
        guard let first, dropFirst().first?.isLowercase == true else { return self }
        return first.lowercased() + dropFirst()
    }
}
