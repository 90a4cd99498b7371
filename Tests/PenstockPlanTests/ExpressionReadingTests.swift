import Foundation
import PenstockCore
import Testing

@testable import PenstockPlan

@Suite("Expressions: reading")
struct ExpressionReadingTests {
    @Test(
        "Each way to write an expression has one form, and that form reads as itself",
        arguments: [
            ("confidence > 0.9 and label != 'cat'", "confidence > 0.9 and label != 'cat'"),
            ("A==1 AND  b<>2 Or not c", "A = 1 and b != 2 or not c"),
            ("a = 1 and (b = 2 or c = 3)", "a = 1 and (b = 2 or c = 3)"),
            ("(a = 1 and b = 2) and c", "a = 1 and b = 2 and c"),
            ("((a))", "a"), ("not (a and b)", "not (a and b)"), ("not not a", "not not a"),
            ("not a = 1", "not a = 1"), ("(not a) = true", "(not a) = true"),
            ("x in (1,2.5,-3,'a',TRUE)", "x in (1, 2.5, -3, 'a', true)"), ("not x in (1)", "x not in (1)"),
            ("x not in ('a')", "x not in ('a')"), ("x is null", "x is null"), ("not x is null", "x is not null"),
            ("name like 'a%'", "name like 'a%'"), ("name not like \"%'s\"", "name not like '%''s'"),
            ("a - (b - c) > 0", "a - (b - c) > 0"), ("(a - b) - c > 0", "a - b - c > 0"),
            ("(a + b) * c / -d >= --e", "(a + b) * c / -d >= -(-e)"), ("a * b + c < 1e3", "a * b + c < 1000.0"),
            ("a - -5 = -(-5)", "a - -5 = 5"), ("x = -9223372036854775808", "x = -9223372036854775808"),
            ("x = 9223372036854775808", "x = 9.223372036854776e+18"), ("x = .5 or x = 1.", "x = 0.5 or x = 1.0"),
            ("`my column` = 1", "`my column` = 1"), ("`tick``s` = 1", "`tick``s` = 1"), ("`and` = 1", "`and` = 1"),
            ("größe > 1 and 名前 = 'あ'", "größe > 1 and 名前 = 'あ'"), ("point.x > 1", "point.x > 1"),
            ("t = 'it''s' or t = \"say \"\"x\"\"\"", "t = 'it''s' or t = 'say \"x\"'"), ("true", "true"),
            ("(a > 1) = (b > 1)", "(a > 1) = (b > 1)"), ("(a > 1) is null", "(a > 1) is null"),
        ]
    )
    func forms(text: String, form: String) throws {
        let expression = try RowExpression(parsing: text)
        #expect(expression.description == form)
        #expect(try RowExpression(parsing: form) == expression)
        #expect(try JSONDecoder().decode(RowExpression.self, from: JSONEncoder().encode(expression)) == expression)
    }

