/// What a run cost, where the price of the machine was given; in the currency of that price.
public struct CostReport: Codable, Sendable, Equatable {
    /// Price of the machine for an hour.
    public var pricePerHour: Double
    /// Price of the time that the run took.
    public var total: Double
    /// The same for 1,000 rows written; nil when none were.
    public var per1000: Double?

    /// The cost of so many seconds, in which so many rows were written.
    public init(pricePerHour: Double, seconds: Double, rows: Int) {
        self.pricePerHour = pricePerHour
        total = pricePerHour * seconds / 3600
        per1000 = rows > 0 ? total / Double(rows) * 1000 : nil
    }
}
