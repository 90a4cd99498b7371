import PenstockCore

/// The value of an expression for each row of a block, or one value for all of them.
enum ExpressionVector {
    case truths(Truths)
    case integers(Numbers<Int64>)
    /// `isSingle`: read from a column of 32-bit floats.
    case floats(Numbers<Double>, isSingle: Bool)
    case texts(VariableBytes, Presence)
    case constant(ExpressionLiteral)
    /// Nothing can be computed from it; it is there, or missing.
    case other(ColumnType, Presence)

    /// Which rows have a value; nil: all.
    typealias Presence = Bitmap?

    /// Numbers, and which of them are there.
    struct Numbers<Number> {
        var values: [Number]
        var presence: Presence
    }

    /// Answers, and which of them are known.
    struct Truths {
        var values: [Bool]
        var presence: Presence
    }

    /// A column's values.
    init(_ column: Column) {
        let presence = column.validity
        switch column.values {
        case .bool(let bits):
            self = .truths(Truths(values: (0..<bits.count).map { bits[$0] }, presence: presence))
        case .uint8(let buffer): self = .integers(Numbers(values: buffer.array.map(Int64.init), presence: presence))
        case .int32(let buffer): self = .integers(Numbers(values: buffer.array.map(Int64.init), presence: presence))
        case .int64(let buffer): self = .integers(Numbers(values: buffer.array, presence: presence))
        case .float32(let buffer):
            self = .floats(Numbers(values: buffer.array.map(Double.init), presence: presence), isSingle: true)
        case .float64(let buffer): self = .floats(Numbers(values: buffer.array, presence: presence), isSingle: false)
        case .string(let texts): self = .texts(texts, presence)
        case .binary, .list, .tensorUInt8, .tensorFloat32: self = .other(column.type, presence)
        }
    }

    /// Which rows have a value.
    var presence: Presence {
        switch self {
        case .truths(let truths): truths.presence
        case .integers(let numbers): numbers.presence
        case .floats(let numbers, _): numbers.presence
        case .texts(_, let presence), .other(_, let presence): presence
        case .constant: nil
        }
    }

    /// What it holds, in words.
    var kind: String {
        switch self {
        case .truths, .constant(.bool): "true or false"
        case .integers, .floats, .constant(.integer), .constant(.number): "numbers"
        case .texts, .constant(.text): "texts"
        case .other(let type, _): "\(type)"
        }
    }
}

extension ExpressionVector.Truths {
    static func all(_ value: Bool, _ count: Int) -> Self {
        Self(values: Array(repeating: value, count: count), presence: nil)
    }

    /// The opposite; what is not known stays so.
    var opposite: Self { Self(values: values.map { !$0 }, presence: presence) }

    /// `and` (or, with `decides` true, `or`) as in SQL: one answer that decides makes the other's absence harmless.
    func joined(_ other: Self, decides: Bool) -> Self {
        guard presence != nil || other.presence != nil else {
            return Self(
                values: values.indices.map {
                    values[$0] == decides || other.values[$0] == decides ? decides : !decides
                },
                presence: nil
            )
        }
        var answers: [Bool] = []
        var known: [Bool] = []
        answers.reserveCapacity(values.count)
        known.reserveCapacity(values.count)
        for row in values.indices {
            let (isLeft, isRight) = (presence?[row] ?? true, other.presence?[row] ?? true)
            let isDecided = (isLeft && values[row] == decides) || (isRight && other.values[row] == decides)
            answers.append(isDecided ? decides : !decides)
            known.append(isDecided || (isLeft && isRight))
        }
        return Self(values: answers, presence: Bitmap(known))
    }
}

extension ExpressionVector {
    /// Rows that have both values.
    static func joined(_ first: Presence, _ second: Presence) -> Presence {
        guard let first else { return second }
        guard let second else { return first }
        return Bitmap((0..<first.count).map { first[$0] && second[$0] })
    }
}