    @Test(
        "What cannot be read is shown with its place",
        arguments: [
            ("confidence >", "the expression ends where a column, a value or \"(\" is expected.", 12),
            ("a > 1 b", "there is \"b\" where and, or, or the end is expected.", 6),
            ("(a > 1", "the expression ends where \")\" is expected.", 6), ("a > 1)", "this \")\" closes nothing.", 5),
            ("a = 'cat", "the text that begins here has no closing '.", 4), ("a && b", "write \"and\"", 2),
            ("a || b", "write \"or\"", 2), ("!a", "write \"not\"", 0), ("a % 2 = 0", "no remainder", 2),
            ("a = null", "write a is null.", 4), ("a != null", "write a is not null.", 5),
            ("a in (1, null)", "never true", 9), ("a in 1", "a list in parentheses", 5),
            ("a in (b)", "numbers, texts, true and false only", 6), ("a in ()", "is expected", 6),
            ("a like b", "a text such as 'cat%'", 7), ("a not 1", "in or like after not", 6),
            ("a is 1", "null: \"is null\" or \"is not null\"", 5), ("1 < a < 2", "a < b and b < c", 6),
            ("length(a) > 1", "there are no functions", 0), ("7days > 1", "backticks", 0), ("", "ends where", 0),
            ("x = 1e999", "too large", 4), ("a ; b", "the character \";\" has no meaning here", 2),
            ("`` = 1", "a column has a name", 0),
        ]
    )
    func problems(text: String, message: String, position: Int) throws {
        let error = try #require(throws: PlanError.self) { try RowExpression(parsing: text) }
        let lines = error.message.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3, "\(error.message)")
        #expect(lines[0].hasPrefix("the expression cannot be read: ") && lines[0].contains(message), "\(lines[0])")
        #expect(lines[1] == "  \(text)")
        #expect(lines[2] == String(repeating: " ", count: position + 2) + "^")
    }

    @Test("Of several lines the one with the mistake is shown; long ones are cut around the place")
    func longTexts() throws {
        let lines = try #require(throws: PlanError.self) { try RowExpression(parsing: "a > 1\nand b >\nand c") }
        #expect(lines.message.hasSuffix("\n  and c\n  ^"), "\(lines.message)")
        let long = String(repeating: "abc > 1 and ", count: 100) + "?" + String(repeating: " and x", count: 100)
        let cut = try #require(throws: PlanError.self) { try RowExpression(parsing: long) }
        let shown = cut.message.split(separator: "\n")
        #expect(shown[1].count < 120 && shown[1].contains("…"))
        #expect(shown[1].dropFirst(shown[2].count - 1).first == "?")
    }

    @Test("Depth, length and arithmetic have limits, below which everything is read")
    func limits() throws {
        func nested(_ count: Int) -> String {
            String(repeating: "(", count: count) + "a" + String(repeating: ")", count: count)
        }
        #expect(try RowExpression(parsing: nested(64)).description == "a")
        for text in [
            nested(65), String(repeating: "(", count: 16_000), String(repeating: "not ", count: 65) + "a",
            String(repeating: "-", count: 65) + "a > 0",
        ] {
            let error = try #require(throws: PlanError.self) { try RowExpression(parsing: text) }
            #expect(error.message.contains("more than 64 levels"))
        }
        let sum = { (count: Int) in "0 < a" + String(repeating: " + a", count: count) }
        #expect(try RowExpression(parsing: sum(128)).columns == ["a"])
        let error = try #require(throws: PlanError.self) { try RowExpression(parsing: sum(129)) }
        #expect(error.message.contains("more than 128 arithmetic operations"))
        let chain = (0..<1000).map { "c\($0) = \($0)" }.joined(separator: " or ")
        #expect(try RowExpression(parsing: chain).columns.count == 1000)
        let long = try #require(throws: PlanError.self) {
            try RowExpression(parsing: String(repeating: " ", count: 16_385))
        }
        #expect(long.message.contains("16385 bytes is too long"))
    }

    @Test("Random texts are read or refused, and never stop the program")
    func randomTexts() {
        let words = [
            "a", "and", "or", "not", "in", "is", "null", "like", "(", ")", ",", "'t'", "1", "-", "+", "*", "/", "=",
            "<",
            "true", "`", "\"", "1e", "\u{0}", "é",
        ]
        var state: UInt64 = 7
        var read = 0
        for _ in 0..<3000 {
            var text = ""
            state = state &* 6_364_136_223_846_793_005 &+ 1
            for _ in 0..<(state >> 60) {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                text += words[Int((state >> 33) % UInt64(words.count))] + ((state >> 62) == 0 ? "" : " ")
            }
            do {
                let expression = try RowExpression(parsing: text)
                #expect(try RowExpression(parsing: expression.description) == expression, "\(text)")
                read += 1
            } catch {
                #expect("\(error)".contains("^"), "\(text)")
            }
        }
        #expect(read > 50)
    }

    @Test("An expression names its columns once each")
    func columns() throws {
        #expect(try RowExpression(parsing: "a > b and (a < c or `d e` is null)").columns == ["a", "b", "c", "d e"])
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(RowExpression.self, from: Data("\"a >\"".utf8))
        }
    }
}
