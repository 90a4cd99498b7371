import PenstockCore
import Synchronization

/// Decides whether a fast precision may replace f32: both run on the first images, and their answers are compared.
///
/// An image counts as agreeing when both give the same top class, or when f32 itself is undecided (its two best classes are
/// closer than `margin`). Where some of the first images disagree, more are compared, as one of 32 says little. Until the
/// decision falls, rows carry the f32 answer.
final class PrecisionGuard: Sendable {
    /// Images to compare at least.
    static let imageCount = 32
    /// Images to compare at most: the fast precision is refused once too many of so many disagree, whatever the rest says.
    static let mostImages = 256
    /// Share of images that must agree.
    static let requiredAgreement = 0.99
    /// Difference of f32's two best probabilities below which the choice between them means nothing.
    static let margin: Float = 0.02

    enum Decision: Sendable, Equatable {
        case undecided, fast, exact
    }

    private struct State {
        var compared = 0
        var agreed = 0
        var decision = Decision.undecided
    }

    private let state = Mutex(State())

    var decision: Decision { state.withLock { $0.decision } }

    /// Share of agreeing images and their number, so far.
    var agreement: (share: Double, images: Int)? {
        state.withLock { $0.compared == 0 ? nil : (Double($0.agreed) / Double($0.compared), $0.compared) }
    }

    /// Takes an earlier run's result over, if the precisions agreed then.
    ///
    /// If they did not, that may have been for its images, such as those that are nothing the model knows: these here are
    /// compared again.
    init(remembered: (share: Double, images: Int)?) {
        guard let remembered, remembered.share >= Self.requiredAgreement else { return }
        state.withLock {
            $0.compared = remembered.images
            $0.agreed = Int((remembered.share * Double(remembered.images)).rounded())
            $0.decision = .fast
        }
    }

    /// Compares probabilities of the same rows.
    ///
    /// - Returns: true when this call made the decision.
    func compare(exact: ClassScores, fast: ClassScores) -> Bool {
        let agreeing = (0..<exact.rowCount).reduce(0) { $0 + (agrees(exact, fast, row: $1) ? 1 : 0) }
        return state.withLock { state in
            guard state.decision == .undecided else { return false }
            state.compared += exact.rowCount
            state.agreed += agreeing
            guard state.compared >= Self.imageCount else { return false }
            let (compared, wrong) = (Double(state.compared), Double(state.compared - state.agreed))
            let allowed = 1 - Self.requiredAgreement
            if wrong <= allowed * compared {
                state.decision = .fast
            } else if wrong > allowed * max(Double(Self.mostImages), compared) {
                state.decision = .exact
            }
            return state.decision != .undecided
        }
    }

    private func agrees(_ exact: ClassScores, _ fast: ClassScores, row: Int) -> Bool {
        let best = exact.top(2, row: row)
        if best.count == 2, best[0].probability - best[1].probability < Self.margin { return true }
        return fast.top(1, row: row).first?.index == best.first?.index
    }
}
