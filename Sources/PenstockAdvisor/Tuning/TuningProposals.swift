import PenstockCore
import PenstockPlan

/// Chooses what to try next: what the cost model thinks best, corrected by what trials have shown nearby.
struct TuningProposals {
    private typealias Candidate = (changes: SettingChanges, settings: CostSettings)

    private var space: [Candidate]
    private var model: CostModel
    private var tried: [(settings: CostSettings, error: Double)] = []
    private let baseRate: Double

    /// - `model` proposes among `space`.
    init(_ space: [SettingChanges], _ model: CostModel) {
        self.space = space.map { ($0, model.settings($0)) }
        self.model = model
        baseRate = model.prediction().rate
    }

    /// Takes a trial's result.
    ///
    /// - `speedup`: over the job's own settings; nil when the settings could not run.
    mutating func learn(_ changes: SettingChanges, speedup: Double?) {
        space.removeAll { $0.changes == changes }
        let settings = model.settings(changes)
        guard let speedup, speedup > 0 else { return tried.append((settings, -1)) }
        model.learn(changes, rate: baseRate * speedup)
        tried.append((settings, Double.log(speedup / expected(settings))))
    }

    /// Takes it that a trial showed what is expected of it, so that what is proposed next lies elsewhere.
    mutating func imagine(_ changes: SettingChanges) { learn(changes, speedup: speedup(changes)) }

    /// How many times faster than the job's own settings these are thought to be.
    func speedup(_ changes: SettingChanges) -> Double {
        let settings = model.settings(changes)
        return expected(settings) * Double.exp(correction(settings).error)
    }

    /// The candidate that may be fastest, if one may be faster than `best` by `gain`.
    ///
    /// What the model is unsure of counts for it: it is learnt by trying. Of equals the one with the fewest changes is taken.
    func next(best: Double, gain: Double) -> SettingChanges? {
        let rated = space.map { ($0.changes, optimistic($0.settings)) }
        let most = rated.map(\.1).max() ?? 0
        guard most > best * (1 + gain) else { return nil }
        let equals = rated.filter { $0.1 >= most * 0.997 }.map(\.0)
        return equals.min { ($0.values.count, $0.description) < ($1.values.count, $1.description) }
    }

    /// The best candidate beside the best settings so far: one of their changes left out, or up to two settings and two steps away.
    ///
    /// What won changed several things, and the model may have praised the wrong one; or it saw the end of a way too early;
    /// or two changes help only together, as smaller batches and one worker for a light model do.
    func neighbour(of best: SettingChanges, speedup: Double) -> SettingChanges? {
        let settings = model.settings(best)
        let near = space.filter { candidate in
            let differences = Self.differences(candidate.changes, best)
            let isSmaller = candidate.changes.values.allSatisfy { best.values[$0.key] == $0.value }
            return differences == 1 && isSmaller
                || differences <= 2 && Self.distance(candidate.settings, settings) < 2.01
        }
        let rated = near.map { ($0.changes, self.speedup($0.changes)) }.filter { $0.1 > 0.9 * speedup }
        return rated.max { ($0.1, $1.0.description) < ($1.1, $0.0.description) }?.0
    }

    /// Settings that differ; workers and threads of the model are one.
    private static func differences(_ left: SettingChanges, _ right: SettingChanges) -> Int {
        let names = Set(left.values.keys).union(right.values.keys).filter { left.values[$0] != right.values[$0] }
        return Set(names.map { $0 == "threads-per-worker" ? "model-workers" : $0 }).count
    }

    private func expected(_ settings: CostSettings) -> Double {
        baseRate > 0 ? model.prediction(settings).rate / baseRate : 1
    }

    private func optimistic(_ settings: CostSettings) -> Double {
        let prediction = model.prediction(settings)
        let (error, weight) = correction(settings)
        let unsure =
            prediction.unknowns.reduce(0) { $0 + $1.uncertainty } + (prediction.batchOutside == nil ? 0.01 : 0.03)
        let expected = baseRate > 0 ? prediction.rate / baseRate : 1
        return expected * Double.exp(error) * (1 + unsure / (1 + 2 * weight))
    }

    /// What trials say of the model's error here: the nearer one was, the more it counts.
    private func correction(_ settings: CostSettings) -> (error: Double, weight: Double) {
        var (sum, weight) = (0.0, 0.0)
        for trial in tried {
            let near = Double.exp(-Self.distance(settings, trial.settings))
            sum += near * trial.error
            weight += near
        }
        return (weight > 0 ? sum / (weight + 0.25) : 0, weight)
    }

    /// Steps from one to the other: a factor of two in a number is one.
    static func distance(_ left: CostSettings, _ right: CostSettings) -> Double {
        func steps(_ a: Int, _ b: Int) -> Double {
            abs(Double.log(Double(max(a, 1)) / Double(max(b, 1)))) / Double.log(2)
        }
        var distance = steps(left.decodeWorkers, right.decodeWorkers) + steps(left.modelWorkers, right.modelWorkers)
        distance += steps(left.threadsPerWorker, right.threadsPerWorker) + steps(left.readWorkers, right.readWorkers)
        distance += steps(left.batch ?? 8, right.batch ?? 8) + steps(left.readAhead.count, right.readAhead.count)
        if left.precision != right.precision { distance += 2 }
        if left.resizeQuality != right.resizeQuality { distance += 2 }
        return distance
    }
}

extension Double {
    /// e to the power of a number.
    fileprivate static func exp(_ value: Double) -> Double { Double.pow(2.718_281_828_459_045, value) }
}
