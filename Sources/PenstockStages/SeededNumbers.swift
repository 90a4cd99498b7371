/// Numbers that depend on the seed alone.
///
/// - Source: SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
package struct SeededNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The same numbers for the same seed.
    package init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number in `0..<bound`.
    ///
    /// The bias, below `bound` / 2^64, is of no account here.
    mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}

extension Array {
    /// The same order for the same seed and count, whatever the machine and the version of Swift, whose own `shuffle` makes
    /// no such promise.
    mutating func shuffle(with random: inout SeededNumbers) {
        for index in indices.reversed() { swapAt(index, random.next(below: index + 1)) }
    }
}
