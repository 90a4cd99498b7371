import PenstockCore
import Testing

@testable import PenstockPlan

/// What the rules of the planner change, what they leave alone, and what they say about it.
@Suite struct RulesTests {
    private func optimized(_ dataset: Dataset) -> (plan: LogicalPlan, applied: [String]) {
        Planner(machine: machine(2), options: RunOptions()).optimize(dataset.plan)
    }

    private func map(_ onError: ErrorPolicy = .fail, _ kind: CustomTransform.Kind = .map) -> LogicalOperator {
        var transform = CustomTransform(name: "mine", position: 0, kind: kind)
        transform.onError = onError
        return .transform(transform)
    }

    private let numbers = Dataset.range(100)

    @Test func aLimitPassesWhatKeepsEveryRow() {
        for step in [map(), map(.emitNull), map(.fail, .addColumn), .columns(.drop(["a"]))] {
            let (plan, applied) = optimized(numbers.appending(step).limit(5))
            #expect(plan == LogicalPlan([.range(RangeRows(count: 5)), step]))
            #expect(applied == ["limit push-down: the source gives at most 5 rows"])
        }
    }

    @Test func aLimitStaysBehindWhatMayChangeTheNumberOfRows() {
        let steps = [
            map(.skip(max: nil)), map(.fail, .filter), map(.fail, .flatMap), map(.fail, .mapBatches),
            map(.fail, .stage), .repartition(.rowsPerBlock(3)), map(.skip(max: 3), .addColumn),
        ]
        for step in steps {
            let dataset = numbers.appending(step).limit(5)
            #expect(optimized(dataset).plan == dataset.plan, "\(step.summary)")
            #expect(optimized(dataset).applied.isEmpty)
        }
    }

    @Test func limitsAddUpToTheSmallest() {
        #expect(optimized(numbers.limit(50).limit(7).limit(20)).plan == LogicalPlan([.range(RangeRows(count: 7))]))
        let between = numbers.limit(50).appending(map(.fail, .filter)).limit(7)
        #expect(optimized(between).plan.operators[0] == .range(RangeRows(count: 50)))
        #expect(optimized(between).plan.operators.last == .limit(7))
    }

    @Test func tablesStopEarlyAndTheLimitStaysRightBehindThem() {
        let table = Dataset.readCSV(from: ["a.csv"]).appending(map()).limit(9).limit(5)
        let (plan, applied) = optimized(table)
        guard case .readTable(let read) = plan.operators[0] else { return #expect(Bool(false), "\(plan)") }
        #expect(read.listing.limit == 5)
        #expect(plan.operators.dropFirst() == [.limit(5), map()])
        #expect(applied == ["limit push-down: reading stops once it has 5 rows"])
    }

    @Test func randomOrderMovesIntoTheSourceAndTheLastOneCounts() {
        let (plan, applied) = optimized(numbers.randomizeOrder(seed: 1).appending(map()).randomizeOrder(seed: 2))
        var range = RangeRows(count: 100)
        range.shuffleSeed = 2
        #expect(plan == LogicalPlan([.range(range), map()]))
        #expect(applied == ["order push-down: the source is shuffled before it is read"])
    }

    @Test func aLimitAfterShufflingTakesTheFirstOfTheShuffledRows() {
        let (plan, _) = optimized(numbers.randomizeOrder(seed: 1).limit(5))
        var range = RangeRows(count: 100)
        range.shuffleSeed = 1
        #expect(plan == LogicalPlan([.range(range), .limit(5)]))
    }

    @Test func randomOrderBehindALimitIsRefusedWithTheWayOut() throws {
        let dataset = numbers.limit(5).randomizeOrder(seed: 1).appending(.collect)
        let error = try #require(
            #expect(throws: PlanError.self) {
                try Planner(machine: machine(2), options: RunOptions()).plan(dataset.plan)
            }
        )
        #expect(error.message.contains("Call it before limit, or on each source of the union"))
    }

    @Test func theRulesReachIntoTheSourcesOfAUnion() throws {
        let union = numbers.limit(5).union(numbers.randomizeOrder(seed: 3))
        let (plan, applied) = optimized(union)
        var shuffled = RangeRows(count: 100)
        shuffled.shuffleSeed = 3
        #expect(
            plan
                == LogicalPlan([
                    .union([LogicalPlan([.range(RangeRows(count: 5))]), LogicalPlan([.range(shuffled)])])
                ])
        )
        #expect(
            applied == [
                "source 0: limit push-down: the source gives at most 5 rows",
                "source 1: order push-down: the source is shuffled before it is read",
            ]
        )
        let physical = try Planner(machine: machine(2), options: RunOptions()).plan(plan.appending(.collect))
        #expect(physical.operators.map(\.name) == ["list", "read", "collect"])
    }

    @Test func aUnionOfUnionsIsOneUnion() throws {
        let others = try (0..<2).map { number in
            try Dataset.fromBlocks([try Block(columns: ["id": Column(int64: [Int64(number)])])])
        }
        let union = others[0].union(numbers.union(others[1]))
        guard case .union(let plans) = union.plan.operators[0] else { return #expect(Bool(false)) }
        #expect(plans.count == 3)
        #expect(union.stages.count == 2)
        guard case .items(let last)? = plans[2].operators.first else { return #expect(Bool(false)) }
        #expect(last.position == 1, "rows in memory are found by their place in the table of the whole")
    }

    @Test func columnsAreChosenInTheFile() {
        let (plan, applied) = optimized(Dataset.readParquet(from: ["a"]).selectColumns(["x", "y"]).limit(3))
        guard case .readTable(let read) = plan.operators[0] else { return #expect(Bool(false), "\(plan)") }
        #expect(read.columns == ["x", "y"])
        #expect(applied.contains("projection push-down: only x, y are read"))
        #expect(plan.operators.dropFirst() == [.limit(3)])
        let custom = Dataset.readParquet(from: ["a"]).appending(map()).selectColumns(["x"])
        #expect(optimized(custom).plan == custom.plan, "code before it may need the other columns")
    }

    @Test(arguments: 0..<200)
    func rulesAreStableAndKeepTheOrderOfWhatTheyLeave(seed: Int) {
        var random = Numbers(state: UInt64(seed))
        var dataset = numbers
        for _ in 0..<Int.random(in: 0...7, using: &random) {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: dataset = dataset.limit(Int.random(in: 0...20, using: &random))
            case 1: dataset = dataset.randomizeOrder(seed: 1)
            case 2: dataset = dataset.appending(map(.fail, .filter))
            case 3: dataset = dataset.appending(map())
            case 4: dataset = dataset.renameColumns(["id": "id"])
            default: dataset = dataset.repartition(rowsPerBlock: 3)
            }
        }
        let plan = optimized(dataset).plan
        let again = Planner(machine: machine(2), options: RunOptions()).optimize(plan)
        // A limit that went into the source opens the way for a shuffling, and nothing else is left to do.
        let third = Planner(machine: machine(2), options: RunOptions()).optimize(again.plan)
        #expect(third.plan == again.plan, "\(dataset.plan)")
        func others(_ plan: LogicalPlan) -> [LogicalOperator] {
            plan.operators.dropFirst().filter {
                switch $0 {
                case .limit, .randomizeOrder: false
                default: true
                }
            }
        }
        #expect(others(plan) == others(dataset.plan), "\(dataset.plan)")
    }
}

/// Reproducible random numbers.
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
