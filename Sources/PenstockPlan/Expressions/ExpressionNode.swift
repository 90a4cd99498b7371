/// What an expression is made of.
indirect enum ExpressionNode: Sendable, Hashable {
    case column(String)
    case literal(ExpressionLiteral)
    case comparison(Comparison, ExpressionNode, ExpressionNode)
    case arithmetic(Arithmetic, ExpressionNode, ExpressionNode)
    case negation(ExpressionNode)
    /// Two or more, so that long chains are flat.
    case and([ExpressionNode])
    case or([ExpressionNode])
    case not(ExpressionNode)
    case member(ExpressionNode, [ExpressionLiteral])
    case like(ExpressionNode, String)
    case isNull(ExpressionNode)

    enum Comparison: String, Sendable, Hashable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    enum Arithmetic: String, Sendable, Hashable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
    }

    func forEachColumn(_ body: (String) -> Void) {
        switch self {
        case .column(let name): body(name)
        case .literal: break
        case .comparison(_, let left, let right), .arithmetic(_, let left, let right):
            left.forEachColumn(body)
            right.forEachColumn(body)
        case .and(let parts), .or(let parts): for part in parts { part.forEachColumn(body) }
        case .negation(let part), .not(let part), .member(let part, _), .like(let part, _), .isNull(let part):
            part.forEachColumn(body)
        }
    }
}

/// A value that is written in an expression.
enum ExpressionLiteral: Sendable, Hashable {
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
}

extension ExpressionLiteral: CustomStringConvertible {
    var description: String {
        switch self {
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let text): ExpressionNode.quoted(text, by: "'")
        }
    }
}

extension ExpressionNode: CustomStringConvertible {
    var description: String {
        switch self {
        case .column(let name): Self.written(name)
        case .literal(let literal): "\(literal)"
        case .comparison(let sign, let left, let right):
            "\(left.text(above: level)) \(sign.rawValue) \(right.text(above: level))"
        case .arithmetic(let sign, let left, let right):
            "\(left.text(from: level)) \(sign.rawValue) \(right.text(above: level))"
        case .negation(let part): "-\(part.text(above: level))"
        case .and(let parts): parts.map { $0.text(above: level) }.joined(separator: " and ")
        case .or(let parts): parts.map { $0.text(above: level) }.joined(separator: " or ")
        case .not(.isNull(let part)): "\(part.text(above: level)) is not null"
        case .not(.member(let part, let values)): "\(part.text(above: level)) not in \(Self.list(values))"
        case .not(.like(let part, let pattern)):
            "\(part.text(above: level)) not like \(Self.quoted(pattern, by: "'"))"
        case .not(let part): "not \(part.text(from: level))"
        case .member(let part, let values): "\(part.text(above: level)) in \(Self.list(values))"
        case .like(let part, let pattern): "\(part.text(above: level)) like \(Self.quoted(pattern, by: "'"))"
        case .isNull(let part): "\(part.text(above: level)) is null"
        }
    }

    /// How tightly it binds; more is tighter.
    private var level: Int {
        switch self {
        case .or: 1
        case .and: 2
        case .not(.isNull), .not(.member), .not(.like): 4
        case .not: 3
        case .comparison, .member, .like, .isNull: 4
        case .arithmetic(.add, _, _), .arithmetic(.subtract, _, _): 5
        case .arithmetic: 6
        case .negation: 7
        case .column, .literal: 8
        }
    }

    private func text(above limit: Int) -> String { level > limit ? description : "(\(description))" }
    private func text(from limit: Int) -> String { level >= limit ? description : "(\(description))" }

    private static func list(_ values: [ExpressionLiteral]) -> String {
        "(\(values.map(\.description).joined(separator: ", ")))"
    }

    /// A text between quotes, with those inside doubled.
    static func quoted(_ text: String, by quote: Unicode.Scalar) -> String {
        var quoted = String.UnicodeScalarView([quote])
        for scalar in text.unicodeScalars {
            if scalar == quote { quoted.append(quote) }
            quoted.append(scalar)
        }
        quoted.append(quote)
        return String(quoted)
    }

    /// A column's name as it can be read again.
    private static func written(_ name: String) -> String {
        let scalars = name.unicodeScalars
        let isPlain =
            scalars.first.map(ExpressionLexer.beginsName) == true && scalars.allSatisfy(ExpressionLexer.continuesName)
            && ExpressionLexer.Keyword(name) == nil
        return isPlain ? name : quoted(name, by: "`")
    }
}
