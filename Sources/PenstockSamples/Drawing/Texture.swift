/// The pattern inside a figure: how far each place is from the figure's first colour to its second.
enum Texture {
    case stripes, checks, dots, speckles, bands, hatching, gradient, marble, waves, ribs
    /// One colour, for clutter.
    case plain

    /// The second colour's share, 0...1, at (x, y) in units of the figure's radius.
    ///
    /// - zoom: 1 is the usual size of the pattern; larger is finer. phase: 0..<1, where the pattern starts.
    func value(x: Float, y: Float, zoom: Float, phase: Float) -> Float {
        let (u, v) = (x * zoom, y * zoom)
        switch self {
        case .stripes: return softStep(zigzag(u * 2.6 + phase), steepness: 3)
        case .checks: return softStep(zigzag(u * 1.3 + phase) * zigzag(v * 1.3 + phase), steepness: 8)
        case .dots: return dotShare(u, v, phase)
        case .speckles: return speckleShare(u, v, phase)
        case .bands: return softStep(zigzag(length(u, v) * 4.5 + phase), steepness: 2)
        case .hatching: return hatchShare(u, v, phase)
        case .gradient: return clamped(0.5 + 0.5 * x)
        case .marble: return softStep(sine(turns: u * 1.5 + 0.35 * sine(turns: v * 1.2 + phase)), steepness: 0.8)
        case .waves: return softStep(zigzag(v * 2.4 + 0.28 * sine(turns: u * 1.4 + phase)), steepness: 3)
        case .ribs: return softStep(zigzag(angleInTurns(x: x, y: y) * 18 + phase), steepness: 2)
        case .plain: return 0
        }
    }
}

private func dotShare(_ u: Float, _ v: Float, _ phase: Float) -> Float {
    let x = fraction(u * 2.6 + phase) - 0.5
    let y = fraction(v * 2.6 + phase) - 0.5
    return softStep(0.33 - length(x, y), steepness: 10)
}

private func hatchShare(_ u: Float, _ v: Float, _ phase: Float) -> Float {
    let first = zigzag((u + v) * 2.2 + phase)
    let second = zigzag((u - v) * 2.2 + phase)
    return softStep(max(first, second) - 0.45, steepness: 4)
}

/// Random cells of three tones; the cell's place and the phase decide the tone.
private func speckleShare(_ u: Float, _ v: Float, _ phase: Float) -> Float {
    let column = UInt32(bitPattern: Int32(floorOf(u * 8.5)))
    let row = UInt32(bitPattern: Int32(floorOf(v * 8.5)))
    // A small integer hash; wrapping is its purpose.
    var hash = column &* 0x9E37_79B1 ^ row &* 0x85EB_CA77 ^ UInt32(phase * 65_536) &* 0xC2B2_AE3D
    hash = (hash ^ (hash >> 15)) &* 0x2C1B_3C6D
    hash ^= hash >> 13
    return Float(hash % 3) * 0.5
}
