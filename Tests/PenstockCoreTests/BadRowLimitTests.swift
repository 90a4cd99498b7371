import PenstockCore
import Testing

@Suite struct BadRowLimitTests {
    @Test(arguments: [
        ("0", BadRowLimit.count(0)), ("100", .count(100)), ("1%", .share(0.01)), ("0.5%", .share(0.005)),
        ("0%", .share(0)), ("100%", .share(1)),
    ])
    func limitsThatPeopleTypeAreRead(text: String, limit: BadRowLimit) {
        #expect(BadRowLimit(parsing: text) == limit)
    }

    @Test(arguments: ["", "%", "-1", "-1%", "101%", "nan%", "inf%", "1.5", "many", "1 %"])
    func nonsenseIsNoLimit(text: String) { #expect(BadRowLimit(parsing: text) == nil) }

    @Test(arguments: [
        (limit: BadRowLimit.count(2), bad: 2, read: 2, isComplete: false, isExceeded: false),
        (.count(2), 3, 1_000_000, false, true),
        (.count(0), 1, 1, false, true),
        (.share(0.01), 199, 199, false, false),
        (.share(0.01), 199, 199, true, false),
        (.share(0.01), 2, 200, false, false),
        (.share(0.01), 3, 200, false, true),
        (.share(0), 1, 10, false, false),
        (.share(0), 1, 10, true, true),
        (.share(0), 0, 10, true, false),
        (.share(1), 1000, 1000, true, false),
    ])
    func aLimitIsExceededByMoreThanItAllows(limit: BadRowLimit, bad: Int, read: Int, isComplete: Bool, isExceeded: Bool)
    {
        #expect(limit.isExceeded(bad: bad, read: read, isComplete: isComplete) == isExceeded)
    }

    @Test(arguments: [(BadRowLimit.count(12), "12"), (.share(0.01), "1.0%"), (.share(0.005), "0.5%")])
    func limitsPrintAsPeopleWriteThem(limit: BadRowLimit, text: String) { #expect(limit.description == text) }
}
