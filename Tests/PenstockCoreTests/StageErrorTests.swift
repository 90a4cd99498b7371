import PenstockCore
import Testing

@Suite struct StageErrorTests {
    private let error = StageError(.damagedData, "premature end at byte 81 920.")

    @Test(arguments: [
        (
            path: String?.some("train/0017.jpg"), rows: 8,
            text: "decode (task 412, 8 rows, first \"train/0017.jpg\"): premature end at byte 81 920."
        ),
        ("a.jpg", 1, "decode (task 412, 1 row, first \"a.jpg\"): premature end at byte 81 920."),
        (nil, 3, "decode (task 412, 3 rows): premature end at byte 81 920."),
        (nil, 0, "premature end at byte 81 920."),
    ])
    func aLocatedErrorSaysWhereItHappened(path: String?, rows: Int, text: String) {
        let location = StageError.Location(operatorName: "decode", task: 412, firstPath: path, rowCount: rows)
        #expect(error.located(location).description == text)
    }

    @Test func anErrorWithoutPlaceIsItsMessage() { #expect(error.description == error.message) }

    @Test func theFirstPlaceStays() {
        let first = StageError.Location(operatorName: "decode", task: 1, firstPath: nil, rowCount: 1)
        let second = StageError.Location(operatorName: "model", task: nil, firstPath: nil, rowCount: 0)
        #expect(error.located(first).located(second).location == first)
    }

    @Test func aFailedRowKeepsCodeAndMessage() {
        let failure = RowFailure(path: "a.jpg", stage: "decode", error: error, attempts: 2)
        #expect(failure.code.description == "damagedData")
        #expect(failure.message == error.message)
        #expect(failure.attempts == 2)
    }
}
