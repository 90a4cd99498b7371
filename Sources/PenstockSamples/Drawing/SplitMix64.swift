/// The generator that turns one number into as many well-mixed ones as a larger generator's state needs.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        // Wrapping by definition of the generator.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
