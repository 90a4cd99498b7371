import PenstockCore

/// Builds the chain of physical operators and lets neighbouring stateless steps share a task: one task, one queue and one
/// hand-over less for each.
struct Fusion {
    private let sizing: PlanSizing
    private var operators: [PhysicalOperator] = []
    private var chain: [ChainStep] = []
    /// What was fused, and why neighbours were not.
    private(set) var notes: [String] = []
    /// The source gives encoded images, which what comes next may decode.
    var isEncoded = false

    init(sizing: PlanSizing) { self.sizing = sizing }

    /// Nothing but reading comes before, and what leaves rows as they are.
    var isAtSource: Bool {
        chain.isEmpty
            && operators.allSatisfy { step in
                switch step.stage {
                case .listFiles, .readFiles, .splitTables, .readTables, .limit: true
                default: false
                }
            }
    }

    /// What reads the rows.
    var source: PhysicalStage? { operators.last { if case .limit = $0.stage { false } else { true } }?.stage }

    /// Adds operators that keep a task of their own.
    mutating func append(_ next: [PhysicalOperator]) {
        guard let first = next.first else { return }
        if !chain.isEmpty, let reason = reason(for: first) {
            notes.append("not fused: \(chainName) and \(first.name): \(reason)")
        }
        close()
        operators += next
    }

    /// Adds a step that may share a task with its neighbours.
    mutating func append(_ step: ChainStep) {
        if let last = chain.last(where: { $0.transform != nil })?.transform, let next = step.transform,
            let reason = Self.reason(last, next)
        {
            notes.append("not fused: \(last.name) and \(next.name): \(reason)")
            close()
        } else if chain.isEmpty, step.transform != nil, let last = operators.last, let reason = reason(after: last) {
            notes.append("not fused: \(last.name) and \(name(of: step)): \(reason)")
        }
        chain.append(step)
    }

    /// The whole chain.
    mutating func finish() -> [PhysicalOperator] {
        close()
        return operators
    }

    private mutating func close() {
        guard !chain.isEmpty else { return }
        if chain.count > 1 { notes.append("fused: \(chainName): one task instead of \(chain.count)") }
        operators.append(sizing.chain(chain, name: chainName))
        chain = []
    }

    private var chainName: String { chain.map { name(of: $0) }.joined(separator: " → ") }

    private func name(of step: ChainStep) -> String {
        switch step {
        case .columns: "columns"
        case .transform(let transform): transform.name
        }
    }

    /// Why two transforms cannot share a task; nil when they can.
    private static func reason(_ first: CustomTransform, _ second: CustomTransform) -> String? {
        if !first.isStateless { return "\(first.name) has actors, which keep a state" }
        if !second.isStateless { return "\(second.name) has actors, which keep a state" }
        if first.resources != second.resources { return "they need different resources" }
        if first.compute != second.compute { return "they have different numbers of workers" }
        if let batch = second.batch, batch != first.batch || !first.keepsRowCount {
            return "\(second.name) takes batches of \(batch)"
        }
        return nil
    }

    private func reason(for next: PhysicalOperator) -> String? {
        switch next.pool {
        case .actors: "\(next.name) has actors, which keep a state"
        case .sink: nil
        case .tasks, .source: nil
        }
    }

    private func reason(after last: PhysicalOperator) -> String? {
        switch last.stage {
        case .readFiles, .readTables, .readText, .readBinaryFiles, .readUnion:
            "\(last.name) waits for storage and takes no CPU while it does"
        case .infer, .inferModel: "\(last.name) has actors, which keep a model"
        case .custom: "\(last.name) has actors, which keep a state"
        default: nil
        }
    }
}

extension ChainStep {
    /// The transform; nil for a change of columns.
    var transform: CustomTransform? { if case .transform(let transform) = self { transform } else { nil } }
}
