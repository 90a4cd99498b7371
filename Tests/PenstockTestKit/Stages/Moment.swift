/// A call of a stage that a test can watch, hold or make fail.
package enum Moment: String, Sendable, Hashable, CaseIterable {
    case sourceStart, sourceNext, load, makeState, apply, proceed, open, write, commit
}
