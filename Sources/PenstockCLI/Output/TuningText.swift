import Penstock

/// What a search says, for people.
enum TuningText {
    /// One step, as it happens.
    static func print(_ event: TuningEvent) {
        switch event {
        case .probe(let settings, let rate, let images):
            say("Probe    \(name(settings)): \(Format.number(rate)) images/s over \(Format.count(images)) images")
        case .trial(let trial): say(line(trial))
        case .confirming(let settings, let pairs):
            say("Confirm  \(settings) against the defaults, \(pairs) pairs")
        }
    }

    /// At once, also into a pipe: a search takes a while.
    private static func say(_ text: String) {
        Swift.print(text)
        Terminal.flush()
    }

    private static func name(_ settings: String) -> String { settings.isEmpty ? "the job as it is" : settings }

    private static func line(_ trial: TuningTrial) -> String {
        let against = trial.comparedWith.isEmpty ? "" : " against \(trial.comparedWith)"
        var text = "Trial    \(trial.settings)\(against): expected \(signed(trial.predicted - 1))"
        if trial.pairs > 0 {
            text += ", measured \(signed(trial.measured - 1)) (\(trial.pairs) pair\(trial.pairs == 1 ? "" : "s"))"
        }
        return text + (trial.isKept ? " → kept: " : " → dropped: ") + trial.reason
    }

    /// The result.
    static func lines(_ report: TuningReport) -> [String] {
        var table = TextTable(
            ["stage", "per task", "per image", "cores' time per image", "alone"],
            rightAligned: [1, 2, 3, 4]
        )
        for cost in report.costs {
            table.add([
                cost.name, milliseconds(cost.fixedSeconds), milliseconds(cost.secondsPerRow),
                milliseconds(cost.coreSecondsPerRow), Format.percent(cost.aloneFactor, places: 0),
            ])
        }
        var lines = ["", "What each stage costs"] + table.lines()
        for (name, why) in report.leftAlone.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(name) left alone: \(why)")
        }
        lines += [
            "",
            "\(report.runs) runs of up to \(Format.count(report.sampleImages)) images in \(Format.duration(report.seconds)); two runs alike differ by \(Format.percent(report.noise))",
        ]
        if !report.settings.isEmpty {
            lines.append(
                "Defaults \(Format.number(report.defaultImagesPerSecond)) images/s, tuned \(Format.number(report.imagesPerSecond)) images/s"
            )
        }
        if let agreement = report.agreement {
            lines.append("\(Format.percent(agreement)) of the sample's images get the same class as before")
        }
        return lines + ["Result   " + report.conclusion]
    }

    /// An answer.
    static func lines(_ report: WhatIfReport) -> [String] {
        let change = report.baseImagesPerSecond > 0 ? report.imagesPerSecond / report.baseImagesPerSecond - 1 : 0
        var lines = [
            "",
            "With \(name(report.settings)): \(Format.number(report.imagesPerSecond)) images/s (\(Format.number(report.low))…\(Format.number(report.high))), \(signed(change)) against \(Format.number(report.baseImagesPerSecond)) as it is",
            "  bound by \(report.limit == "cores" ? "the cores" : report.limit)",
            "  \(Format.count(report.images)) images take \(Format.duration(report.seconds)) (\(Format.duration(report.secondsLow))…\(Format.duration(report.secondsHigh)))",
        ]
        lines += report.unknowns.map { "  not known: \($0)" }
        return lines
    }

    /// What a profile's images are like.
    static func images(_ statistics: ImageStatistics) -> String {
        statistics.isRemote ? "in a store" : "\(statistics.mainFormat), \(Bytes(statistics.medianBytes))"
    }

    private static func milliseconds(_ seconds: Double) -> String { "\(Format.decimal(seconds * 1000, 2)) ms" }
    private static func signed(_ share: Double) -> String { (share < 0 ? "−" : "+") + Format.percent(abs(share)) }
}
