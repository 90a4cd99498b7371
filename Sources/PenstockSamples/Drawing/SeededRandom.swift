/// A reproducible stream of random numbers, one for each pair of a seed and a stream number.
///
/// - Source: xoshiro256** 1.0 and SplitMix64 by David Blackman and Sebastiano Vigna (prng.di.unimi.it).
struct SeededRandom {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Starts stream `stream` of `seed`; both pass through SplitMix64, so neighbouring streams are unrelated.
    init(seed: UInt64, stream: UInt64) {
        var seeder = SplitMix64(state: seed)
        seeder = SplitMix64(state: seeder.next() ^ stream)
        state = (seeder.next(), seeder.next(), seeder.next(), seeder.next())
    }

    /// 64 random bits.
    mutating func next() -> UInt64 {
        // Wrapping by definition of the generator.
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// A number from 0 up to, but not including, 1, in steps of 2^-24.
    mutating func unit() -> Float {
        Float(UInt32(truncatingIfNeeded: next() >> 40)) * 0x1p-24
    }

    /// A number in `range`, its upper end excluded.
    mutating func number(in range: ClosedRange<Float>) -> Float {
        range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }

    /// A whole number from 0 up to, but not including, `bound`.
    mutating func integer(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A whole number in `range`.
    mutating func integer(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + integer(below: range.count)
    }

    /// True with the given probability.
    mutating func chance(_ probability: Float) -> Bool {
        unit() < probability
    }

    /// The elements in a random order (Fisher and Yates); the standard library's own way may change.
    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for place in elements.indices.reversed() {
            elements.swapAt(place, integer(below: place + 1))
        }
        return elements
    }
}
