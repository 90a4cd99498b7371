import PenstockCore
import Testing

@testable import PenstockPlan

@Suite("Expressions: values")
struct ExpressionValueTests {
    private let block: Block

    init() throws {
        block = try Block(columns: [
            "id": Column(int64: [1, 2, 3, 4]),
            "small": Column(int32: [-1, 0, 1, 2]),
            "byte": Column(.uint8(Buffer([0, 1, 200, 255]))),
            "score": Column(float32: [0.1, 0.5, 0.9, .nan]),
            "exact": Column(float64: [0.5, 1.5, 2.5, 1e300]),
            "label": Column(strings: ["cat", "dog", "Cat", "cät"]),
            "note": Column(optionalStrings: ["x", nil, "", nil]),
            "flag": Column(.bool(Bitmap([true, false, true, false]))),
            "maybe": Column(.int64(Buffer([7, 8, 9, 9])), validity: Bitmap([true, false, true, false])),
            "list": Column(listOf: Column(int32: [1, 2, 3]), lengths: [1, 2, 0, 0]),
            "huge": Column(int64: [.max, .min, 9_007_199_254_740_993, 0]),
        ])
    }

    private func rows(_ text: String) throws -> [Int] { try RowExpression(parsing: text).matchingRows(in: block) }

    @Test(
        "Rows for which it is true, by number",
        arguments: [
            ("id > 2", [2, 3]), ("id >= 2 and id < 4", [1, 2]), ("2 < id", [2, 3]), ("id = 2.0", [1]),
            ("id > 2.5", [2, 3]),
            ("small < 0 or byte > 199", [0, 2, 3]), ("flag", [0, 2]), ("not flag", [1, 3]), ("flag = false", [1, 3]),
            ("flag != (id > 2)", [0, 3]), ("true", [0, 1, 2, 3]), ("false", []),
            ("score = 0.1", [0]), ("score > 0.1", [1, 2]), ("score != 0.9", [0, 1, 3]), ("score <= 1", [0, 1, 2]),
            ("score in (0.1, 0.9)", [0, 2]), ("exact = id - 0.5", [0, 1, 2]), ("exact > 1e200", [3]),
            ("label = 'cat'", [0]), ("label < 'cat'", [2]), ("label > \"cat\"", [1, 3]),
            ("label in ('dog', 'cät')", [1, 3]),
            ("label in ('a','b','c','d','dog','cat')", [0, 1]), ("label not in ('dog')", [0, 2, 3]),
            ("label like 'c%'", [0, 3]), ("label like 'c_t'", [0, 3]), ("label like '%a%'", [0, 2]),
            ("label like '%'", [0, 1, 2, 3]),
            ("label not like '_at'", [1, 3]), ("label like 'ca'", []), ("label = label and id = id", [0, 1, 2, 3]),
            ("note is null", [1, 3]), ("note is not null", [0, 2]), ("note = ''", [2]), ("note != 'x'", [2]),
            ("not note = 'x'", [2]), ("note = 'x' or id = 4", [0, 3]), ("note = 'x' and id > 0", [0]),
            ("not (note = 'x' and id > 2)", [0, 1, 2]), ("not (note = 'x' or id = 2)", [2]), ("list is null", []),
            ("maybe > 7", [2]), ("maybe + id > 0", [0, 2]), ("maybe in (7, 9)", [0, 2]), ("not maybe = 7", [2]),
            ("(maybe > 0) is null", [1, 3]), ("maybe = 7 or maybe is null", [0, 1, 3]),
            ("id / 2 = 0.5", [0]), ("id / small > 0", [2, 3]), ("id / small is null", [1]), ("id * 2 - 1 = id", [0]),
            ("-id < -3", [3]), ("-(id + 1) = -3", [1]), ("id + small * 2 = -1", [0]), ("(id + small) * 2 = 12", [3]),
            ("huge = 9007199254740993", [2]), ("huge = 9007199254740992.0", []), ("huge > 9007199254740992.0", [0, 2]),
            ("huge < 9223372036854775808", [0, 1, 2, 3]), ("huge >= -9.3e18", [0, 1, 2, 3]),
            ("huge <= -9223372036854775808.0", [1]),
            ("byte + 1 = 256", [3]),
        ] as [(String, [Int])]
    )
    func matching(text: String, expected: [Int]) throws { #expect(try rows(text) == expected) }

    @Test(
        "What does not fit the columns says how to mend it",
        arguments: [
            ("labl = 'cat'", "there is no column \"labl\"; there are \"id\", ", "Did you mean \"label\"?"),
            (
                "label > 3", "\"label > 3\" does not fit the columns: the sides are texts and numbers.",
                "Put quotes around the value."
            ),
            ("score > '1'", "the sides are numbers and texts.", "Leave the quotes out."),
            ("label = flag", "texts and true or false", "Compare values of one kind."),
            ("flag > true", "true and false have no order", "= or !="),
            ("label + 1 > 0", "arithmetic needs numbers", "texts"),
            ("id", "it gives numbers, and rows are kept where it is true.", "Compare it: id > 0."),
            ("label", "it gives texts", "label = 'text'"), ("list", "it gives list<int32>", "list is not null"),
            ("list = 1", "list<int32> and numbers", "only be asked whether it is null"),
            ("not id", "not takes true or false", "numbers"),
            ("flag and id", "and joins answers, and id gives numbers", "Compare it"),
            ("id like 'a'", "like looks at texts", "numbers"),
            ("label in ('a', 1)", "texts and numbers", "Put quotes"),
            ("label in ('a','b','c','d', 1)", "texts and numbers", "Put quotes"),
            (
                "huge + 1 > 0", "\"huge + 1\" leaves 64-bit integers: 9223372036854775807 + 1.",
                "multiply one of them by 1.0"
            ),
            ("-huge > 0", "leaves 64-bit integers", "1.0"),
        ]
    )
    func mismatches(text: String, message: String, advice: String) throws {
        let error = try #require(throws: StageError.self) { try rows(text) }
        #expect(error.code == .invalidInput)
        #expect(error.message.contains(message) && error.message.contains(advice), "\(error.message)")
    }

    @Test("What lies under a missing value is never looked at")
    func missingOverflow() throws {
        let block = try Block(columns: ["n": Column(.int64(Buffer([.max, 1])), validity: Bitmap([false, true]))])
        #expect(try RowExpression(parsing: "n + 1 > 0").matchingRows(in: block) == [1])
    }

    @Test("Slices and blocks without rows are as good as others")
    func slices() throws {
        let half = block.slice(2..<4)
        #expect(
            try RowExpression(parsing: "maybe = 9 or label like '%t' and note is null").matchingRows(in: half) == [
                0, 1,
            ]
        )
        #expect(try RowExpression(parsing: "maybe = 9").matchingRows(in: block.slice(1..<1)) == [])
    }

    @Test(
        "Patterns: % is any text, _ one character, a backslash makes the next one plain",
        arguments: [
            ("", "", true), ("", "a", false), ("%", "", true), ("_", "é", true), ("_", "", false), ("__", "é", false),
            ("a%b%c", "aXbYbZc", true), ("a%b%c", "aXbYbZ", false), ("50\\%", "50%", true), ("50\\%", "50x", false),
            ("a\\_b", "a_b", true), ("a\\", "a\\", true), ("%%a%%", "bab", true), ("%あ_", "xあい", true),
        ]
    )
    func patterns(pattern: String, text: String, isMatch: Bool) {
        #expect(Buffer(Array(text.utf8)).withSpan { TextPattern(pattern).matches($0) } == isMatch)
    }

    @Test("A pattern of many % ends soon on a long text")
    func hostilePattern() {
        let text = Buffer([UInt8](repeating: UInt8(ascii: "a"), count: 20_000))
        let pattern = TextPattern(String(repeating: "%a", count: 100) + "b")
        #expect(!text.withSpan { pattern.matches($0) })
    }
}
