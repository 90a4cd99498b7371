import PenstockCore
import Testing

@testable import PenstockEngine

@Suite struct OutputReserveTests {
    private let limit = Bytes.mebibytes(64)

    @Test func whatIsAnnouncedIsBelievedUntilAnOutputIsLarger() {
        var state = OperatorState(OperatorSpec(name: "map", kind: .transform))
        #expect(state.reserve(announced: Bytes(1000), limit: limit) == Bytes(1000))
        state.learn(announced: Bytes(1000), output: Bytes(900))
        #expect(state.reserve(announced: Bytes(1000), limit: limit) == Bytes(1000))
        state.learn(announced: Bytes(1000), output: Bytes(5000))
        #expect(state.reserve(announced: Bytes(1000), limit: limit) == Bytes(5000))
        #expect(state.reserve(announced: Bytes(500), limit: limit) == Bytes(2500))
    }

    @Test func aGuessIsBoundedByWhatWasSeenAndByTheLimit() {
        var state = OperatorState(OperatorSpec(name: "map", kind: .transform))
        state.learn(announced: Bytes(8), output: .mebibytes(8))
        #expect(state.reserve(announced: Bytes(8), limit: limit) == .mebibytes(8))
        #expect(state.reserve(announced: Bytes(800), limit: limit) == .mebibytes(16), "twice the largest seen")
        state.learn(announced: Bytes(8), output: .mebibytes(50))
        #expect(state.reserve(announced: Bytes(800), limit: limit) == limit, "a guess never makes a task impossible")
        #expect(
            state.reserve(announced: .mebibytes(80), limit: limit) == .mebibytes(80),
            "what is announced is no guess"
        )
    }
}
