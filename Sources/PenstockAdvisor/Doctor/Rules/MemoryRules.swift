import PenstockCore
import PenstockPlan

/// PS017: nothing keeps the run from taking the whole machine.
struct MissingLimitsRule: DoctorRule {
    let id = "PS017"
    let slug = "limits-missing"
    let title = "The run may take the whole machine"
    private static let change = SettingChanges(["memory": "auto"])

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        let machine = facts.machine.memory.count
        guard facts.isSet("memory"), let memory = facts.memory, machine > 0,
            Double(memory) >= 0.9 * Double(machine)
        else { return [] }
        return [
            finding(
                .error,
                [
                    "memory \(Bytes(memory)) of the \(Bytes(machine)) that this machine or container has: model, decoders and other programs come on top"
                ],
                unpredicted: "it is about safety",
                changes: Self.change,
                advice: "Leave it to Penstock, which takes half, or name at most three quarters."
            )
        ]
    }
}

/// PS023: stages wait for memory.
struct HeldMemoryRule: DoctorRule {
    let id = "PS023"
    let slug = "held-by-memory"
    let title = "Stages wait for memory"
    private static let change = SettingChanges(["memory": "auto"])

    /// Worker seconds that were held by memory, and by what stage most.
    private func held(_ run: RunFacts) -> (seconds: Double, stage: StageReport)? {
        guard let most = run.stages.max(by: { ($0.heldBy["memory"] ?? 0) < ($1.heldBy["memory"] ?? 0) }) else {
            return nil
        }
        let seconds = most.heldBy["memory"] ?? 0
        return seconds > 0.2 * most.workerSeconds ? (seconds, most) : nil
    }

    func trials(_ facts: DoctorFacts) -> [SettingChanges] {
        guard facts.isSet("memory"), let run = facts.run, held(run) != nil else { return [] }
        return [Self.change]
    }

    func findings(_ facts: DoctorFacts) -> [FindingReport] {
        guard facts.isSet("memory"), let run = facts.run, let (seconds, stage) = held(run), let memory = facts.memory
        else { return [] }
        let holders = run.stages.sorted { $0.bytesPerBlock.max > $1.bytesPerBlock.max }.prefix(2)
            .filter { $0.bytesPerBlock.max > 0 }
            .map { "\($0.name) (blocks of up to \(Bytes(Int($0.bytesPerBlock.max))))" }
        return [
            finding(
                .warning,
                [
                    "\(stage.name) was held by memory for \(Words.percent(seconds / max(stage.workerSeconds, 1e-9))) of its workers' time; \(Bytes(run.report.peakBytesHeld)) of \(Bytes(memory)) were held at most",
                    "the largest blocks come from \(holders.joined(separator: " and "))",
                ],
                gain: facts.gain(trying: Self.change),
                changes: Self.change,
                advice: "Raise --memory or leave it to Penstock, or make the largest blocks smaller."
            )
        ]
    }
}
