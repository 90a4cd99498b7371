package import PenstockCore
package import PenstockPlan

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Settings that a search found, and what they were found for.
package struct TuningProfile: Codable, Sendable, Equatable {
    /// The model's file; the hash says which model it is, the rest finds it without reading it.
    package struct Model: Codable, Sendable, Equatable {
        package var hash: String
        package var path: String
        package var bytes: Int
        package var modified: Double
    }

    /// The machine.
    package struct Machine: Codable, Sendable, Equatable {
        package var cpu: String
        package var cores: Int

        /// This one, with the cores that a run may use.
        package static func current(_ options: RunOptions) -> Machine {
            Machine(cpu: MachineFacts.cpuName, cores: options.cores.chosen ?? MachineFacts.current.cores)
        }
    }

    package var model: Model
    package var machine: Machine
    package var device: String
    package var images: ImageStatistics
    /// The settings, by their names.
    package var settings: [String: String]
    package var speedup: Double
    package var speedupHalfWidth: Double
    package var trials: Int
    package var agreement: Double?
    package var sampleImages: Int
    /// The day, as 2026-11-26.
    package var date: String
    package var versions: [String: String]

    /// Why these settings, for `explain` and reports.
    package var reason: String {
        var text =
            "tuned \(date): \(Self.percent(speedup - 1)) ± \(Self.percent(speedupHalfWidth)) faster, \(trials) trials"
        if let agreement { text += ", \(Self.percent(agreement)) of \(sampleImages) images get the same class" }
        return text
    }

    private static func percent(_ share: Double) -> String { "\(Double(Int((share * 1000).rounded())) / 10) %" }
}

extension TuningProfile {
    /// The profile of a search's result.
    ///
    /// - Throws: `PlanError` when the dataset classifies no images; `StageError` when model or images cannot be looked at.
    package init(_ report: TuningReport, of dataset: Dataset, options: RunOptions) async throws {
        let (read, classifier) = try dataset.classification()
        guard let facts = ModelFileFacts(classifier.model) else {
            throw StageError(.notFound, "there is no model \"\(classifier.model)\".")
        }
        let hash = report.model?.hash ?? ""
        self.init(
            model: Model(hash: hash, path: facts.path, bytes: facts.bytes, modified: facts.modified),
            machine: .current(options),
            device: classifier.device,
            images: try await ImageStatistics(read, options: options),
            settings: report.settings,
            speedup: report.speedup,
            speedupHalfWidth: report.speedupHalfWidth,
            trials: report.trials.count,
            agreement: report.agreement,
            sampleImages: report.sampleImages,
            date: Self.today(),
            versions: report.versions
        )
    }

    private static func today() -> String { String(Date().formatted(.iso8601).prefix(10)) }

    /// A job with the settings of the profile that nobody decided otherwise.
    ///
    /// - Returns: also the names of the settings that were taken.
    package func applied(
        to dataset: Dataset,
        _ options: RunOptions
    ) throws(PlanError) -> (Dataset, RunOptions, [String]) {
        let decided = options.decided(for: dataset)
        var changes = settings.filter { !decided.contains($0.key) }
        // Workers and threads were tried together; one without the other is something else.
        let pair = ["model-workers", "threads-per-worker"]
        if pair.contains(where: decided.contains) { for name in pair { changes[name] = nil } }
        let taken = SettingChanges(changes)
        var options = try taken.applied(to: options, origin: .profile)
        for name in changes.keys { options.reasons[name] = reason }
        return (try taken.applied(to: dataset), options, changes.keys.sorted())
    }
}

extension Dataset {
    /// The source and the classifier of a classification of images; nil for other jobs.
    var classificationIfAny: (ReadImages, Classifier)? {
        if case .readImages(let read)? = plan.operators.first {
            for case .predict(let classifier, _) in plan.operators { return (read, classifier) }
        }
        return nil
    }

    /// The same.
    ///
    /// - Throws: a usage error for other jobs.
    func classification() throws(PlanError) -> (ReadImages, Classifier) {
        if let found = classificationIfAny { return found }
        throw PlanError("a profile is for jobs that classify images, and this one does something else.", isUsage: true)
    }
}

/// A model's file, without reading it.
struct ModelFileFacts {
    let path: String
    let bytes: Int
    let modified: Double

    init?(_ path: String) {
        var facts = stat()
        guard let resolved = realpath(path, nil), stat(resolved, &facts) == 0 else { return nil }
        defer { free(resolved) }
        self.path = String(cString: resolved)
        bytes = Int(facts.st_size)
        #if os(Linux)
            let time = facts.st_mtim
        #else
            let time = facts.st_mtimespec
        #endif
        modified = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension MachineFacts {
    /// The processor, as profiles are kept by it.
    package static var cpuName: String { processorName ?? "unknown CPU" }
}
