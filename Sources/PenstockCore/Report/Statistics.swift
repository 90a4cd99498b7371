/// What is said about few numbers that were measured.
package enum Statistics {
    /// The middle of values; the mean of the middle two for an even number; nil for none.
    package static func median(_ values: [Double]) -> Double? { quantile(0.5, of: values) }

    /// The value that a share of all values lies below; between two of them in proportion; nil for none.
    package static func quantile(_ share: Double, of values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let place = min(max(share, 0), 1) * Double(sorted.count - 1)
        let (below, above) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
        if below == above { return sorted[below] }
        return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }

    /// Student's t for 95 % on both sides: how many deviations to add where these were estimated with `freedom` degrees.
    package static func studentQuantile(freedom: Int) -> Double {
        let quantiles = [12.7, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23]
        return freedom <= quantiles.count ? quantiles[max(freedom, 1) - 1] : 2.1
    }
}
