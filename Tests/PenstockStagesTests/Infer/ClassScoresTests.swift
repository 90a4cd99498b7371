import Testing

@testable import PenstockStages

@Suite("Class scores")
struct ClassScoresTests {
    private static let nan = Float.nan
    private static let infinity = Float.infinity

    @Test(
        "Softmax gives probabilities that add up to 1, however large the logits are",
        arguments: [
            ([0, 0], [0.5, 0.5]), ([1000, 1000, -1000], [0.5, 0.5, 0]), ([-1000, -1001], [0.731_058_6, 0.268_941_4]),
            ([3.4e38, -3.4e38], [1, 0]), ([88, 0], [1, 0]), ([7], [1]), ([0, -.infinity], [1, 0]),
            ([1, 2, 3], [0.090_030_57, 0.244_728_47, 0.665_240_96]),
        ] as [([Float], [Float])]
    )
    func softmax(logits: [Float], expected: [Float]) {
        var scores = ClassScores(logits, classes: logits.count)
        scores.normalize()
        for (value, wanted) in zip(scores.values, expected) { #expect(abs(value - wanted) < 1e-6) }
        #expect(abs(scores.values.reduce(0, +) - 1) < 1e-6)
        #expect(scores.isDistribution(row: 0))
    }

    @Test("Rows do not influence each other")
    func softmaxIsByRow() {
        var scores = ClassScores([0, 0, 500, 0, .nan, 1], classes: 2)
        scores.normalize()
        #expect(Array(scores.values[0..<4]) == [0.5, 0.5, 1, 0])
        #expect((0..<3).map { scores.hasNaN(row: $0) } == [false, false, true])
    }

    @Test("A row that is a distribution stays as it is, whatever its neighbours are")
    func distributionsStay() {
        var scores = ClassScores([0.25, 0.75, .nan, 1, 3, 3], classes: 2)
        scores.normalize()
        #expect(Array(scores.values[0..<2]) == [0.25, 0.75])
        #expect(Array(scores.values[4..<6]) == [0.5, 0.5])
    }

    @Test(
        "What is not a number stays one, so that it is seen",
        arguments: [[nan, 0], [infinity, infinity], [infinity, 0], [-infinity, -infinity]]
    )
    func nonsenseIsSeen(logits: [Float]) {
        var scores = ClassScores(logits, classes: 2)
        #expect(!scores.isDistribution(row: 0))
        scores.normalize()
        #expect(scores.hasNaN(row: 0))
    }

    @Test(
        "Only rows that are above 0 and add up to 1 are a distribution",
        arguments: [
            ([0.25, 0.75], true), ([1, 0], true), ([0.5, 0.508], true), ([0.5, 0.52], false), ([1.5, -0.5], false),
            ([0.5, 0.5 - 1e-7], true), ([-1e-7, 1], true), ([0, 0], false), ([nan, 1], false),
        ] as [([Float], Bool)]
    )
    func distributions(values: [Float], expected: Bool) {
        #expect(ClassScores(values, classes: 2).isDistribution(row: 0) == expected)
    }

    @Test(
        "The best classes come best first, ties in the order of the classes, as many as there are",
        arguments: [
            ([0.1, 0.7, 0.2], 1, [1]), ([0.1, 0.7, 0.2], 2, [1, 2]), ([0.1, 0.7, 0.2], 3, [1, 2, 0]),
            ([0.5, 0.5], 1, [0]), ([0.2, 0.4, 0.4], 1, [1]), ([0.2, 0.4, 0.4], 2, [1, 2]),
            ([0.3, 0.3, 0.3, 0.1], 3, [0, 1, 2]),
            ([0.1, 0.3, 0.3, 0.3], 2, [1, 2]), ([0, 0, 0], 3, [0, 1, 2]), ([1], 1, [0]), ([0.1, 0.2], 5, [1, 0]),
        ] as [([Float], Int, [Int32])]
    )
    func bestClasses(values: [Float], count: Int, expected: [Int32]) {
        // A row before and a row behind, so that the right one is looked at.
        let scores = ClassScores(
            [Float](repeating: 9, count: values.count) + values + values.reversed(),
            classes: values.count
        )
        let best = scores.top(count, row: 1)
        #expect(best.map(\.index) == expected)
        #expect(best.map(\.probability) == expected.map { values[Int($0)] })
    }

    @Test("The best k agree with sorting, for many rows of random numbers with ties")
    func bestClassesAgreeWithSorting() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let values = (0..<20).map { _ in Float(Int.random(in: 0..<8, using: &random)) }
            let sorted = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.map { Int32($0) }
            for count in 1...20 {
                #expect(ClassScores(values, classes: 20).top(count, row: 0).map(\.index) == Array(sorted.prefix(count)))
            }
        }
    }
}
