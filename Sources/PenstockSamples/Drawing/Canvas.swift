/// The pixels that a scene is painted on.
///
/// - Layout: row-major RGB, 8 bits a component, no padding.
struct Canvas {
    let width: Int
    let height: Int
    private(set) var pixels: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: 0, count: width * height * 3)
    }

    /// Replaces one pixel by `color`, which must be within 0...255.
    mutating func set(_ color: Color, x: Int, y: Int) {
        let offset = (y * width + x) * 3
        pixels[offset] = UInt8(color.red)
        pixels[offset + 1] = UInt8(color.green)
        pixels[offset + 2] = UInt8(color.blue)
    }

    /// Mixes one pixel with `color` (within 0...255); weight 0 leaves it, 1 replaces it.
    mutating func blend(_ color: Color, weight: Float, x: Int, y: Int) {
        let offset = (y * width + x) * 3
        pixels[offset] = mix(pixels[offset], color.red, weight)
        pixels[offset + 1] = mix(pixels[offset + 1], color.green, weight)
        pixels[offset + 2] = mix(pixels[offset + 2], color.blue, weight)
    }

    /// Copies one pixel of another canvas.
    mutating func copyPixel(from source: Canvas, x: Int, y: Int, to place: (x: Int, y: Int)) {
        let sourceOffset = (y * source.width + x) * 3
        let offset = (place.y * width + place.x) * 3
        for component in 0..<3 {
            pixels[offset + component] = source.pixels[sourceOffset + component]
        }
    }

    private func mix(_ old: UInt8, _ new: Float, _ weight: Float) -> UInt8 {
        let old = Float(old)
        return UInt8(old + (new - old) * weight + 0.499)
    }

    /// Adds noise of up to ±`amplitude` levels, independent in each component.
    mutating func addNoise(amplitude: Int, random: inout SeededRandom) {
        // Eight components from each number: their bytes times 2a+1, divided by 256, are 0...2a.
        let span = UInt64(2 * amplitude + 1)
        var bits: UInt64 = 0
        for offset in pixels.indices {
            if offset & 7 == 0 { bits = random.next() }
            let noise = Int(((bits & 0xFF) * span) >> 8) - amplitude
            bits >>= 8
            pixels[offset] = UInt8(clamping: Int(pixels[offset]) + noise)
        }
    }
}
