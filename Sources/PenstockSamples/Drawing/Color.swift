/// A colour with components 0...255.
struct Color: Equatable {
    var red: Float
    var green: Float
    var blue: Float

    /// Perceived brightness, 0...255 (ITU-R BT.601, as JPEG's Y).
    var luma: Float { 0.299 * red + 0.587 * green + 0.114 * blue }

    /// This colour scaled by `factor` and limited to 0...255.
    func scaled(by factor: Float) -> Color {
        Color(red: limited(red * factor), green: limited(green * factor), blue: limited(blue * factor))
    }

    /// The colour `weight` (0...1) of the way to `other`.
    func mixed(with other: Color, weight: Float) -> Color {
        Color(
            red: red + (other.red - red) * weight,
            green: green + (other.green - green) * weight,
            blue: blue + (other.blue - blue) * weight
        )
    }

    /// Any colour.
    static func random(_ random: inout SeededRandom) -> Color {
        let red = random.unit()
        let green = random.unit()
        let blue = random.unit()
        return Color(red: red * 255, green: green * 255, blue: blue * 255)
    }

    /// A colour of a random hue whose luma is close to `luma`.
    static func random(luma: Float, _ random: inout SeededRandom) -> Color {
        // Lifting black first keeps the factor, and with it the saturation, moderate.
        let hue = Color.random(&random).mixed(with: Color(red: 128, green: 128, blue: 128), weight: 0.25)
        return hue.scaled(by: luma / hue.luma)
    }
}

/// `value` limited to 0...255.
func limited(_ value: Float) -> Float {
    max(0, min(255, value))
}
