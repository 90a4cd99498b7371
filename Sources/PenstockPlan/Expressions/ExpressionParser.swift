import PenstockCore

/// Reads expressions by recursive descent; depth and length are bounded, so that no text can exhaust the stack.
struct ExpressionParser {
    private let text: String
    private let scalars: [Unicode.Scalar]
    private var tokens: [ExpressionLexer.Token] = []
    private var index = 0
    private var operations = 0

    init(_ text: String) throws(PlanError) {
        guard text.utf8.count <= RowExpression.maximumLength else {
            throw PlanError(
                "an expression of \(text.utf8.count) bytes is too long to be meant; it has at most \(RowExpression.maximumLength)."
            )
        }
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    mutating func parse() throws(PlanError) -> ExpressionNode {
        do {
            var lexer = ExpressionLexer(scalars)
            tokens = try lexer.tokens()
            let node = try either(0)
            try expectEnd()
            return node
        } catch {
            throw PlanError(shown(error))
        }
    }

    // MARK: Grammar, from what binds least

    private mutating func either(_ depth: Int) throws(ExpressionProblem) -> ExpressionNode {
        var parts = [try all(depth)]
        while take(.or) { parts.append(try all(depth)) }
        return parts.count == 1 ? parts[0] : .or(flat(parts) { if case .or(let inner) = $0 { inner } else { nil } })
    }

    private mutating func all(_ depth: Int) throws(ExpressionProblem) -> ExpressionNode {
        var parts = [try opposite(depth)]
        while take(.and) { parts.append(try opposite(depth)) }
        return parts.count == 1 ? parts[0] : .and(flat(parts) { if case .and(let inner) = $0 { inner } else { nil } })
    }

    /// Parentheses around a part of the same kind change nothing.
    private func flat(_ parts: [ExpressionNode], _ inner: (ExpressionNode) -> [ExpressionNode]?) -> [ExpressionNode] {
        parts.flatMap { inner($0) ?? [$0] }
    }

    private mutating func opposite(_ depth: Int) throws(ExpressionProblem) -> ExpressionNode {
        guard case .keyword(.not) = next.kind else { return try comparison(depth) }
        let deeper = try level(below: depth)
        index += 1
        return .not(try opposite(deeper))
    }

    private mutating func comparison(_ depth: Int) throws(ExpressionProblem) -> ExpressionNode {
        let left = try sum(depth)
        if case .sign(let text) = next.kind, let sign = ExpressionNode.Comparison(rawValue: text) {
            index += 1
            try refuseNull(after: text, left)
            let right = try sum(depth)
            if case .sign(let text) = next.kind, ExpressionNode.Comparison(rawValue: text) != nil {
                throw ExpressionProblem(next.position, "comparisons are not chained; write a < b and b < c.")
            }
            return .comparison(sign, left, right)
        }
        if take(.is) {
            let isNegated = take(.not)
            guard take(.null) else { throw unexpected("null: \"is null\" or \"is not null\"") }
            return isNegated ? .not(.isNull(left)) : .isNull(left)
        }
        let isNegated = take(.not)
        if take(.in) {
            let member = ExpressionNode.member(left, try values())
            return isNegated ? .not(member) : member
        }
        if take(.like) {
            guard case .text(let pattern) = next.kind else { throw unexpected("a text such as 'cat%' after like") }
            index += 1
            return isNegated ? .not(.like(left, pattern)) : .like(left, pattern)
        }
        if isNegated { throw unexpected("in or like after not") }
        return left
    }

    private mutating func values() throws(ExpressionProblem) -> [ExpressionLiteral] {
        guard takeSign("(") else { throw unexpected("a list in parentheses after in, such as ('cat', 'dog')") }
        var values: [ExpressionLiteral] = []
        repeat {
            let start = next
            try refuseNull(after: "in", nil)
            guard case .literal(let literal) = try negative(RowExpression.maximumDepth - 1) else {
                throw ExpressionProblem(start.position, "the list after in holds numbers, texts, true and false only.")
            }
            values.append(literal)
        } while takeSign(",")
        guard takeSign(")") else { throw unexpected("\",\" or \")\"") }
        return values
    }

    private mutating func sum(_ depth: Int) throws(ExpressionProblem) -> ExpressionNode {
        var node = try product(depth)
        while case .sign(let text) = next.kind, text == "+" || text == "-",
            let sign = ExpressionNode.Arithmetic(rawValue: text)
        {
            try countOperation()
            node = .arithmetic(sign, node, try product(depth))
        }
        return node
    }

    private mutating func product(_ depth: Int) throws(ExpressionProblem) -> ExpressionNode {
        var node = try negative(depth)
        while case .sign(let text) = next.kind, text == "*" || text == "/",
            let sign = ExpressionNode.Arithmetic(rawValue: text)
        {
            try countOperation()
            node = .arithmetic(sign, node, try negative(depth))
        }
        return node
    }

    private mutating func negative(_ depth: Int) throws(ExpressionProblem) -> ExpressionNode {
        guard case .sign("-") = next.kind else { return try primary(depth) }
        let deeper = try level(below: depth)
        index += 1
        if case .number(let digits) = next.kind {
            let position = next.position
            index += 1
            return .literal(try number("-" + digits, position))
        }
        let part = try negative(deeper)
        switch part {
        case .literal(.integer(let value)) where value != .min: return .literal(.integer(-value))
        case .literal(.integer(let value)): return .literal(.number(-Double(value)))
        case .literal(.number(let value)): return .literal(.number(-value))
        default: break
        }
        return .negation(part)
    }

    private mutating func primary(_ depth: Int) throws(ExpressionProblem) -> ExpressionNode {
        let token = next
        switch token.kind {
        case .name(let name):
            index += 1
            if case .sign("(") = next.kind {
                throw ExpressionProblem(token.position, "there are no functions, and \"\(name)(\" looks like one.")
            }
            return .column(name)
        case .number(let digits):
            index += 1
            return .literal(try number(digits, token.position))
        case .text(let text):
            index += 1
            return .literal(.text(text))
        case .keyword(.true), .keyword(.false):
            index += 1
            return .literal(.bool(token.kind == .keyword(.true)))
        case .sign("("):
            let deeper = try level(below: depth)
            index += 1
            let node = try either(deeper)
            guard takeSign(")") else { throw unexpected("\")\"") }
            return node
        case .keyword(.null):
            throw ExpressionProblem(token.position, "null is no value to compute with; write \"column is null\".")
        default: throw unexpected("a column, a value or \"(\"")
        }
    }

    // MARK: Words

    private var next: ExpressionLexer.Token { tokens[min(index, tokens.count - 1)] }

    private mutating func take(_ keyword: ExpressionLexer.Keyword) -> Bool {
        guard next.kind == .keyword(keyword) else { return false }
        index += 1
        return true
    }

    private mutating func takeSign(_ text: String) -> Bool {
        guard next.kind == .sign(text) else { return false }
        index += 1
        return true
    }

    private func level(below depth: Int) throws(ExpressionProblem) -> Int {
        guard depth < RowExpression.maximumDepth else {
            throw ExpressionProblem(next.position, "more than \(RowExpression.maximumDepth) levels within each other.")
        }
        return depth + 1
    }

    /// Chains of arithmetic lie within each other, too; their number in all bounds how deep.
    private mutating func countOperation() throws(ExpressionProblem) {
        operations += 1
        guard operations <= RowExpression.maximumOperations else {
            throw ExpressionProblem(
                next.position,
                "more than \(RowExpression.maximumOperations) arithmetic operations; add a column that holds the result."
            )
        }
        index += 1
    }

    private func number(_ digits: String, _ position: Int) throws(ExpressionProblem) -> ExpressionLiteral {
        if let integer = Int64(digits) { return .integer(integer) }
        guard let number = Double(digits), number.isFinite else {
            throw ExpressionProblem(position, "the number \(digits) is too large.")
        }
        return .number(number)
    }

    /// In SQL such a comparison is never true, whatever the column holds; nobody means that.
    private func refuseNull(after word: String, _ left: ExpressionNode?) throws(ExpressionProblem) {
        guard case .keyword(.null) = next.kind else { return }
        let advice = left.map { "\($0) is \(word == "!=" ? "not " : "")null" } ?? "column is null or column in (…)"
        throw ExpressionProblem(next.position, "a comparison with null is never true; write \(advice).")
    }

    private func expectEnd() throws(ExpressionProblem) {
        switch next.kind {
        case .end: return
        case .sign(")"): throw ExpressionProblem(next.position, "this \")\" closes nothing.")
        default: throw unexpected("and, or, or the end")
        }
    }

    private func unexpected(_ wanted: String) -> ExpressionProblem {
        let found = next.kind == .end ? "the expression ends" : "there is \"\(next.source)\""
        return ExpressionProblem(next.position, "\(found) where \(wanted) is expected.")
    }

    // MARK: Messages

    /// The message, the line that it is about, and a caret under the place.
    private func shown(_ problem: ExpressionProblem) -> String {
        let isBreak = { (scalar: Unicode.Scalar) in scalar == "\n" || scalar == "\r" }
        let position = min(problem.position, scalars.count)
        let start = scalars[..<position].lastIndex(where: isBreak).map { $0 + 1 } ?? 0
        let end = scalars[position...].firstIndex(where: isBreak) ?? scalars.count
        // Long lines are cut around the place.
        let from = max(start, position - 60)
        let to = min(end, position + 40)
        var line = String.UnicodeScalarView()
        for scalar in scalars[from..<to] { line.append(scalar.properties.generalCategory == .control ? " " : scalar) }
        let lead = from > start ? "…" : ""
        let caret = String(repeating: " ", count: lead.count + position - from) + "^"
        return
            "the expression cannot be read: \(problem.message)\n  \(lead)\(String(line))\(to < end ? "…" : "")\n  \(caret)"
    }
}
