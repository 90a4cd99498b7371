package import PenstockCore
package import PenstockPlan

/// One kind of mistake: when it is there, what it costs, and what ends it.
package protocol DoctorRule: Sendable {
    /// Stable id, such as `PS004`.
    var id: String { get }
    /// What the page of the documentation is called, behind the id: `batch-too-small`.
    var slug: String { get }
    /// What is wrong, in a few words.
    var title: String { get }
    /// Other settings that should be tried on a sample, so that the gain can be predicted; none for rules that can tell from the
    /// run itself.
    func trials(_ facts: DoctorFacts) -> [SettingChanges]
    /// What is found; nothing is most of the time.
    func findings(_ facts: DoctorFacts) -> [FindingReport]
}

extension DoctorRule {
    package func trials(_ facts: DoctorFacts) -> [SettingChanges] { [] }

    /// A finding of this rule.
    func finding(
        _ severity: FindingReport.Severity,
        _ evidence: [String],
        gain: GainReport? = nil,
        changes: SettingChanges = SettingChanges(),
        advice: String
    ) -> FindingReport {
        var finding = FindingReport(
            id: id,
            severity: severity,
            title: title,
            advice: advice,
            page: "docs/mistakes/\(id)-\(slug).md"
        )
        finding.evidence = evidence
        finding.gain = gain
        finding.changes = changes.values
        return finding
    }
}

/// All rules, and what they find.
package enum Doctor {
    /// In the order of their ids.
    package static let rules: [any DoctorRule] = [
        ModelLoadRule(), RebuiltTransformRule(), PassPerImageRule(), SmallBatchRule(), LargeBatchRule(),
        FewWorkersRule(),
        ManyWorkersRule(), AcceleratorRule(), DecodeInModelRule(), SmallBlocksRule(), LargeBlocksRule(),
        CollectingRule(),
        TextOutputRule(), PrintingRule(), SwallowedErrorsRule(), OutputShapeRule(), MissingLimitsRule(),
        SlowStorageRule(),
        SmallFilesRule(), LargeImagesRule(), PrecisionRule(), UnbalancedTailRule(), HeldMemoryRule(), TimingRule(),
    ]

    /// What all rules find, most valuable first.
    package static func findings(_ facts: DoctorFacts) -> [FindingReport] {
        rules.flatMap { $0.findings(facts) }.sorted { rank($0) > rank($1) }
    }

    /// Settings that any rule wants to be tried, each once.
    package static func trials(_ facts: DoctorFacts) -> [SettingChanges] {
        var wanted: [SettingChanges] = []
        for changes in rules.flatMap({ $0.trials(facts) }) where !wanted.contains(changes) { wanted.append(changes) }
        return wanted
    }

    /// Errors come first; then what gains most.
    private static func rank(_ finding: FindingReport) -> (Int, Double) {
        let isError = finding.severity == .error ? 1 : 0
        let unmeasured = finding.severity == .warning ? 1.0 : 0.5
        return (isError, finding.gain?.likely ?? unmeasured)
    }
}
