#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A logarithmic scale from below the smallest to above the largest of some positive values.
struct TourScale {
    /// Whole powers of ten, or halves of them, at both ends.
    let low: Double
    let high: Double

    init(_ values: [Double]) {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        low = Self.below(positive.min() ?? 1)
        high = Self.above(max(positive.max() ?? 10, low * 1.5))
    }

    /// 0…1.
    func position(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        return min(max((log10(value) - log10(low)) / (log10(high) - log10(low)), 0), 1)
    }

    /// 1, 2 and 5 times powers of ten within the scale.
    var ticks: [Double] {
        var ticks: [Double] = []
        var power = 1e-6
        while power <= high * 1.001 {
            for factor in [1.0, 2, 5] where factor * power >= low * 0.999 && factor * power <= high * 1.001 {
                ticks.append(factor * power)
            }
            power *= 10
        }
        return ticks
    }

    /// As many of the ticks as a narrow screen has room for.
    var spacedTicks: [Double] {
        let ticks = ticks
        if ticks.count <= 7 { return ticks }
        // Powers of ten only: they lie evenly.
        return ticks.filter { abs(log10($0) - log10($0).rounded()) < 1e-9 }
    }

    private static func below(_ value: Double) -> Double { steps.last { $0 <= value } ?? value }
    private static func above(_ value: Double) -> Double { steps.first { $0 >= value } ?? value }

    /// 1, 2 and 5 times the powers of ten that rates and ratios have.
    private static let steps: [Double] = {
        var steps: [Double] = []
        var power = 1e-6
        while power < 1e9 {
            steps += [power, power * 2, power * 5]
            power *= 10
        }
        return steps
    }()

}
