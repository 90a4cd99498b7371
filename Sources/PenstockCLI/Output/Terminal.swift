#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Text to the two outputs, and what kind of output they are.
enum Terminal {
    /// Writes to stderr at once.
    static func standardError(_ text: String) {
        var bytes = Array(text.utf8)
        bytes.withUnsafeMutableBytes { buffer in
            var position = 0
            while position < buffer.count, let base = buffer.baseAddress {
                let count = write(STDERR_FILENO, base + position, buffer.count - position)
                if count <= 0 { break }
                position += count
            }
        }
    }

    /// Hands on what was printed so far; a pipe would else see it at the end.
    static func flush() { fflush(nil) }

    /// Whether stderr is a terminal that can redraw a line.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns of the terminal behind stderr.
    static var width: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}

/// Numbers as people read them.
enum Format {
    /// `12,345`.
    static func count(_ value: Int) -> String {
        var digits = String(abs(value))
        var parts: [String] = []
        while digits.count > 3 {
            parts.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
    }

    /// One decimal below 100, none above.
    static func number(_ value: Double) -> String {
        abs(value) >= 100 ? count(Int(value.rounded())) : decimal(value, 1)
    }

    /// Four decimals; nil for what would not be told by them: very small, very large, infinite and not a number.
    static func value(_ value: Double) -> String? {
        value == 0 || (abs(value) >= 0.001 && abs(value) < 1e12) ? decimal(value, 4) : nil
    }

    /// A fixed number of decimals.
    static func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return places == 0
            ? "\(sign)\(scaled)"
            : "\(sign)\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    /// `3.2 s`, `4 min 10 s`, `2 h 5 min`.
    static func duration(_ seconds: Double) -> String {
        if seconds < 60 { return "\(decimal(seconds, 1)) s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    /// `2:10`, `1:02:10`.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9).rounded())
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let minutes = whole / 60 % 60
        return whole < 3600
            ? "\(minutes):\(two(whole % 60))" : "\(whole / 3600):\(two(minutes)):\(two(whole % 60))"
    }

    /// An amount of money: two decimals, and for small amounts as many as tell three digits.
    static func price(_ value: Double) -> String {
        var places = 2
        var least = 1.0
        while abs(value) < least, value != 0, places < 9 {
            places += 1
            least /= 10
        }
        return value < 1e9 ? decimal(value, places) : "\(value)"
    }

    /// `98.5 %`.
    static func percent(_ share: Double, places: Int = 1) -> String { "\(decimal(share * 100, places)) %" }

    /// Padded on the right, or on the left for numbers.
    static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - text.count))
        return right ? fill + text : text + fill
    }

    /// At most `width` characters, the beginning left out.
    static func tail(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : "…" + text.suffix(width - 1)
    }
}
