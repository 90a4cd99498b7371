import ArgumentParser
import Penstock

/// Whether settings that `penstock tune` found are used.
struct ProfileOptions: ParsableArguments {
    @Flag(help: "Leave out settings that penstock tune found for this model, machine and kind of images.")
    var noProfile = false

    /// The job with the settings of the profile that holds for it, as far as nobody decided them otherwise.
    ///
    /// A profile never stops a job: what is wrong with one is a remark.
    func applied(to job: Job) async throws -> Job {
        guard !noProfile, let folder = UserFolders.data else { return job }
        var job = job
        do {
            switch try await TuningProfiles(in: folder).match(job.dataset, options: job.options) {
            case .none: break
            case .ignored(let why): job.remarks.append(why)
            case .found(let profile):
                let (dataset, options, names) = try profile.applied(to: job.dataset, job.options)
                (job.dataset, job.options) = (dataset, options)
                if !names.isEmpty { job.profile = "\(names.joined(separator: ", ")): \(profile.reason)" }
            }
        } catch let error as StageError where error.code != .notFound {
            job.remarks.append("tuned profiles are left out: \(error)")
        } catch is StageError {
            // A source that is not there: the run says so itself.
        }
        return job
    }
}
