/// Counts of values in ranges.
public struct Histogram: Codable, Sendable, Equatable {
    /// Upper ends of all ranges but the last, which has none.
    public let edges: [Double]
    /// Values in each range; one more than there are edges.
    public private(set) var counts: [Int]

    /// Without values.
    init(edges: [Double]) {
        self.edges = edges
        counts = Array(repeating: 0, count: edges.count + 1)
    }

    /// Counts a value; one that equals an edge lies above it.
    mutating func add(_ value: Double) { counts[edges.firstIndex { value < $0 } ?? edges.count] += 1 }
}
