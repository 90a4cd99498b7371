import PenstockCore
import PenstockPlan

/// PS012: all rows are collected in memory.
struct CollectingRule: DoctorRule {
    let id = "PS012"
    let slug = "everything-collected"
    let title = "All rows are collected in memory"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let run = facts.run, let collect = run.stage("collect"), let memory = facts.memory, memory > 0 else {
            return []
        }
        let share = Double(collect.bytesIn) / Double(memory)
        guard share >= 0.25 else { return [] }
        return [
            finding(
                share >= 0.75 ? .error : .warning,
                [
                    "\(collect.rows) rows of \(Bytes(collect.bytesIn)) were collected: \(Words.percent(share)) of the run's memory (\(Bytes(memory)))"
                ],
                unpredicted: "it is about memory",
                advice:
                    "Go through the rows with iterBatches, or write them with writeParquet: both keep a few blocks only."
            )
        ]
    }
}

/// PS013: large results are written as text.
struct TextOutputRule: DoctorRule {
    let id = "PS013"
    let slug = "text-output"
    let title = "Large results are written as text"
    private static let change = SettingChanges(["format": "parquet"])
    /// Results below this are quick to write in any format.
    private static let large = Bytes.mebibytes(64)

    private func format(_ facts: DoctorFacts) -> String? {
        facts.setting("format").flatMap { $0.value == "parquet" ? nil : $0.value }
    }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] {
        guard format(facts) != nil, let run = facts.run, let write = run.stage("write"), run.use(of: write) > 0.05
        else {
            return []
        }
        return [Self.change]
    }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let format = format(facts), let run = facts.run, let write = run.stage("write") else { return [] }
        let use = run.use(of: write)
        let gain = facts.gain(trying: Self.change)
        let isSlow = gain.map { $0.likely > 1.03 } ?? (use > 0.2)
        guard isSlow || write.bytesIn >= Self.large.count else { return [] }
        return [
            finding(
                isSlow ? .warning : .note,
                [
                    "format \(format): \(Bytes(write.bytesIn)) of columns, and write was busy \(Words.percent(min(use, 1))) of the time (\(Words.seconds(write.busySeconds / Double(max(write.rows, 1)))) a row)"
                ],
                gain: gain,
                changes: Self.change,
                advice: "Write Parquet: typed, compressed, and read column by column."
            )
        ]
    }
}

/// PS015: failures become rows that look like answers, or any number of them is let pass.
struct SwallowedErrorsRule: DoctorRule {
    let id = "PS015"
    let slug = "errors-swallowed"
    let title = "Errors are swallowed"

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard let report = facts.report else { return [] }
        var found: [FindingReport] = []
        if report.rowsWithoutAnswer > 0 {
            found.append(
                finding(
                    .error,
                    [
                        "\(report.rowsWithoutAnswer) of \(report.rowsWritten) rows were written with a class below 0 or a text in a column for errors"
                    ],
                    unpredicted: "it is about answers",
                    advice:
                        "Let the row fail: throw, or return it as a RowFailure. It goes to quarantine with its reason, is counted, and is no answer to anybody."
                )
            )
        }
        let bad = Double(report.rowsQuarantined) / Double(max(report.rowsRead, 1))
        if facts.isSet("max-bad-rows"), let limit = facts.setting("max-bad-rows"), bad > 0.01, report.outcome == .done {
            found.append(
                finding(
                    .error,
                    [
                        "\(report.rowsQuarantined) of \(report.rowsRead) rows failed (\(Words.percent(bad))), and max-bad-rows \(limit.value) let them pass"
                    ],
                    unpredicted: "it is about answers",
                    advice:
                        "See the reasons with penstock show DIR --quarantine, and set --max-bad-rows just above what you accept; the default is 1 %."
                )
            )
        }
        return found
    }
}
