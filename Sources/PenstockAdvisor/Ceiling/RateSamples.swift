import PenstockCore

/// Rates of one thing, measured several times.
package struct RateSamples: Sendable, Equatable {
    /// The rates, in the order of measuring.
    package private(set) var values: [Double]

    /// Rates that were measured already.
    package init(_ values: [Double] = []) { self.values = values }

    /// Adds a rate.
    package mutating func add(_ value: Double) { values.append(value) }

    /// The middle rate; 0 when nothing was measured.
    package var median: Double { Statistics.median(values) ?? 0 }

    /// (largest − smallest) ÷ median; 0 for fewer than two rates.
    package var spread: Double {
        guard let least = values.min(), let most = values.max(), median > 0 else { return 0 }
        return (most - least) / median
    }
}
