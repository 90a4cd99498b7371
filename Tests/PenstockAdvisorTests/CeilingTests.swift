import PenstockAdvisor
import Testing

@Suite struct CeilingTests {
    private func ceiling(_ stages: (String, rate: Double, shares: Bool)...) -> Ceiling {
        Ceiling(stages.map { Ceiling.Stage(name: $0.0, rate: $0.rate, sharesCores: $0.shares) })
    }

    @Test func stagesThatShareCoresAddTheirTimes() {
        let both = ceiling(("decode", 100, true), ("model", 100, true))
        #expect(abs(both.imagesPerSecond - 50) < 1e-9)
        #expect(both.stages.map { both.share(of: $0) } == [0.5, 0.5])
    }

    @Test func theSlowestOfThoseThatWaitIsABoundOfItsOwn() {
        #expect(abs(ceiling(("read", 20, false), ("model", 100, true)).imagesPerSecond - 20) < 1e-9)
        #expect(abs(ceiling(("read", 500, false), ("model", 100, true)).imagesPerSecond - 100) < 1e-9)
        let slowRead = ceiling(("read", 20, false), ("model", 100, true))
        #expect(slowRead.share(of: slowRead.stages[0]) == 0)
    }

    @Test func nothingMeasuredIsNoCeiling() {
        #expect(Ceiling([]).imagesPerSecond == 0)
    }
}
