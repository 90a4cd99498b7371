import PenstockCore

/// Computes an expression for all rows of a block at once.
struct ExpressionEvaluator {
    let block: Block

    private typealias Vector = ExpressionVector

    func matchingRows(_ root: ExpressionNode) throws(StageError) -> [Int] {
        let truths = try truths(root) { vector in
            "it gives \(vector.kind), and rows are kept where it is true. \(Self.advice(root, vector))"
        }
        var rows: [Int] = []
        for row in truths.values.indices where truths.values[row] && (truths.presence?[row] ?? true) {
            rows.append(row)
        }
        return rows
    }

    private static func advice(_ root: ExpressionNode, _ vector: ExpressionVector) -> String {
        switch vector {
        case .integers, .floats: "Compare it: \(root) > 0."
        case .texts: "Compare it: \(root) = 'text'."
        default: "Ask whether it is there: \(root) is not null."
        }
    }

    // MARK: True or false

    private func truths(
        _ node: ExpressionNode,
        _ problem: (ExpressionVector) -> String
    ) throws(StageError) -> ExpressionVector.Truths {
        switch try value(node) {
        case .truths(let truths): return truths
        case .constant(.bool(let value)): return .all(value, block.rowCount)
        case let other: throw Self.error(node, problem(other))
        }
    }

    private func value(_ node: ExpressionNode) throws(StageError) -> ExpressionVector {
        switch node {
        case .column(let name): return ExpressionVector(try column(name))
        case .literal(let literal): return .constant(literal)
        case .comparison(let sign, let left, let right):
            return .truths(try Comparing(node: node, sign, block.rowCount).truths(try value(left), try value(right)))
        case .arithmetic(let sign, let left, let right):
            return try Computing(node: node, block.rowCount).value(sign, try value(left), try value(right))
        case .negation(let part):
            return try Computing(node: node, block.rowCount).value(.subtract, .constant(.integer(0)), try value(part))
        case .and(let parts): return .truths(try joined(parts, decides: false, "and"))
        case .or(let parts): return .truths(try joined(parts, decides: true, "or"))
        case .not(let part):
            return .truths(try truths(part) { "not takes true or false, and \(part) gives \($0.kind)." }.opposite)
        case .member(let part, let values):
            let comparing = Comparing(node: node, .equal, block.rowCount)
            return .truths(try comparing.truths(try value(part), among: values))
        case .like(let part, let pattern): return .truths(try like(node, try value(part), pattern, part))
        case .isNull(let part):
            guard let presence = try value(part).presence else { return .truths(.all(false, block.rowCount)) }
            return .truths(.init(values: (0..<presence.count).map { !presence[$0] }, presence: nil))
        }
    }

    private func column(_ name: String) throws(StageError) -> Column {
        if let column = block[name] { return column }
        throw StageError(.invalidInput, PlanError.unknownColumn(name, among: block.schema.fields.map(\.name)))
    }

    private func joined(
        _ parts: [ExpressionNode],
        decides: Bool,
        _ word: String
    ) throws(StageError) -> ExpressionVector.Truths {
        var result = ExpressionVector.Truths.all(!decides, block.rowCount)
        for part in parts {
            let next = try truths(part) {
                "\(word) joins answers, and \(part) gives \($0.kind). Compare it with something."
            }
            result = result.joined(next, decides: decides)
        }
        return result
    }

    private func like(
        _ node: ExpressionNode,
        _ value: ExpressionVector,
        _ pattern: String,
        _ part: ExpressionNode
    ) throws(StageError) -> ExpressionVector.Truths {
        let pattern = TextPattern(pattern)
        switch value {
        case .texts(let texts, let presence):
            let values = (0..<texts.count).map { row in texts.value(row).withSpan { pattern.matches($0) } }
            return .init(values: values, presence: presence)
        case .constant(.text(let text)):
            return .all(Buffer(Array(text.utf8)).withSpan { pattern.matches($0) }, block.rowCount)
        default: throw Self.error(node, "like looks at texts, and \(part) gives \(value.kind).")
        }
    }

    static func error(_ node: ExpressionNode, _ problem: String) -> StageError {
        StageError(.invalidInput, "the expression \"\(node)\" does not fit the columns: \(problem)")
    }
}

/// Arithmetic on numbers.
private struct Computing {
    let node: ExpressionNode
    let count: Int

    init(node: ExpressionNode, _ count: Int) {
        self.node = node
        self.count = count
    }

    func value(
        _ sign: ExpressionNode.Arithmetic,
        _ left: ExpressionVector,
        _ right: ExpressionVector
    ) throws(StageError) -> ExpressionVector {
        if sign != .divide, let first = integers(left), let second = integers(right) {
            return .integers(try computed(sign, first, second))
        }
        let (first, second) = (try floats(left), try floats(right))
        var values: [Double] = []
        values.reserveCapacity(count)
        for row in 0..<count {
            let (left, right) = (first.values[row], second.values[row])
            switch sign {
            case .add: values.append(left + right)
            case .subtract: values.append(left - right)
            case .multiply: values.append(left * right)
            case .divide: values.append(left / right)
            }
        }
        var presence = ExpressionVector.joined(first.presence, second.presence)
        if sign == .divide, second.values.contains(0) {
            presence = ExpressionVector.joined(presence, Bitmap(second.values.map { $0 != 0 }))
        }
        return .floats(.init(values: values, presence: presence), isSingle: false)
    }

    private func computed(
        _ sign: ExpressionNode.Arithmetic,
        _ left: ExpressionVector.Numbers<Int64>,
        _ right: ExpressionVector.Numbers<Int64>
    ) throws(StageError) -> ExpressionVector.Numbers<Int64> {
        let presence = ExpressionVector.joined(left.presence, right.presence)
        var values: [Int64] = []
        values.reserveCapacity(count)
        for row in 0..<count {
            let (first, second) = (left.values[row], right.values[row])
            let (value, isOver) =
                switch sign {
                case .add: first.addingReportingOverflow(second)
                case .subtract: first.subtractingReportingOverflow(second)
                case .multiply, .divide: first.multipliedReportingOverflow(by: second)
                }
            // What is missing may hold any bits.
            if isOver, presence?[row] ?? true {
                throw StageError(
                    .invalidInput,
                    "\"\(node)\" leaves 64-bit integers: \(first) \(sign.rawValue) \(second). Compute with floats: multiply one of them by 1.0 first."
                )
            }
            values.append(value)
        }
        return .init(values: values, presence: presence)
    }

    private func integers(_ vector: ExpressionVector) -> ExpressionVector.Numbers<Int64>? {
        switch vector {
        case .integers(let numbers): numbers
        case .constant(.integer(let value)): .init(values: Array(repeating: value, count: count), presence: nil)
        default: nil
        }
    }

    private func floats(_ vector: ExpressionVector) throws(StageError) -> ExpressionVector.Numbers<Double> {
        switch vector {
        case .integers(let numbers): return .init(values: numbers.values.map(Double.init), presence: numbers.presence)
        case .floats(let numbers, _): return numbers
        case .constant(.integer(let value)):
            return .init(values: Array(repeating: Double(value), count: count), presence: nil)
        case .constant(.number(let value)): return .init(values: Array(repeating: value, count: count), presence: nil)
        default: throw ExpressionEvaluator.error(node, "arithmetic needs numbers, and one side gives \(vector.kind).")
        }
    }
}
