/// One benchmark: prepared once, then run for a number of iterations.
struct Benchmark {
    /// What its work is counted by.
    enum Count: String {
        /// Instructions and heap allocations, each per iteration.
        case instructions, allocations
    }

    /// `Area:What`.
    let name: String
    /// What an iteration is, in a word.
    let unit: String
    /// Iterations of the short and of the long run, whose difference is free of start-up.
    let short: Int
    let long: Int
    /// What is stable enough for a threshold.
    let counts: [Count]
    /// Makes the inputs; what it returns runs so many iterations.
    let prepare: (Workplace) async throws -> (Int) async throws -> Void
}

/// Where benchmarks find models and leave files.
struct Workplace {
    /// The checkout.
    let root: String
    /// A folder of their own.
    let scratch: String
}

/// A benchmark that cannot run, or whose result is wrong.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
