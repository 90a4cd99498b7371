/// How much more time an image takes in one group of runs than in another.
package struct Slowdown: Sendable, Equatable {
    /// Of all of it, as measured.
    package let measured: Change
    /// Of the CPU time of an image; nil where it is not known.
    package let work: Change?
    /// Of the wall time for each second of CPU time; nil where it is not known.
    package let waiting: Change?

    /// - `isSameJob`: no setting differs, so that work and waiting can be looked at one by one. Another batch size, say,
    ///   changes both, and only their product counts.
    ///
    /// Nil without a run on each side.
    package init?(from before: [RunTime], to after: [RunTime], isSameJob: Bool, noise: JobNoise) {
        guard let time = Change(from: before.map(\.milliseconds), to: after.map(\.milliseconds), noise: noise.time)
        else { return nil }
        let isKnown = (before + after).allSatisfy { $0.coresUsed != nil }
        guard isSameJob, isKnown,
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
    /// Nil when nothing is.
    package var certain: Change? {
        guard let work, let waiting else { return measured.isCertain ? measured : nil }
        let parts = [work, waiting].filter(\.isCertain)
        guard let first = parts.first else { return nil }
        return parts.dropFirst().reduce(first) { $0.and($1) }
    }
}
