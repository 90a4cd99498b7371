package import PenstockCore
package import PenstockPlan

/// The settings that a cost model knows, as numbers.
package struct CostSettings: Sendable, Hashable {
    /// Cores that may be used.
    package var cores = 1
    /// Threads that decode.
    package var decodeWorkers = 1
    /// Inferences side by side.
    package var modelWorkers = 1
    /// Threads of each.
    package var threadsPerWorker = 1
    /// Images that the model sees at once; nil: measured in the run.
    package var batch: Int?
    /// Threads that read.
    package var readWorkers = 1
    /// Bytes that may lie read and not yet decoded.
    package var readAhead = Bytes.mebibytes(64)
    /// Arithmetic, as it is typed.
    package var precision = "auto"
    /// Resize quality, as it is typed.
    package var resizeQuality = "exact"

    /// Settings of one core; tests set the rest.
    package init() {}

    /// The settings of a run with other values for some of them.
    ///
    /// What the run computed from another setting is computed again: more cores mean more workers, unless somebody set those.
    /// - `settings`: those of a report.
    package init(_ settings: [String: SettingReport], changes: SettingChanges = SettingChanges()) {
        let values = Values(settings: settings, changes: changes.values)
        cores = values.number("cores") ?? 1
        threadsPerWorker = values.number("threads-per-worker") ?? 1
        let coresChanged = changes.values["cores"] != nil
        let threadsChanged = changes.values["threads-per-worker"] != nil
        decodeWorkers = values.number("decode-workers", isStale: coresChanged) ?? cores
        modelWorkers =
            values.number("model-workers", isStale: coresChanged || threadsChanged) ?? max(1, cores / threadsPerWorker)
        batch = values.number("batch-size", isStale: changes.values["batch-size"] == nil)
        readWorkers = values.number("read-workers") ?? 2
        readAhead = values.text("read-ahead").flatMap { Bytes(parsing: $0) } ?? .mebibytes(64)
        precision = values.text("precision") ?? "auto"
        resizeQuality = values.text("resize-quality") ?? "exact"
    }

    /// Threads that want a core when every worker is busy.
    package var threads: Int { decodeWorkers + modelWorkers * threadsPerWorker }

    /// Values of a run, changes on top.
    private struct Values {
        let settings: [String: SettingReport]
        let changes: [String: String]

        func text(_ name: String) -> String? {
            let changed = changes[name]
            return changed == "auto" && !["precision"].contains(name) ? nil : changed ?? settings[name]?.value
        }

        /// - `isStale`: a value that was computed no longer holds.
        func number(_ name: String, isStale: Bool = false) -> Int? {
            if let changed = changes[name] { return Int(changed) }
            guard let setting = settings[name] else { return nil }
            return isStale && setting.origin == SettingOrigin.computed.rawValue ? nil : Int(setting.value)
        }
    }
}
