import PenstockCore
import Testing

@Suite("Few numbers")
struct StatisticsTests {
    @Test("The median of an even number lies between the middle two; of none there is none")
    func median() {
        #expect(Statistics.median([4, 1, 3, 2]) == 2.5)
        #expect(Statistics.median([9, 1, 3]) == 3)
        #expect(Statistics.median([.infinity, 1, .infinity]) == .infinity)
        #expect(Statistics.median([]) == nil)
    }

    @Test("A quantile lies between two values in proportion, never outside of them")
    func quantile() throws {
        let values = [50.0, 10, 30, 20, 40]
        #expect(Statistics.quantile(0.25, of: values) == 20)
        #expect(abs(try #require(Statistics.quantile(0.3, of: values)) - 22) < 1e-9)
        #expect(Statistics.quantile(-1, of: values) == 10)
        #expect(Statistics.quantile(7, of: values) == 50)
        #expect(Statistics.quantile(0.25, of: [7]) == 7)
        #expect(Statistics.quantile(0.25, of: []) == nil)
    }

    @Test("The fewer numbers, the more deviations are added")
    func student() {
        #expect(Statistics.studentQuantile(freedom: 0) == 12.7)
        #expect(Statistics.studentQuantile(freedom: 4) == 2.78)
        #expect(Statistics.studentQuantile(freedom: 10) == 2.23)
        #expect(Statistics.studentQuantile(freedom: 500) == 2.1)
    }
}
