package import PenstockCore

/// What two groups of runs have in common.
package enum JobLikeness: Sendable, Equatable {
    /// Settings differ: another batch size, say, changes work and waiting, and only their product counts.
    case other
    /// No setting differs; the programs may, so that less work can be a change for the better.
    case settings
    /// The same program with the same settings computes as much: less CPU time is the machine's doing.
    case program

    /// What two runs have in common, from their reports.
    package init(_ first: RunReport, _ second: RunReport) {
        guard JobTraits(first).settings == JobTraits(second).settings, first.model?.hash == second.model?.hash else {
            self = .other
            return
        }
        self = !first.versions.isEmpty && first.versions == second.versions ? .program : .settings
    }
}

/// How much more time an image takes in one group of runs than in another.
package struct Slowdown: Sendable, Equatable {
    /// Of all of it, as measured.
    package let measured: Change
    /// Of the CPU time of an image; nil where it is not known.
    package let work: Change?
    /// Of the wall time for each second of CPU time; nil where it is not known.
    package let waiting: Change?
    private let likeness: JobLikeness

    /// - `likeness`: whether work and waiting can be looked at one by one.
    ///
    /// Nil without a run on each side.
    package init?(from before: [RunTime], to after: [RunTime], likeness: JobLikeness, noise: JobNoise) {
        self.likeness = likeness
        guard let time = Change(from: before.map(\.milliseconds), to: after.map(\.milliseconds), noise: noise.time)
        else { return nil }
        let isKnown = (before + after).allSatisfy { $0.coresUsed != nil }
        guard likeness != .other, isKnown,
            let work = Change(from: before.compactMap(\.work), to: after.compactMap(\.work), noise: noise.work),
            let waiting = Change(
                from: before.compactMap(\.waiting),
                to: after.compactMap(\.waiting),
                noise: noise.waiting
            )
        else {
            measured = time
            (self.work, self.waiting) = (nil, nil)
            return
        }
        measured = work.and(waiting)
        (self.work, self.waiting) = (work, waiting)
    }

    /// What is more than noise: of work and waiting those that certainly changed, else of the whole.
    ///
    /// Less work of the same program does not make up for more waiting: it means that the machine was faster, and the
    /// waiting would be there on any. Nil when nothing is.
    package var certain: Change? {
        guard let work, let waiting else { return measured.isCertain ? measured : nil }
        if likeness == .program, waiting.isCertain, waiting.share > 0, work.isCertain, work.share < 0 { return waiting }
        let parts = [work, waiting].filter(\.isCertain)
        guard let first = parts.first else { return nil }
        return parts.dropFirst().reduce(first) { $0.and($1) }
    }
}
