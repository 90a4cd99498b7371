import Penstock

/// Charts as rows: words in HTML, so that they stay readable at every width, and bars as SVG that stretches.
enum TourChart {
    /// Text as HTML shows it, whatever it holds.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }

    /// One bar with its words.
    ///
    /// - `bar`: SVG of the bar; `description`: what it shows, for those who cannot see it.
    static func row(label: String, note: String, bar: String, description: String, value: String, sub: String) -> String
    {
        let note = note.isEmpty ? "" : "<span class=\"sub\">\(escaped(note))</span>"
        let sub = sub.isEmpty ? "" : "<span class=\"sub\">\(escaped(sub))</span>"
        return """
            <div class="row"><div class="lab">\(escaped(label))\(note)</div>
            <svg height="22" role="img" aria-label="\(escaped(description))">\(bar)</svg>
            <div class="val">\(escaped(value))\(sub)</div></div>

            """
    }

    /// A rectangle from one share of the width to another.
    static func bar(from: Double, to: Double, style: String, y: Int = 3, height: Int = 16) -> String {
        let (low, high) = (min(from, to), max(from, to))
        // What is there can be seen, however small it is.
        return
            "<rect class=\"\(style)\" x=\"\(percent(low))\" y=\"\(y)\" width=\"\(percent(max(high - low, 0.003)))\" height=\"\(height)\" rx=\"3\"/>"
    }

    /// An upright line over the whole height.
    static func line(at position: Double, style: String) -> String {
        let x = percent(position)
        return "<line class=\"\(style)\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"22\"/>"
    }

    /// An interval as a line with ends.
    static func whisker(from: Double, to: Double) -> String {
        let (low, high) = (percent(from), percent(to))
        return
            "<line class=\"whisker\" x1=\"\(low)\" x2=\"\(high)\" y1=\"11\" y2=\"11\"/>"
            + [low, high].map { "<line class=\"whisker\" x1=\"\($0)\" x2=\"\($0)\" y1=\"7\" y2=\"15\"/>" }.joined()
    }

    /// Upright lines at the ticks of a scale.
    static func grid(_ scale: TourScale) -> String {
        scale.spacedTicks.map { line(at: scale.position($0), style: "grid") }.joined()
    }

    /// The numbers under a chart.
    static func axis(_ scale: TourScale, unit: String) -> String {
        let numbers = scale.spacedTicks.map { tick in
            let position = scale.position(tick)
            let anchor = position < 0.04 ? "start" : position > 0.96 ? "end" : "middle"
            return
                "<text class=\"tick\" x=\"\(percent(position))\" y=\"13\" text-anchor=\"\(anchor)\">\(short(tick))\(unit)</text>"
        }
        return """
            <div class="row axis"><div class="lab"></div><svg height="18" aria-hidden="true">\(numbers.joined())</svg><div class="val"></div></div>

            """
    }

    private static func short(_ value: Double) -> String {
        if value >= 1000 { return Format.count(Int(value.rounded())) }
        return value >= 1
            ? "\(Int(value.rounded()))" : value >= 0.1 ? Format.decimal(value, 1) : Format.decimal(value, 3)
    }

    private static func percent(_ share: Double) -> String {
        "\(Format.decimal(min(max(share.isFinite ? share : 0, 0), 1) * 100, 2))%"
    }
}
