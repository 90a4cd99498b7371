import PenstockCore
import PenstockTestKit
import Testing

@testable import PenstockAdvisor

@Suite("Two ways of doing a job, measured in turn")
struct PairedComparisonTests {
    private func comparison(_ pairs: [(before: Double, after: Double)]) -> PairedComparison {
        var comparison = PairedComparison()
        for pair in pairs { comparison.add(before: pair.before, after: pair.after) }
        return comparison
    }

    @Test("A slow minute that hits both of a pair does not change the ratio")
    func pairs() {
        let measured = comparison([(100, 120), (50, 60), (100, 121), (99, 119), (20, 24)])
        #expect(abs(measured.ratio - 1.2) < 0.005)
        #expect(measured.isDifferent())
        #expect(measured.isDifferent(atLeast: 0.1))
        #expect(!measured.isDifferent(atLeast: 0.3))
    }

    @Test("A difference inside the noise is none")
    func noise() {
        let measured = comparison([(100, 110), (100, 92), (100, 104), (100, 97), (100, 101)])
        #expect(!measured.isDifferent())
        #expect(measured.halfWidth > 0.01)
    }

    @Test(
        "The interval holds the true ratio in about 95 % of cases, however noisy a machine is",
        arguments: [3, 4, 5, 6, 7, 9, 11, 15],
        [0.05, 0.4]
    )
    func coverage(pairs: Int, noise: Double) throws {
        var random = SeededRandom(seed: 7)
        var held = 0
        for _ in 0..<4000 {
            let ratios = (0..<pairs).map { _ in 4 * Double.exp(noise * random.normal()) }
            let interval = try #require(comparison(ratios.map { (100, 100 * $0) }).interval)
            if interval.contains(4) { held += 1 }
        }
        #expect((0.935...0.98).contains(Double(held) / 4000), "\(held) of 4000")
    }

    @Test("Noise multiplies: four times as fast is beyond it where pairs differ by half")
    func multiplied() throws {
        let measured = comparison([(100, 410), (100, 560), (100, 300)])
        #expect(measured.isDifferent(atLeast: 0.02))
        let interval = try #require(measured.interval)
        #expect(interval.lowerBound > 1 && abs(interval.lowerBound * interval.upperBound - 4.1 * 4.1) < 1e-9)
        // The other way round it is the same difference.
        let inverse = comparison([(410, 100), (560, 100), (300, 100)])
        #expect(inverse.isDifferent(atLeast: 0.02) && abs(inverse.ratio * measured.ratio - 1) < 1e-9)
    }

    @Test("A run that did nothing leaves no interval")
    func nothing() {
        let measured = comparison([(100, 0), (100, 120), (100, 110)])
        #expect(measured.interval == nil && measured.halfWidth == .infinity && !measured.isDifferent())
    }

    @Test("Fewer than three pairs tell nothing")
    func few() {
        #expect(!comparison([(100, 200), (100, 200)]).isDifferent())
        #expect(comparison([]).ratio == 1)
    }
}
