import PenstockCore

/// Cuts the text of an expression into words.
struct ExpressionLexer {
    enum Keyword: String {
        case and, or, not, `in`, `is`, null, like, `true`, `false`

        /// Keywords are the same in capitals.
        init?(_ word: String) {
            // Only ASCII: other letters have capitals that are equal to these in some languages only.
            guard word.utf8.count <= 5, word.utf8.allSatisfy({ $0 < 128 }) else { return nil }
            self.init(rawValue: word.lowercased())
        }
    }

    enum Kind: Equatable {
        case name(String)
        case keyword(Keyword)
        /// Digits, to be read as a number once its sign is known.
        case number(String)
        case text(String)
        case sign(String)
        case end
    }

    struct Token {
        let kind: Kind
        /// Place of its first character, in scalars from 0.
        let position: Int
        /// As it is written.
        let source: String
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

    static func beginsName(_ scalar: Unicode.Scalar) -> Bool { scalar == "_" || scalar.properties.isAlphabetic }

    static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        beginsName(scalar) || ("0"..."9").contains(scalar) || scalar == "."
            || scalar.properties.generalCategory == .nonspacingMark
    }

    /// All words, the end last.
    mutating func tokens() throws(ExpressionProblem) -> [Token] {
        var tokens: [Token] = []
        while true {
            while let scalar = peek(), scalar.properties.isWhitespace { position += 1 }
            let start = position
            let kind = try next()
            tokens.append(Token(kind: kind, position: start, source: text(start..<position)))
            if kind == .end { return tokens }
        }
    }

    private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        position + distance < scalars.count ? scalars[position + distance] : nil
    }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[range])
        return String(view)
    }

    private mutating func next() throws(ExpressionProblem) -> Kind {
        guard let scalar = peek() else { return .end }
        if Self.beginsName(scalar) { return word() }
        if isDigit(scalar) || (scalar == "." && peek(1).map(isDigit) == true) { return try number() }
        switch scalar {
        case "'", "\"": return .text(try quoted(scalar, "the text"))
        case "`": return .name(try quoted(scalar, "the column's name"))
        default: return try sign(scalar)
        }
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private mutating func word() -> Kind {
        let start = position
        while let scalar = peek(), Self.continuesName(scalar) { position += 1 }
        let word = text(start..<position)
        return Keyword(word).map { .keyword($0) } ?? .name(word)
    }

    private mutating func number() throws(ExpressionProblem) -> Kind {
        let start = position
        skipDigits()
        if peek() == "." {
            position += 1
            skipDigits()
        }
        if peek() == "e" || peek() == "E" {
            let signed = peek(1) == "+" || peek(1) == "-"
            if peek(signed ? 2 : 1).map(isDigit) == true {
                position += signed ? 2 : 1
                skipDigits()
            }
        }
        if let scalar = peek(), Self.continuesName(scalar) {
            throw ExpressionProblem(
                start,
                "\"\(text(start..<position + 1))\" is neither a number nor a name. A column whose name begins with a digit stands in backticks: `7days`."
            )
        }
        return .number(text(start..<position))
    }

    private mutating func skipDigits() { while let scalar = peek(), isDigit(scalar) { position += 1 } }

    /// What stands between two quotes; two of them inside are one.
    private mutating func quoted(_ quote: Unicode.Scalar, _ what: String) throws(ExpressionProblem) -> String {
        let start = position
        position += 1
        var view = String.UnicodeScalarView()
        while let scalar = peek() {
            position += 1
            if scalar != quote {
                view.append(scalar)
            } else if peek() == quote {
                view.append(quote)
                position += 1
            } else {
                if quote == "`", view.isEmpty { throw ExpressionProblem(start, "a column has a name.") }
                return String(view)
            }
        }
        throw ExpressionProblem(start, "\(what) that begins here has no closing \(quote).")
    }

    private mutating func sign(_ scalar: Unicode.Scalar) throws(ExpressionProblem) -> Kind {
        let pair = text(position..<min(position + 2, scalars.count))
        if ["==", "!=", "<>", "<=", ">="].contains(pair) {
            position += 2
            return .sign(pair == "==" ? "=" : pair == "<>" ? "!=" : pair)
        }
        guard "=<>+-*/(),".unicodeScalars.contains(scalar) else {
            throw ExpressionProblem(position, Self.advice(scalar, pair))
        }
        position += 1
        return .sign(String(scalar))
    }

    /// Signs of other languages, and what they are here.
    private static func advice(_ scalar: Unicode.Scalar, _ pair: String) -> String {
        switch (scalar, pair) {
        case (_, "&&"), ("&", _): "write \"and\" instead of \"\(scalar)\"."
        case (_, "||"), ("|", _): "write \"or\" instead of \"\(scalar)\"."
        case ("!", _): "write \"not\" instead of \"!\", or \"!=\" for unequal."
        case ("%", _): "there is no remainder; arithmetic has +, -, * and /."
        default: "the character \"\(scalar.escaped(asASCII: false))\" has no meaning here."
        }
    }
}

/// What is wrong with an expression, and where.
struct ExpressionProblem: Error {
    /// In scalars from the beginning.
    let position: Int
    let message: String

    init(_ position: Int, _ message: String) {
        self.position = position
        self.message = message
    }
}
