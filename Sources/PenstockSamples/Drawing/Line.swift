/// A straight line with antialiased sides.
struct Line {
    let from: (x: Float, y: Float)
    let to: (x: Float, y: Float)
    let thicknessPixels: Float
    let color: Color

    /// Paints the line over what the canvas holds.
    ///
    /// - Cost: visits the pixels near the line only, not its bounding box, which may be the whole canvas.
    func paint(on canvas: inout Canvas) {
        let (dx, dy) = (to.x - from.x, to.y - from.y)
        let span = length(dx, dy)
        guard span >= 1 else { return }
        // The line is where |normal · p - offset| <= half the thickness.
        let (normalX, normalY) = (-dy / span, dx / span)
        let offset = normalX * from.x + normalY * from.y
        let reach = thicknessPixels / 2 + 1
        let top = max(0, Int(min(from.y, to.y)))
        let bottom = min(canvas.height - 1, Int(max(from.y, to.y)))
        let left = max(0, Int(min(from.x, to.x) - reach))
        let right = min(canvas.width - 1, Int(max(from.x, to.x) + reach))
        guard top <= bottom, left <= right else { return }
        for row in top...bottom {
            let y = Float(row) + 0.5
            var columns = left...right
            if abs(normalX) > 0.01 {
                let middle = (offset - normalY * y) / normalX
                let half = reach / abs(normalX)
                let first = max(Float(left), middle - half)
                let last = min(Float(right), middle + half)
                if first > last { continue }
                columns = Int(first)...Int(last)
            }
            for column in columns {
                let distance = abs(normalX * (Float(column) + 0.5) + normalY * y - offset)
                let cover = clamped(thicknessPixels / 2 + 0.5 - distance)
                if cover > 0 { canvas.blend(color, weight: cover, x: column, y: row) }
            }
        }
    }
}
