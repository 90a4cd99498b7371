/// What a row takes of the cores, which all stages share, and of each stage's own workers; and the rate that these allow.
///
/// Gains (`Forecast`) and settings (`CostModel`) are predicted by this one bound: no run is faster than what is demanded most.
struct RowDemand {
    /// Core seconds of all stages.
    private(set) var coreSeconds = 0.0
    private var stages: [(name: String, seconds: Double, workers: Double)] = []

    /// Adds a stage: seconds that a row occupies one of its workers, and core seconds meanwhile.
    mutating func add(_ name: String, seconds: Double, workers: Double, coreSeconds: Double) {
        self.coreSeconds += coreSeconds
        stages.append((name, seconds, workers))
    }

    /// Rows per second, infinite where nothing is demanded; and what bounds them: a stage's name, or `cores`.
    func rate(cores: Double) -> (rate: Double, limit: String) {
        var result = (rate: coreSeconds > 0 ? cores / coreSeconds : .infinity, limit: "cores")
        for stage in stages where stage.seconds > 0 && stage.workers / stage.seconds < result.rate {
            result = (stage.workers / stage.seconds, stage.name)
        }
        return result
    }
}
