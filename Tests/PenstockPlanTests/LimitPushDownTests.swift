import PenstockCore
import Testing

@testable import PenstockPlan

@Suite struct LimitPushDownTests {
    private static let predict = LogicalOperator.predict(.classifier("m.onnx"))
    private static let write = LogicalOperator.write(WriteTable(directory: "out"))

    @Test(arguments: [
        (before: [.limit(5)], limit: Int?.some(5), after: [LogicalOperator]()),
        ([predict, .limit(5)], 5, [predict]),
        ([.limit(5), predict, .limit(3), write], 3, [predict, write]),
        ([.limit(3), .limit(5)], 3, []),
        ([.limit(0), write], 0, [write]),
        ([predict, write], nil, [predict, write]),
        ([transform, .limit(5)], nil, [transform, .limit(5)]),
        ([predict, transform, .limit(5)], nil, [predict, transform, .limit(5)]),
        ([.limit(9), transform, .limit(5)], 9, [transform, .limit(5)]),
        ([.limit(9), .collect], 9, [.collect]),
    ])
    func aLimitMovesIntoTheSourceWhereRowsStayOneToOne(
        before: [LogicalOperator],
        limit: Int?,
        after: [LogicalOperator]
    ) {
        var read = ReadImages(paths: ["photos"])
        let plan = LogicalPlan([.readImages(read)] + before)
        read.limit = limit
        #expect(LimitPushDownRule().apply(plan) == LogicalPlan([.readImages(read)] + after))
    }

    @Test func aLimitThatIsThereAlreadyOnlyGetsSmaller() {
        var read = ReadImages(paths: ["photos"])
        read.limit = 4
        let plan = LogicalPlan([.readImages(read), .limit(7)])
        #expect(LimitPushDownRule().apply(plan) == LogicalPlan([.readImages(read)]))
    }

    @Test(arguments: [LogicalPlan([]), LogicalPlan([.limit(5), .collect])])
    func aPlanWithoutImagesIsLeftAlone(plan: LogicalPlan) { #expect(LimitPushDownRule().apply(plan) == plan) }

    @Test func theRuleIsDoneAfterOneApplication() {
        let plan = Dataset.readImages(from: ["photos"]).limit(5).predict(with: .classifier("m.onnx")).limit(3).plan
        let once = LimitPushDownRule().apply(plan)
        #expect(LimitPushDownRule().apply(once) == once)
    }
}

/// A transform of a user's; only the plan's own module can make one by hand, so it comes from its description.
let transform = LogicalOperator.transform(CustomTransform(name: "mine", position: 0, batch: .wholeBlock))
