public import PenstockCore

/// A condition or a computation over the columns of a row: `confidence > 0.9 and label != 'cat'`.
///
/// A small and safe language: it reads columns and nothing else, ends for every input, and is a value that can be stored.
/// Its grammar, from what binds least to what binds most:
///
/// - `or`, `and`, `not`
/// - `=` (or `==`), `!=` (or `<>`), `<`, `<=`, `>`, `>=`, `in (…)`, `like 'a%'`, `is null`, each of the last three also with `not`
/// - `+`, `-`; `*`, `/`; `-x`
/// - columns: `label`, or in backticks where a name has other characters than letters, digits, `_` and `.`; numbers;
///   `'text'` or `"text"`, the quote doubled inside; `true`, `false`; parentheses
///
/// **Missing values** are as in SQL: what is computed from one is missing, and a filter keeps only rows whose answer is true.
/// **Numbers**: integers are compared exactly, also with floats. A literal that is compared with a `float` column is rounded
/// to `float` first, so that `score = 0.1` finds what is stored as 0.1. `/` always divides as floats; division by zero is
/// missing. **Texts** are compared by their UTF-8 bytes.
public struct RowExpression: Sendable, Hashable {
    /// Bytes that the text of an expression may have.
    public static let maximumLength = 16_384
    /// Levels that parentheses, `not` and `-` may make together.
    public static let maximumDepth = 64
    /// Signs of arithmetic that an expression may have.
    public static let maximumOperations = 128

    let root: ExpressionNode

    /// Reads an expression.
    ///
    /// - Throws: a message that shows the line with a caret under the place, and says what was expected there.
    public init(parsing text: String) throws(PlanError) {
        var parser = try ExpressionParser(text)
        root = try parser.parse()
    }

    /// The columns that the expression reads, in the order in which they are named.
    public var columns: [String] {
        var names: [String] = []
        root.forEachColumn { if !names.contains($0) { names.append($0) } }
        return names
    }

    /// Numbers of the rows for which the expression is true.
    ///
    /// - Throws: `.invalidInput` when the block lacks a column or one holds another type than the expression needs; the
    ///   message says how to mend it.
    /// - Cost: each column is looked up once; one array of the block's length for each operation.
    public func matchingRows(in block: Block) throws(StageError) -> [Int] {
        try ExpressionEvaluator(block: block).matchingRows(root)
    }
}

extension RowExpression: CustomStringConvertible {
    /// In one form for all ways to write it; reading it gives the same expression.
    public var description: String { root.description }
}

extension RowExpression: Codable {
    /// Reads the text of an expression.
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
