import Foundation
import Testing

@testable import PenstockSamples

@Suite("Drawing")
struct DrawingTests {
    @Test("The sine and the angle of our own are as close to the real ones as they say")
    func approximationsAreWithinTheirBounds() {
        for step in -2_000...2_000 {
            let turns = Float(step) * 0.001_7
            #expect(abs(Double(sine(turns: turns)) - sin(2 * .pi * Double(turns))) < 0.0011)
            let angle = Double(turns) * 2 * .pi
            let ours = angleInTurns(x: Float(3 * cos(angle)), y: Float(3 * sin(angle)))
            let real = atan2(sin(angle), cos(angle)) / (2 * .pi)
            // At half a turn, -0.5 and 0.5 are the same angle.
            let difference = abs(Double(ours) - real)
            #expect(min(difference, 1 - difference) < 0.0007)
        }
    }

    @Test("Every shape has an inside and an outside, and stays within its circle", arguments: SampleClass.allCases)
    func shapesFillTheUnitCircle(label: SampleClass) {
        var inside = 0
        for row in -60...60 {
            for column in -60...60 {
                let (x, y) = (Float(column) * 0.025, Float(row) * 0.025)
                guard label.shape.distance(x: x, y: y) < 0 else { continue }
                inside += 1
                #expect(length(x, y) < 1.12, "\(label.name) at \(x), \(y)")
            }
        }
        // Between an eighth and all of the circle's 5 027 places.
        #expect((600...5_100).contains(inside), "\(label.name) covers \(inside)")
    }

    @Test("Every texture stays within 0 and 1 and shows both of its colours", arguments: SampleClass.allCases)
    func texturesUseBothColors(label: SampleClass) {
        let values = (0..<10_000).map { place in
            label.texture.value(
                x: Float(place % 100) * 0.02 - 1,
                y: Float(place / 100) * 0.02 - 1,
                zoom: 1,
                phase: 0.3
            )
        }
        #expect(values.allSatisfy { (0...1).contains($0) })
        #expect(values.contains { $0 < 0.05 })
        #expect(values.contains { $0 > 0.95 })
    }

    @Test("Random colours of a given brightness are close to it")
    func colorsHaveTheLumaAskedFor() {
        var random = SeededRandom(seed: 5, stream: 0)
        for luma in stride(from: Float(15), through: 240, by: 15) {
            let color = Color.random(luma: luma, &random)
            #expect(abs(color.luma - luma) < 60)
            #expect([color.red, color.green, color.blue].allSatisfy { (0...255).contains($0) })
        }
    }

    @Test("Noise of amplitude a changes each component by at most a, and reaches it both ways", arguments: [1, 7, 20])
    func noiseStaysWithinItsAmplitude(amplitude: Int) {
        var canvas = Canvas(width: 64, height: 64)
        for place in 0..<64 * 64 {
            canvas.set(Color(red: 100, green: 100, blue: 100), x: place % 64, y: place / 64)
        }
        var random = SeededRandom(seed: 1, stream: 1)
        canvas.addNoise(amplitude: amplitude, random: &random)
        #expect(canvas.pixels.min().map(Int.init) == 100 - amplitude)
        #expect(canvas.pixels.max().map(Int.init) == 100 + amplitude)
    }

    @Test("Lines outside the canvas, of no length, and across it are painted without touching other memory")
    func linesMayLieAnywhere() {
        var canvas = Canvas(width: 20, height: 10)
        let white = Color(red: 255, green: 255, blue: 255)
        Line(from: (-50, -50), to: (-10, -20), thicknessPixels: 3, color: white).paint(on: &canvas)
        Line(from: (5, 5), to: (5, 5), thicknessPixels: 3, color: white).paint(on: &canvas)
        #expect(canvas.pixels.allSatisfy { $0 == 0 })
        Line(from: (-5, 5), to: (40, 5), thicknessPixels: 4, color: white).paint(on: &canvas)
        Line(from: (10, -5), to: (10, 40), thicknessPixels: 2, color: white).paint(on: &canvas)
        #expect(canvas.pixels[(5 * 20 + 1) * 3] == 255)
        #expect(canvas.pixels[(0 * 20 + 10) * 3] == 255)
        #expect(canvas.pixels[0] == 0)
    }

    @Test("The random stream is xoshiro256** seeded by SplitMix64")
    func randomNumbersAreTheReferenceOnes() {
        // First outputs of SplitMix64 from state 1234567, published with its reference implementation's ports.
        var seeder = SplitMix64(state: 1_234_567)
        #expect(seeder.next() == 6_457_827_717_110_365_317)
        #expect(seeder.next() == 3_203_168_211_198_807_973)
        var random = SeededRandom(seed: 1, stream: 0)
        let units = (0..<10_000).map { _ in random.unit() }
        #expect(units.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect(abs(units.reduce(0, +) / 10_000 - 0.5) < 0.02)
    }
}
