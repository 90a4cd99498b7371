import PenstockCore
import Testing

@testable import PenstockStages

@Suite("Precision guard")
struct PrecisionGuardTests {
    /// Two classes: class 0 with probability `first`.
    private func scores(_ first: [Float]) -> ClassScores {
        ClassScores(first.flatMap { [$0, 1 - $0] }, classes: 2)
    }

    @Test(
        "The first images decide: three disagreements among 32 are too many, none is fine",
        arguments: [
            (0, PrecisionGuard.Decision.fast, 1.0), (3, .exact, 29.0 / 32), (32, .exact, 0.0),
        ]
    )
    func agreementDecides(wrong: Int, expected: PrecisionGuard.Decision, share: Double) {
        let checker = PrecisionGuard(remembered: nil)
        let exact = scores(Array(repeating: 0.9, count: 32))
        let fast = scores(Array(repeating: 0.1, count: wrong) + Array(repeating: 0.8, count: 32 - wrong))
        #expect(checker.compare(exact: exact, fast: fast))
        #expect(checker.decision == expected)
        #expect(checker.agreement?.share == share)
        #expect(checker.agreement?.images == 32)
    }

    @Test(
        "Where one or two of the first images disagree, more are compared until it is clear",
        arguments: [
            (1, 0, 100, PrecisionGuard.Decision.fast), (2, 0, 200, .fast), (1, 1, 40, .undecided), (1, 2, 40, .exact),
        ]
    )
    func doubtfulImagesAreFollowedByMore(wrong: Int, later: Int, images: Int, expected: PrecisionGuard.Decision) {
        let checker = PrecisionGuard(remembered: nil)
        let first = scores(Array(repeating: 0.1, count: wrong) + Array(repeating: 0.8, count: 32 - wrong))
        #expect(!checker.compare(exact: scores(Array(repeating: 0.9, count: 32)), fast: first))
        var compared = 32
        while checker.decision == .undecided, compared < images {
            let isWrong = compared - 32 < later
            let isDecided = checker.compare(exact: scores([0.9]), fast: scores([isWrong ? 0.1 : 0.8]))
            compared += 1
            #expect(isDecided == (checker.decision != .undecided))
        }
        #expect(checker.decision == expected)
        #expect(expected != .fast || compared == images)
    }

    @Test("Nothing is decided before 32 images, and the call that brings the last of them decides")
    func undecidedUntilThereAreEnough() {
        let checker = PrecisionGuard(remembered: nil)
        #expect(checker.agreement == nil)
        for round in 1...3 {
            let batch = scores(Array(repeating: 0.9, count: 10))
            #expect(!checker.compare(exact: batch, fast: batch))
            #expect(checker.decision == .undecided)
            #expect(checker.agreement?.images == round * 10)
        }
        let batch = scores([0.9, 0.9])
        #expect(checker.compare(exact: batch, fast: batch))
        #expect(checker.decision == .fast)
    }

    @Test("A decision stands: later images do not change it and are not counted")
    func decisionsStand() {
        let checker = PrecisionGuard(remembered: nil)
        let good = scores(Array(repeating: 0.9, count: 40))
        #expect(checker.compare(exact: good, fast: good))
        #expect(!checker.compare(exact: good, fast: scores(Array(repeating: 0.1, count: 40))))
        #expect(checker.decision == .fast)
        #expect(checker.agreement?.images == 40)
    }

    @Test(
        "Images on which f32 itself is undecided count as agreeing",
        arguments: [
            (Float(0.509), PrecisionGuard.Decision.fast), (0.5, .fast), (0.491, .fast), (0.52, .exact), (0.48, .exact),
        ]
    )
    func undecidedImagesAgree(first: Float, expected: PrecisionGuard.Decision) {
        let checker = PrecisionGuard(remembered: nil)
        let exact = scores(Array(repeating: first, count: 32))
        let fast = scores(Array(repeating: 1 - first, count: 32))
        #expect(checker.compare(exact: exact, fast: first == 0.5 ? scores(Array(repeating: 0, count: 32)) : fast))
        #expect(checker.decision == expected)
    }

    @Test("That precisions agreed in an earlier run is taken over", arguments: [1.0, 0.99])
    func earlierAgreementIsTakenOver(share: Double) {
        let checker = PrecisionGuard(remembered: (share, 1000))
        #expect(checker.decision == .fast)
        #expect(checker.agreement?.images == 1000)
        #expect(checker.agreement?.share == share)
    }

    @Test("That they did not agree is not, as it may have been for the images", arguments: [0.989, 0.0])
    func earlierDisagreementIsMeasuredAgain(share: Double) {
        let checker = PrecisionGuard(remembered: (share, 1000))
        #expect(checker.decision == .undecided)
        let images = scores(Array(repeating: 0.9, count: 32))
        #expect(checker.compare(exact: images, fast: images))
        #expect(checker.decision == .fast)
        #expect(checker.agreement?.images == 32)
    }

    @Test("A model of one class always agrees")
    func oneClass() {
        let checker = PrecisionGuard(remembered: nil)
        let one = ClassScores(Array(repeating: 1, count: 32), classes: 1)
        #expect(checker.compare(exact: one, fast: one))
        #expect(checker.decision == .fast)
    }
}

@Suite("Agreement memory")
struct AgreementMemoryTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("What was stored is read again, under its key only")
    func resultsAreRemembered() throws {
        let memory = try #require(AgreementMemory(directory: folder("cache"), key: "abc-bf16-1"))
        #expect(memory.read() == nil)
        try memory.write((31.0 / 32, 32))
        #expect(try #require(memory.read()) == (31.0 / 32, 32))
        #expect(AgreementMemory(directory: folder("cache"), key: "other")?.read() == nil)
        try memory.write((1, 64))
        #expect(try #require(memory.read()) == (1, 64))
        #expect(try folder.entries("cache") == ["agreement", "agreement/abc-bf16-1.txt"])
    }

    @Test("Without a folder nothing is remembered")
    func withoutFolder() { #expect(AgreementMemory(directory: nil, key: "a") == nil) }

    @Test(
        "A file that makes no sense is as good as none",
        arguments: [
            "", "\n", "yes", "1", "1 32 5", "2 32", "-0.1 32", "0.5 0", "0.5 -3", "nan 32", "0.5 nan", "1 inf",
            "1 1e300", "inf 32",
            "\u{0}\u{1}", "0,5 32",
        ]
    )
    func corruptFilesAreIgnored(text: String) throws {
        try folder.file("agreement/key.txt", text: text)
        #expect(AgreementMemory(directory: folder.path, key: "key")?.read() == nil)
    }

    @Test("Bytes that are no text, a giant file and a folder in its place are ignored")
    func unreadableFilesAreIgnored() throws {
        try folder.file("agreement/bytes.txt", [0xFF, 0xFE, 0x20, 0x80])
        try folder.file("agreement/giant.txt", [UInt8](repeating: 0x31, count: 5000))
        try folder.folder("agreement/folder.txt")
        for key in ["bytes", "giant", "folder"] {
            #expect(AgreementMemory(directory: folder.path, key: key)?.read() == nil)
        }
    }
}
