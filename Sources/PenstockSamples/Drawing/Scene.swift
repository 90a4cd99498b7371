/// One picture in the making: a background, clutter, the object, and a little in front of it.
struct Scene {
    private let recipe: SampleRecipe
    private var random: SeededRandom
    private let shortSide: Float

    /// Starts the picture of a recipe; nothing is drawn yet.
    init(recipe: SampleRecipe) {
        self.recipe = recipe
        random = SeededRandom(seed: recipe.drawingSeed, stream: 0)
        shortSide = Float(min(recipe.widthPixels, recipe.heightPixels))
    }

    /// Paints the picture as it is shown, before any EXIF rotation.
    func paint() -> Canvas {
        var scene = self
        var canvas = Canvas(width: recipe.widthPixels, height: recipe.heightPixels)
        scene.paintBackground(on: &canvas)
        scene.paintBlobs(on: &canvas)
        scene.paintLines(scene.random.integer(in: 2...14), on: &canvas)
        scene.paintFragments(scene.random.integer(in: 4...14), on: &canvas)
        scene.object().paint(on: &canvas)
        // In front of the object: one picture in three has a thin line or two across it.
        if scene.random.chance(0.33) { scene.paintLines(scene.random.integer(in: 1...2), on: &canvas) }
        canvas.addNoise(amplitude: scene.random.integer(in: 0...20), random: &scene.random)
        return canvas
    }

    /// The thing that the label names, inside the centre crop that a classifier sees.
    ///
    /// Resize(256) and CenterCrop(224) keep a square of 224/256 of the short side around the centre; the figure's
    /// centre stays so close to the image's that at most a few per cent of it leave that square.
    private mutating func object() -> Figure {
        let halfCrop = shortSide * 0.4375
        let radius = halfCrop * random.number(in: 0.55...0.95)
        let freedom = max(0, halfCrop - 0.92 * radius)
        let stretch = random.number(in: 0.9...1.1)
        let x = Float(recipe.widthPixels) / 2 + freedom * random.number(in: -1...1)
        let y = Float(recipe.heightPixels) / 2 + freedom * random.number(in: -1...1)
        let darkLuma = random.number(in: 15...100)
        let dark = Color.random(luma: darkLuma, &random)
        let light = Color.random(luma: darkLuma + random.number(in: 85...140), &random)
        return Figure(
            shape: recipe.label.shape,
            texture: recipe.label.texture,
            placement: .init(center: (x, y), radiusPixels: radius, stretch: stretch, random: &random),
            colors: random.chance(0.5) ? (dark, light) : (light, dark),
            textureZoom: random.number(in: 0.8...1.25),
            texturePhase: random.unit(),
            shading: random.number(in: 0...0.35),
            opacity: 1
        )
    }
}

// MARK: - Background and clutter

extension Scene {
    /// Colours on a coarse grid, blended between its points: a gradient when the grid is 2x2, clouds when it is finer.
    private mutating func paintBackground(on canvas: inout Canvas) {
        let columns = random.integer(in: 2...6)
        let rows = random.integer(in: 2...6)
        let main = Color.random(&random)
        let variety = random.number(in: 0.15...0.7)
        let grid = (0..<columns * rows).map { _ in main.mixed(with: .random(&random), weight: variety) }
        let stepX = Float(columns - 1) / Float(canvas.width)
        let stepY = Float(rows - 1) / Float(canvas.height)
        for y in 0..<canvas.height {
            let gridY = Float(y) * stepY
            let row = min(rows - 2, Int(gridY))
            // The grid blended to this row first: one blend a pixel is left.
            let line = (0..<columns).map { column in
                grid[row * columns + column].mixed(with: grid[(row + 1) * columns + column], weight: gridY - Float(row))
            }
            for x in 0..<canvas.width {
                let gridX = Float(x) * stepX
                let column = min(columns - 2, Int(gridX))
                canvas.set(line[column].mixed(with: line[column + 1], weight: gridX - Float(column)), x: x, y: y)
            }
        }
    }

    /// Large half-transparent ellipses, some of them textured.
    private mutating func paintBlobs(on canvas: inout Canvas) {
        for _ in 0..<random.integer(in: 2...7) {
            let figure = clutter(
                shape: .circle,
                texture: random.chance(0.3) ? anyTexture() : .plain,
                radius: shortSide * random.number(in: 0.05...0.3),
                opacity: random.number(in: 0.15...0.6)
            )
            figure.paint(on: &canvas)
        }
    }

    /// Small pieces of the same kinds of shapes and textures, in any combination, anywhere.
    private mutating func paintFragments(_ count: Int, on canvas: inout Canvas) {
        let shapes: [Shape] = [.bar, .arc, .bar, .arc, .square, .triangle, .circle, .star, .cross, .hexagon, .crescent]
        for _ in 0..<count {
            let figure = clutter(
                shape: shapes[random.integer(below: shapes.count)],
                texture: random.chance(0.3) ? .plain : anyTexture(),
                radius: shortSide * random.number(in: 0.02...0.09),
                opacity: 0.9
            )
            figure.paint(on: &canvas)
        }
    }

    private mutating func anyTexture() -> Texture {
        let textures: [Texture] = [.stripes, .checks, .dots, .bands, .gradient, .waves, .speckles, .hatching]
        return textures[random.integer(below: textures.count)]
    }

    private mutating func clutter(shape: Shape, texture: Texture, radius: Float, opacity: Float) -> Figure {
        let x = Float(recipe.widthPixels) * random.unit()
        let y = Float(recipe.heightPixels) * random.unit()
        let stretch = random.number(in: 0.6...1.5)
        let first = Color.random(&random)
        return Figure(
            shape: shape,
            texture: texture,
            placement: .init(center: (x, y), radiusPixels: max(2, radius), stretch: stretch, random: &random),
            colors: (first, .random(&random)),
            textureZoom: random.number(in: 0.5...1),
            texturePhase: random.unit(),
            shading: 0,
            opacity: opacity
        )
    }

    /// Straight lines from somewhere to anywhere, up to a fiftieth of the short side thick.
    private mutating func paintLines(_ count: Int, on canvas: inout Canvas) {
        for _ in 0..<count {
            let ends = (0..<2).map { _ in
                (x: Float(recipe.widthPixels) * random.unit(), y: Float(recipe.heightPixels) * random.unit())
            }
            let thickness = 1 + shortSide * random.number(in: 0...0.02)
            let line = Line(from: ends[0], to: ends[1], thicknessPixels: thickness, color: .random(&random))
            line.paint(on: &canvas)
        }
    }
}
