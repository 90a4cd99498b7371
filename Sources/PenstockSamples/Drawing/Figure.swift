/// A textured shape with its place and colours: all that is needed to colour one pixel.
struct Figure {
    let shape: Shape
    let texture: Texture
    let placement: Placement
    let colors: (first: Color, second: Color)
    let textureZoom: Float
    let texturePhase: Float
    /// How much the figure's own lower side is darker than its upper one, 0...1.
    let shading: Float
    /// How opaque it is, 0...1.
    let opacity: Float

    /// Where a figure lies on the canvas.
    struct Placement {
        let centerX: Float
        let centerY: Float
        let radiusPixels: Float
        /// Rotation as cosine and sine; a pair of length 1.
        let cosine: Float
        let sine: Float
        /// The figure's own x axis is that much longer than its y axis.
        let stretch: Float
        let isMirrored: Bool
    }

    /// Paints the figure over what the canvas holds, with antialiased edges.
    func paint(on canvas: inout Canvas) {
        let reach = placement.radiusPixels * max(placement.stretch, 1 / placement.stretch) * 1.12 + 1
        let columns = pixelRange(center: placement.centerX, reach: reach, limit: canvas.width)
        let rows = pixelRange(center: placement.centerY, reach: reach, limit: canvas.height)
        for row in rows {
            for column in columns {
                let (x, y) = placement.own(x: Float(column) + 0.5, y: Float(row) + 0.5)
                let cover = clamped(0.5 - shape.distance(x: x, y: y) * placement.radiusPixels)
                if cover > 0 {
                    canvas.blend(color(x: x, y: y), weight: cover * opacity, x: column, y: row)
                }
            }
        }
    }

    private func color(x: Float, y: Float) -> Color {
        let share = texture.value(x: x, y: y, zoom: textureZoom, phase: texturePhase)
        let light = 1 - shading * (0.5 - 0.5 * clamped(y))
        return colors.first.mixed(with: colors.second, weight: share).scaled(by: light)
    }

    private func pixelRange(center: Float, reach: Float, limit: Int) -> Range<Int> {
        let lower = max(0, min(limit, Int(center - reach)))
        return lower..<max(lower, min(limit, Int(center + reach) + 1))
    }
}

extension Figure.Placement {
    /// A place turned by a random angle.
    init(center: (x: Float, y: Float), radiusPixels: Float, stretch: Float, random: inout SeededRandom) {
        let turns = random.unit()
        // The approximated sine is not quite of length 1 with its cosine; dividing by it keeps the figure's size.
        let (rawCosine, rawSine) = (PenstockSamples.sine(turns: turns + 0.25), PenstockSamples.sine(turns: turns))
        let norm = length(rawCosine, rawSine)
        self.init(
            centerX: center.x,
            centerY: center.y,
            radiusPixels: radiusPixels,
            cosine: rawCosine / norm,
            sine: rawSine / norm,
            stretch: stretch,
            isMirrored: random.chance(0.5)
        )
    }

    /// Turns a place on the canvas into the figure's own coordinates, where it fills the unit circle.
    func own(x: Float, y: Float) -> (x: Float, y: Float) {
        let (dx, dy) = (x - centerX, y - centerY)
        let along = (dx * cosine + dy * sine) / (radiusPixels * stretch)
        let across = (dy * cosine - dx * sine) * stretch / radiusPixels
        return (along, isMirrored ? -across : across)
    }
}
