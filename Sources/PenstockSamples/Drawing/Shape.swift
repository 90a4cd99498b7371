/// The outline of a figure, in coordinates where it fills the unit circle.
enum Shape {
    case circle, square, triangle, star, ring, cross, hexagon, crescent, heart, spiral
    /// Pieces that only clutter is made of.
    case bar, arc

    /// Signed distance from (x, y) to the outline: negative inside, in units of the figure's radius.
    ///
    /// Exact, or near the outline right to a few per cent, which is what antialiasing needs.
    func distance(x: Float, y: Float) -> Float {
        switch self {
        case .circle: length(x, y) - 1
        case .square: max(abs(x), abs(y)) - 0.78
        case .triangle: max(-y, max(0.866 * x + 0.5 * y, 0.5 * y - 0.866 * x)) - 0.5
        case .star: starDistance(x: x, y: y)
        case .ring: abs(length(x, y) - 0.74) - 0.26
        case .cross: min(boxDistance(x: x, y: y, 0.95, 0.3), boxDistance(x: x, y: y, 0.3, 0.95))
        case .hexagon: max(0.866 * abs(x) + 0.5 * abs(y), abs(y)) - 0.87
        case .crescent: max(length(x, y) - 1, 0.82 - length(x - 0.45, y))
        case .heart: heartDistance(x: x, y: y)
        case .spiral: spiralDistance(x: x, y: y)
        case .bar: boxDistance(x: x, y: y, 0.97, 0.22)
        case .arc: max(abs(length(x, y) - 0.8) - 0.18, 0.2 - y)
        }
    }
}

private func boxDistance(x: Float, y: Float, _ halfWidth: Float, _ halfHeight: Float) -> Float {
    max(abs(x) - halfWidth, abs(y) - halfHeight)
}

/// A five-pointed star with its points on the unit circle.
///
/// - Source: Inigo Quilez, "2D distance functions" (iquilezles.org), `sdStar5`.
private func starDistance(x: Float, y: Float) -> Float {
    let (cosine, sine): (Float, Float) = (0.809_017, -0.587_785)
    var (px, py) = (abs(x), y)
    let first = 2 * max(cosine * px + sine * py, 0)
    px -= first * cosine
    py -= first * sine
    let second = 2 * max(sine * py - cosine * px, 0)
    px += second * cosine
    py -= second * sine
    px = abs(px)
    py -= 1
    let inner: Float = 0.5
    let (edgeX, edgeY) = (-inner * sine, inner * cosine - 1)
    let along = clamped((px * edgeX + py * edgeY) / (edgeX * edgeX + edgeY * edgeY))
    let distance = length(px - edgeX * along, py - edgeY * along)
    return py * edgeX - px * edgeY < 0 ? -distance : distance
}

/// A heart with its tip down, when y points up.
///
/// - Source: Inigo Quilez, "2D distance functions" (iquilezles.org), `sdHeart`, scaled to the unit circle.
private func heartDistance(x: Float, y: Float) -> Float {
    let scale: Float = 0.62
    let (px, py) = (abs(x) * scale, y * scale + 0.55)
    guard px + py <= 1 else { return (length(px - 0.25, py - 0.75) - 0.353_553) / scale }
    let diagonal = 0.5 * max(px + py, 0)
    let distance = min(length(px, py - 1), length(px - diagonal, py - diagonal))
    return (px < py ? -distance : distance) / scale
}

/// An Archimedean spiral of two and a half turns.
private func spiralDistance(x: Float, y: Float) -> Float {
    let pitch: Float = 0.42
    let radius = length(x, y)
    let turn = radius / pitch - angleInTurns(x: x, y: y)
    let fromArm = abs(fraction(turn) - 0.5) * pitch - 0.13
    return max(fromArm, radius - 1)
}
