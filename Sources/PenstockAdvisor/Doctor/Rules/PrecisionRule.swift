import PenstockCore
import PenstockPlan

/// PS021: the model computes in f32 although a faster precision that agrees with it is there.
struct PrecisionRule: DoctorRule {
    let id = "PS021"
    let slug = "precision-left-on-the-table"
    let title = "A faster precision is not used"
    private static let change = SettingChanges(["precision": "auto"])
    /// The model's part of the core time from which a precision that is twice as fast saves a twelfth of it.
    private static let worthwhile = 1.0 / 6

    /// Where somebody chose f32 for a classifier on a device that has something faster.
    private func isSuspect(_ facts: DoctorFacts) -> Bool {
        guard facts.isSet("precision"), facts.setting("precision")?.value == "f32", facts.setting("top-k") != nil,
            let fastest = facts.report?.model?.fastestPrecision, !fastest.isEmpty, fastest != "f32"
        else { return false }
        return true
    }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] { isSuspect(facts) ? [Self.change] : [] }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard isSuspect(facts), let run = facts.run, let model = run.stage("model") else { return [] }
        let share = run.coreShare(of: model)
        var evidence = [
            "precision f32: the model took \(Words.percent(share)) of the core time, and the device also computes in \(run.report.model?.fastestPrecision ?? "")"
        ]
        guard let tried = facts.trials.middle(Self.change) else {
            guard share > Self.worthwhile else { return [] }
            return [finding(.note, evidence, changes: Self.change, advice: advice)]
        }
        // The guard refused the fast precision: then f32 is right.
        guard tried.model?.precision != "f32", let gain = facts.gain(trying: Self.change), gain.likely > 1.03 else {
            return []
        }
        if let agreement = tried.model?.agreement, let images = tried.model?.agreementImages {
            evidence.append(
                "\(tried.model?.precision ?? "") agreed with f32 on \(Words.percent(agreement)) of \(images) images"
            )
        }
        return [finding(.warning, evidence, gain: gain, changes: Self.change, advice: advice)]
    }

    private var advice: String {
        "Leave the precision to Penstock: it takes a faster one only where that agrees with f32 on the first images."
    }
}
