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
    /// What is no matter now and will be one once the changes of other findings are made, as far as a run without trials tells.
    func findings(_ facts: DoctorFacts, after changes: SettingChanges) -> [FindingReport]
}

extension DoctorRule {
    package func trials(_ facts: DoctorFacts) -> [SettingChanges] { [] }
    package func findings(_ facts: DoctorFacts, after changes: SettingChanges) -> [FindingReport] { [] }

    /// A finding of this rule.
    ///
    /// - `unpredicted`: why it has no gain, where it has none.
    func finding(
        _ severity: FindingReport.Severity,
        _ evidence: [String],
        gain: GainReport? = nil,
        unpredicted: String = "only a trial shows it (penstock doctor, on the job)",
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
        finding.unpredicted = gain == nil ? unpredicted : ""
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

    /// What a run gives away without trials: what rules find, and then what will matter once that is changed.
    package static func advice(_ facts: DoctorFacts) -> [FindingReport] {
        let found = findings(facts)
        let changes = together(found)
        return changes.values.isEmpty ? found : found + rules.flatMap { $0.findings(facts, after: changes) }
    }

    /// The changes of all findings; where two want different values, that of the more valuable one.
    package static func together(_ findings: [FindingReport]) -> SettingChanges {
        findings.reversed().reduce(SettingChanges()) { $0.merging(SettingChanges($1.changes)) }
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
