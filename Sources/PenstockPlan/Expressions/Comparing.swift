import PenstockCore

/// Compares the values of two sides, row by row.
struct Comparing {
    private let node: ExpressionNode
    private let sign: ExpressionNode.Comparison
    private let count: Int

    init(node: ExpressionNode, _ sign: ExpressionNode.Comparison, _ count: Int) {
        self.node = node
        self.sign = sign
        self.count = count
    }

    func truths(
        _ left: ExpressionVector,
        _ right: ExpressionVector
    ) throws(StageError) -> ExpressionVector.Truths {
        switch (left, right) {
        case (.floats(_, isSingle: true), .constant(let literal)):
            if let rounded = Self.rounded(literal) { return try numbers(left, .constant(rounded)) }
        case (.constant(let literal), .floats(_, isSingle: true)):
            if let rounded = Self.rounded(literal) { return try numbers(.constant(rounded), right) }
        default: break
        }
        if let first = answers(left), let second = answers(right) {
            guard sign == .equal || sign == .notEqual else {
                throw ExpressionEvaluator.error(node, "true and false have no order; compare them with = or !=.")
            }
            return made(first.presence, second.presence) { row in
                first.values[row] == second.values[row] ? .equal : .unordered
            }
        }
        if let first = texts(left), let second = texts(right) {
            return made(left.presence, right.presence) { Self.order(first($0), second($0)) }
        }
        return try numbers(left, right)
    }

    /// Whether values are among some.
    func truths(
        _ value: ExpressionVector,
        among literals: [ExpressionLiteral]
    ) throws(StageError) -> ExpressionVector.Truths {
        // One set instead of one pass for each text.
        if let texts = texts(value), literals.count > 4 {
            var wanted: Set<[UInt8]> = []
            for literal in literals {
                guard case .text(let text) = literal else { throw mismatch(value, .constant(literal)) }
                wanted.insert(Array(text.utf8))
            }
            return .init(values: (0..<count).map { wanted.contains(texts($0).array) }, presence: value.presence)
        }
        var result = ExpressionVector.Truths.all(false, count)
        for literal in literals { result = result.joined(try truths(value, .constant(literal)), decides: true) }
        return result
    }

    // MARK: Numbers

    /// A literal as a column of 32-bit floats holds it.
    private static func rounded(_ literal: ExpressionLiteral) -> ExpressionLiteral? {
        switch literal {
        case .number(let value): .number(Double(Float(value)))
        case .integer(let value): .number(Double(Float(value)))
        default: nil
        }
    }

    private func numbers(
        _ left: ExpressionVector,
        _ right: ExpressionVector
    ) throws(StageError) -> ExpressionVector.Truths {
        let (first, second) = (left.presence, right.presence)
        switch (try Side(left, { mismatch(left, right) }), try Side(right, { mismatch(left, right) })) {
        case (.integers(let left), .integers(let right)):
            return made(first, second) { Self.order(left(row: $0), right(row: $0)) }
        case (.integers(let left), .floats(let right)):
            return made(first, second) { Self.order(left(row: $0), right(row: $0)) }
        case (.floats(let left), .integers(let right)):
            return made(first, second) { Self.order(right(row: $0), left(row: $0)).reversed }
        case (.floats(let left), .floats(let right)):
            return made(first, second) { Self.order(left(row: $0), right(row: $0)) }
        }
    }

    private enum Side {
        case integers(Source<Int64>)
        case floats(Source<Double>)

        init(_ vector: ExpressionVector, _ problem: () -> StageError) throws(StageError) {
            switch vector {
            case .integers(let numbers): self = .integers(.column(numbers.values))
            case .floats(let numbers, _): self = .floats(.column(numbers.values))
            case .constant(.integer(let value)): self = .integers(.constant(value))
            case .constant(.number(let value)): self = .floats(.constant(value))
            default: throw problem()
            }
        }
    }

    /// Values of all rows.
    private enum Source<Number> {
        case column([Number])
        case constant(Number)

        func callAsFunction(row: Int) -> Number {
            switch self {
            case .column(let values): values[row]
            case .constant(let value): value
            }
        }
    }

    // MARK: Texts, true and false

    private func texts(_ vector: ExpressionVector) -> ((Int) -> Buffer<UInt8>)? {
        switch vector {
        case .texts(let texts, _): return { texts.value($0) }
        case .constant(.text(let text)):
            let bytes = Buffer(Array(text.utf8))
            return { _ in bytes }
        default: return nil
        }
    }

    private func answers(_ vector: ExpressionVector) -> ExpressionVector.Truths? {
        switch vector {
        case .truths(let truths): truths
        case .constant(.bool(let value)): .all(value, count)
        default: nil
        }
    }

    // MARK: Order

    private enum Order {
        case less, equal, greater
        /// Not a number is neither less nor more nor equal.
        case unordered

        var reversed: Order {
            switch self {
            case .less: .greater
            case .greater: .less
            case .equal, .unordered: self
            }
        }
    }

    private static func order<Number: Comparable>(_ left: Number, _ right: Number) -> Order {
        left < right ? .less : left > right ? .greater : left == right ? .equal : .unordered
    }

    /// Exact, where a conversion to either type would not be.
    private static func order(_ left: Int64, _ right: Double) -> Order {
        if right.isNaN { return .unordered }
        // 2^63 and -2^63 are doubles; all between them have an integer part that fits.
        if right >= 0x1p63 { return .less }
        if right < -0x1p63 { return .greater }
        let whole = right.rounded(.towardZero)
        let order = order(left, Int64(whole))
        return order == .equal ? Self.order(whole, right) : order
    }

    private static func order(_ left: Buffer<UInt8>, _ right: Buffer<UInt8>) -> Order {
        left.withSpan { left in
            right.withSpan { right in
                for index in 0..<min(left.count, right.count) where left[index] != right[index] {
                    return left[index] < right[index] ? .less : .greater
                }
                return order(left.count, right.count)
            }
        }
    }

    private func made(_ left: Bitmap?, _ right: Bitmap?, _ order: (Int) -> Order) -> ExpressionVector.Truths {
        let presence = ExpressionVector.joined(left, right)
        let values = (0..<count).map { row -> Bool in
            switch (sign, order(row)) {
            case (.equal, .equal), (.lessOrEqual, .equal), (.greaterOrEqual, .equal): true
            case (.less, .less), (.lessOrEqual, .less): true
            case (.greater, .greater), (.greaterOrEqual, .greater): true
            case (.notEqual, .less), (.notEqual, .greater), (.notEqual, .unordered): true
            default: false
            }
        }
        return .init(values: values, presence: presence)
    }

    private func mismatch(_ left: ExpressionVector, _ right: ExpressionVector) -> StageError {
        let fix =
            switch (left, right) {
            case (.other, _), (_, .other): "Such a column can only be asked whether it is null."
            case (.texts, .constant(.integer)), (.texts, .constant(.number)), (.texts, .constant(.bool)):
                "Put quotes around the value."
            case (.integers, .constant(.text)), (.floats, .constant(.text)), (.truths, .constant(.text)):
                "Leave the quotes out."
            default: "Compare values of one kind."
            }
        return ExpressionEvaluator.error(node, "the sides are \(left.kind) and \(right.kind). \(fix)")
    }
}
