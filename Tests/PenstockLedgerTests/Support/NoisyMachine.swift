import Foundation

@testable import PenstockLedger

/// Two cores that runs share with neighbours: what they do makes work take longer, in bursts of seconds.
struct NoisyMachine {
    private static let imagesOfARun = 250.0
    private var numbers: SeededNumbers
    private let disturbed: Double
    private var slowness = 0.0
    private var left = 0.0
    /// Since the first run.
    private(set) var seconds = 0.0

    /// - `disturbed`: share of bursts among the machine's moods, quiet ones being the rest.
    init(seed: UInt64, disturbed: Double) {
        numbers = SeededNumbers(seed: seed)
        self.disturbed = disturbed
    }

    /// A run of a job whose images are so many milliseconds of work, and that keeps so many cores busy.
    mutating func run(work: Double = 11, cores: Double = 1.9) -> RunTime {
        if left <= 0 { turn() }
        let used = cores * (1 + 0.012 * numbers.normal())
        let time = work * (1 + slowness) * (1 + 0.01 * numbers.normal()) / used
        left -= time * Self.imagesOfARun / 1000
        seconds += time * Self.imagesOfARun / 1000
        return RunTime(milliseconds: time, coresUsed: used)
    }

    /// Repeats a job until patience is over, against a baseline or for one.
    mutating func repeated(
        _ patience: Patience,
        against baseline: [RunTime]? = nil,
        work: Double = 11,
        cores: Double = 1.9
    ) -> (runs: [RunTime], check: SlowdownCheck?) {
        let start = seconds
        var runs: [RunTime] = []
        var check: SlowdownCheck?
        repeat {
            runs.append(run(work: work, cores: cores))
            check = baseline.flatMap { checked($0, runs) }
        } while !patience.isOver(runs: runs.count, seconds: seconds - start, check: check)
        return (runs, check)
    }

    private mutating func turn() {
        slowness = numbers.uniform() < disturbed ? 0.1 + 0.6 * numbers.uniform() : 0
        left = 1 + 6 * numbers.uniform()
    }
}

/// A check for 10 %, as the command line makes it.
func checked(
    _ baseline: [RunTime],
    _ runs: [RunTime],
    allowed: Double = 0.1,
    likeness: JobLikeness = .settings
) -> SlowdownCheck? {
    let noise = JobNoise(groups: [baseline, runs], else: JobNoise(batchesOf: []))
    return SlowdownCheck(baseline: baseline, runs: runs, allowed: allowed, likeness: likeness, noise: noise)
}

/// Runs of which only the time is known.
func times(_ milliseconds: [Double]) -> [RunTime] { milliseconds.map { RunTime(milliseconds: $0, coresUsed: nil) } }

/// Numbers that are the same in each run of the tests.
struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// From 0 to 1.
    mutating func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (Double(state >> 11) + 0.5) / Double(1 << 53)
    }

    /// Mean 0, deviation 1.
    mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}
