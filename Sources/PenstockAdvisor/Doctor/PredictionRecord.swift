package import PenstockCore
import PenstockPlan

/// A prediction of a rule and what came of it.
package struct PredictionRecord: Codable, Sendable, Equatable {
    /// Id of the rule.
    package var rule: String
    /// What was changed, as it is typed.
    package var change: String
    /// What was predicted.
    package var predicted: GainReport
    /// The median of the measured ratios.
    package var measured: Double
    /// Half the width of the 95 % interval of that.
    package var halfWidth: Double
    /// Pairs of runs.
    package var pairs: Int
    /// Rows of each run.
    package var rows: Int
    /// Cores that the runs had.
    package var cores: Int
    /// Version of Penstock that predicted.
    package var version: String

    /// A prediction beside its measurement.
    package init(
        _ finding: FindingReport,
        _ predicted: GainReport,
        _ measured: PairedComparison,
        rows: Int,
        cores: Int,
        version: String
    ) {
        rule = finding.id
        change = SettingChanges(finding.changes).description
        self.predicted = predicted
        self.measured = measured.ratio
        halfWidth = measured.halfWidth
        pairs = measured.ratios.count
        self.rows = rows
        self.cores = cores
        self.version = version
    }

    /// Whether the measured gain lies in the predicted interval.
    package var isInside: Bool { predicted.contains(measured) }

    /// How far the likeliest gain was from the measured one, as a share of the measured one.
    package var error: Double { measured > 0 ? abs(predicted.likely - measured) / measured : 1 }
}

/// How good a rule's predictions were.
package struct PredictionAccuracy: Sendable, Equatable {
    /// Id of the rule; `all` for all of them.
    package let rule: String
    /// How many predictions were measured.
    package let count: Int
    /// Share of them whose measured gain lay inside the interval.
    package let insideShare: Double
    /// The error in the middle.
    package let medianError: Double

    private init(rule: String, _ records: [PredictionRecord]) {
        self.rule = rule
        count = records.count
        insideShare = Double(records.count { $0.isInside }) / Double(max(records.count, 1))
        medianError = Statistics.median(records.map(\.error)) ?? 0
    }

    /// A line for each rule, by id, and one for all of them.
    package static func table(_ records: [PredictionRecord]) -> [PredictionAccuracy] {
        let byRule = Dictionary(grouping: records, by: \.rule).sorted { $0.key < $1.key }
        return byRule.map { PredictionAccuracy(rule: $0.key, $0.value) }
            + (records.isEmpty ? [] : [PredictionAccuracy(rule: "all", records)])
    }
}
