/// Everything about one sample image except its pixels: what it shows, its size and how it is encoded.
///
/// Cheap to make (no pixel is touched), so that counts and distributions can be looked at without drawing.
package struct SampleRecipe: Equatable, Sendable {
    /// Position in the set, from 0.
    package let index: Int
    /// What the image shows.
    package let label: SampleClass
    /// Columns as shown, after the EXIF orientation is applied; 150...1200.
    package let widthPixels: Int
    /// Rows as shown, after the EXIF orientation is applied; 150...1200.
    package let heightPixels: Int
    /// EXIF orientation 2...8 with which the pixels are stored, or nil: stored as shown, without EXIF.
    package let orientation: Int?
    /// One gray component instead of three colour components.
    package let isGrayscale: Bool
    /// 4:2:0 when true, 4:4:4 when false; without effect on a grayscale image.
    package let halvesChroma: Bool
    /// Progressive scans instead of baseline.
    package let isProgressive: Bool
    /// libjpeg quality, 60...95.
    package let quality: Int
    /// Where the drawing's own random numbers start.
    let drawingSeed: UInt64

    /// The file's name: its position and its class, such as `00042_striped-circle.jpg`.
    package var name: String {
        let digits = String(index)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits + "_" + label.name + ".jpg"
    }

    /// Draws the settings of image `index` from `random`; the order of the draws is part of the format.
    init(index: Int, label: SampleClass, random: inout SeededRandom) {
        self.index = index
        self.label = label
        // The square of a uniform number: a mean long side of 500 pixels with a tail up to 1200, without a logarithm,
        // whose last bit differs between C libraries. One image in six may be a strip of up to 8:1.
        let spread = random.unit()
        let long = 150 + Int(spread * spread * 1_050.99)
        let narrowest: Float = random.chance(0.16) ? 0.125 : 0.6
        let short = max(150, Int(Float(long) * random.number(in: narrowest...1)))
        let isPortrait = random.chance(0.4)
        widthPixels = isPortrait ? short : long
        heightPixels = isPortrait ? long : short
        orientation = random.chance(0.1) ? 2 + random.integer(below: 7) : nil
        isGrayscale = random.chance(0.1)
        halvesChroma = random.chance(0.6)
        isProgressive = random.chance(0.15)
        quality = 60 + random.integer(below: 36)
        drawingSeed = random.next()
    }
}
