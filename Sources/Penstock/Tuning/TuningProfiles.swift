package import PenstockCore
package import PenstockPlan
import PenstockStages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Stored profiles: one JSON file in a folder.
package struct TuningProfiles {
    /// A larger file is none of ours.
    private static let mostBytes = 8 << 20

    private struct File: Codable {
        var version = 1
        var profiles: [TuningProfile] = []
    }

    /// What was found for a job.
    package enum Match: Sendable, Equatable {
        /// No profile is about this model.
        case none
        case found(TuningProfile)
        /// One is, and does not hold here; the text says why.
        case ignored(String)
    }

    /// The file.
    package let path: String

    /// Profiles in a folder, which need not exist.
    package init(in folder: String) { path = folder + "/profiles.json" }

    /// All of them.
    ///
    /// - Throws: `StageError` when the file is damaged.
    package func all() throws(StageError) -> [TuningProfile] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            guard (ModelFileFacts(path)?.bytes ?? 0) <= Self.mostBytes else {
                throw StageError(.tooLarge, "\"\(path)\" is larger than profiles are. Move it away.")
            }
            let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(filePath: path)))
            guard file.version == 1 else {
                throw StageError(
                    .damagedData,
                    "\"\(path)\" is of version \(file.version), and 1 is known. Move it away."
                )
            }
            return file.profiles
        } catch let error as StageError {
            throw error
        } catch {
            throw StageError(.damagedData, "\"\(path)\" cannot be read as profiles: \(error). Move it away.")
        }
    }

    /// Stores a profile in the place of one for the same model, machine, device and kind of images.
    package func store(_ profile: TuningProfile) throws(StageError) {
        var profiles = try all()
        profiles.removeAll { $0.isAboutTheSame(as: profile) }
        profiles.append(profile)
        try write(profiles)
    }

    /// Removes the profile of what a search was about, if there is one: a search that finds nothing contradicts it.
    ///
    /// - Returns: whether there was one.
    package func remove(like profile: TuningProfile) throws(StageError) -> Bool {
        let profiles = try all()
        let left = profiles.filter { !$0.isAboutTheSame(as: profile) }
        if left.count < profiles.count { try write(left) }
        return left.count < profiles.count
    }

    /// Removes those of a model by path or the beginning of its hash, or all for nil.
    ///
    /// - Returns: how many there were.
    package func forget(_ model: String?) throws(StageError) -> Int {
        let profiles = try all()
        let path = model.flatMap { ModelFileFacts($0)?.path }
        let left = profiles.filter { profile in
            guard let model else { return false }
            return profile.model.path != (path ?? model) && !(model.count >= 8 && profile.model.hash.hasPrefix(model))
        }
        if left.count < profiles.count { try write(left) }
        return profiles.count - left.count
    }

    private func write(_ profiles: [TuningProfile]) throws(StageError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let folder = URL(filePath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try encoder.encode(File(profiles: profiles)).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw StageError(.inputOutput, "cannot write \"\(path)\": \(error).")
        }
    }

    /// The profile that holds for a job.
    ///
    /// - Cost: nothing without a file of profiles, next to nothing when none is about the model. Where a model lies elsewhere
    ///   than when it was tuned, it is read once for its hash.
    package func match(_ dataset: Dataset, options: RunOptions) async throws -> Match {
        let profiles = try all()
        guard !profiles.isEmpty, let (read, classifier) = dataset.classificationIfAny,
            let facts = ModelFileFacts(classifier.model)
        else { return .none }
        let sized = profiles.filter { $0.model.bytes == facts.bytes && $0.device == classifier.device }
        if sized.isEmpty { return .none }
        let known = sized.filter { $0.model.path == facts.path && $0.model.modified == facts.modified }
        let hash = try known.first?.model.hash ?? ModelFile.hash(classifier.model)
        var ignored: String?
        let machine = TuningProfile.Machine.current(options)
        var images: ImageStatistics?
        for profile in sized.reversed() where profile.model.hash == hash {
            if images == nil { images = try await ImageStatistics(read, options: options) }
            guard let reason = images.flatMap({ profile.misfit(machine, $0) }) else { return .found(profile) }
            ignored = ignored ?? "the profile of \(profile.date) is left out: it is \(reason)."
        }
        return ignored.map { .ignored($0) } ?? .none
    }
}

extension TuningProfile {
    fileprivate func isAboutTheSame(as other: TuningProfile) -> Bool {
        model.hash == other.model.hash && machine == other.machine && device == other.device
            && images.difference(from: other.images) == nil
    }

    /// Why it does not hold; nil: it does.
    fileprivate func misfit(_ current: Machine, _ images: ImageStatistics) -> String? {
        let version = versions["penstock"] ?? "unknown"
        if version != PenstockVersion.current {
            return "of Penstock \(version), and this is \(PenstockVersion.current)"
        }
        if machine.cpu != current.cpu { return "of another CPU (\(machine.cpu))" }
        if machine.cores != current.cores { return "for \(machine.cores) cores, and \(current.cores) are used" }
        return self.images.difference(from: images)
    }
}
