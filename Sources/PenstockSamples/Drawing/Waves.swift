// Periodic functions for textures, from operations that IEEE 754 rounds exactly: the same pixels on every machine,
// which `sin` and `atan2` of different C libraries would not give. Arguments stay far below 2^31.

/// The largest whole number that is not above `x`.
func floorOf(_ x: Float) -> Float {
    let truncated = Float(Int32(x))
    return truncated > x ? truncated - 1 : truncated
}

/// The part of `x` after its floor, 0..<1.
func fraction(_ x: Float) -> Float {
    x - floorOf(x)
}

/// `sin(2π·turns)` within 0.0011.
///
/// - Source: the parabola through the zeros and extrema, and one correction with its square.
func sine(turns: Float) -> Float {
    let x = fraction(turns + 0.5) - 0.5
    let parabola = 8 * x - 16 * x * abs(x)
    return parabola + 0.225 * (parabola * abs(parabola) - parabola)
}

/// The angle of (x, y) in turns, -0.5...0.5, within 0.0007; 0 at the origin.
///
/// - Source: a quadratic approximation of the arc tangent on 0...1 (Rajan et al., IEEE Signal Processing 2006, eq. 5).
func angleInTurns(x: Float, y: Float) -> Float {
    let largest = max(abs(x), abs(y))
    guard largest > 0 else { return 0 }
    let ratio = min(abs(x), abs(y)) / largest
    var angle = ratio * (0.125 + 0.0434 * (1 - ratio))
    if abs(y) > abs(x) { angle = 0.25 - angle }
    if x < 0 { angle = 0.5 - angle }
    return y < 0 ? -angle : angle
}

/// A zigzag of period 1 between -1 and 1.
func zigzag(_ x: Float) -> Float {
    abs(fraction(x) - 0.5) * 4 - 1
}

/// 0...1 around the sign of `x`, with an edge `1 / steepness` wide.
func softStep(_ x: Float, steepness: Float) -> Float {
    clamped(0.5 + x * steepness)
}

/// `x` limited to 0...1.
func clamped(_ x: Float) -> Float {
    max(0, min(1, x))
}

/// The length of (x, y).
func length(_ x: Float, _ y: Float) -> Float {
    (x * x + y * y).squareRoot()
}
