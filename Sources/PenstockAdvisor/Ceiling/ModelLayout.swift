package import PenstockPlan

/// One way to run a model on a machine's cores.
package struct ModelLayout: Sendable, Hashable, Codable {
    /// Arithmetic of the floating-point layers.
    package var precision: Precision
    /// Inferences side by side.
    package var workers: Int
    /// Threads of each inference.
    package var threads: Int
    /// Images that the model sees at once.
    package var batch: Int

    /// A combination of settings.
    package init(precision: Precision, workers: Int, threads: Int, batch: Int) {
        self.precision = precision
        self.workers = workers
        self.threads = threads
        self.batch = batch
    }
}

extension ModelLayout {
    /// Images at once that a sweep tries.
    static let batches = [1, 2, 4, 8, 16, 32]

    /// This one, the planner's choice, and the few that could beat it: larger and smaller batches, one inference on all
    /// cores, the other precisions.
    ///
    /// - `precisions`: all that are worth looking at.
    package func rivals(cores: Int, precisions: [Precision]) -> [ModelLayout] {
        var found = [self]
        found += [1, batch * 2, batch * 4].map { with(\.batch, $0) }
        let wide = with(\.workers, 1).with(\.threads, cores)
        found += [wide, wide.with(\.batch, batch * 4)]
        found += precisions.map { with(\.precision, $0) }
        return Self.unique(found)
    }

    /// This one, then every precision, every division of the cores among inferences, every batch size.
    package func sweep(cores: Int, precisions: [Precision]) -> [ModelLayout] {
        var found = [self]
        for precision in precisions {
            for workers in 1...max(cores, 1) where cores % workers == 0 {
                for batch in Self.batches {
                    found.append(
                        ModelLayout(precision: precision, workers: workers, threads: cores / workers, batch: batch)
                    )
                }
            }
        }
        return Self.unique(found)
    }

    private func with<Value>(_ path: WritableKeyPath<ModelLayout, Value>, _ value: Value) -> ModelLayout {
        var copy = self
        copy[keyPath: path] = value
        return copy
    }

    private static func unique(_ layouts: [ModelLayout]) -> [ModelLayout] {
        var seen: Set<ModelLayout> = []
        return layouts.filter { seen.insert($0).inserted }
    }
}
