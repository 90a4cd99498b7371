import Testing

@testable import PenstockCore

@Suite struct MappedPiecesTests {
    private static let mebibyte = 1 << 20

    @Test func aPieceThatCameBackIsUsedAgain() {
        let pieces = MappedPieces(mostKept: 64 * Self.mebibyte)
        let staying = unsafe pieces.take(10 * Self.mebibyte)
        let first = unsafe pieces.take(9 * Self.mebibyte)
        unsafe first.storeBytes(of: 7, as: UInt8.self)
        unsafe pieces.giveBack(first, 9 * Self.mebibyte)
        #expect(pieces.bytes == (used: 10 * Self.mebibyte, kept: 9 * Self.mebibyte))
        // Of about the same size, and not of another one.
        let other = unsafe pieces.take(3 * Self.mebibyte)
        #expect(unsafe other != first)
        let second = unsafe pieces.take(9 * Self.mebibyte - 5)
        #expect(unsafe second == first)
        #expect(pieces.bytes == (used: 22 * Self.mebibyte, kept: 0))
        unsafe pieces.giveBack(second, 9 * Self.mebibyte - 5)
        unsafe pieces.giveBack(other, 3 * Self.mebibyte)
        unsafe pieces.giveBack(staying, 10 * Self.mebibyte)
        #expect(pieces.bytes == (used: 0, kept: 0))
    }

    @Test func noMoreIsKeptThanIsInUse() {
        let pieces = MappedPieces(mostKept: 64 * Self.mebibyte)
        let all = unsafe (0..<4).map { _ in unsafe pieces.take(2 * Self.mebibyte) }
        var kept: [Int] = []
        for piece in unsafe all {
            unsafe pieces.giveBack(piece, 2 * Self.mebibyte)
            kept.append(pieces.bytes.kept / Self.mebibyte)
        }
        #expect(kept == [2, 4, 2, 0])
    }

    @Test func noMoreIsKeptThanIsAllowed() {
        let pieces = MappedPieces(mostKept: 3 * Self.mebibyte)
        let staying = unsafe pieces.take(50 * Self.mebibyte)
        let small = unsafe (0..<2).map { _ in unsafe pieces.take(Self.mebibyte) }
        let large = unsafe pieces.take(2 * Self.mebibyte)
        for piece in unsafe small { unsafe pieces.giveBack(piece, Self.mebibyte) }
        unsafe pieces.giveBack(large, 2 * Self.mebibyte)
        // The oldest went.
        #expect(pieces.bytes.kept == 3 * Self.mebibyte)
        #expect(unsafe pieces.take(2 * Self.mebibyte) == large)
        #expect(unsafe pieces.take(Self.mebibyte) == small[1])
        unsafe pieces.giveBack(small[1], Self.mebibyte)
        unsafe pieces.giveBack(large, 2 * Self.mebibyte)
        unsafe pieces.giveBack(staying, 50 * Self.mebibyte)
        #expect(pieces.bytes == (used: 0, kept: 0))
    }

    @Test(arguments: [1, 4096, 1 << 20, (1 << 20) + 1, 9_633_792, 1 << 40, .max - 1, .max])
    func sizesHoldWhatWasAskedForAndAtMostAnEighthMore(bytes: Int) {
        let size = MappedPieces.size(holding: bytes)
        #expect(size >= bytes)
        #expect(size - bytes < max(bytes / 8 + 1, 4096))
        #expect(MappedPieces.size(holding: size) == size)
    }

    @Test func workersThatTakeAndGiveBackSideBySideNeverShareAPiece() async {
        let pieces = MappedPieces(mostKept: 8 * Self.mebibyte)
        let mixed = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var mixed = 0
                    for round in 0..<200 {
                        let size = (1 + (worker + round) % 2) * Self.mebibyte
                        let piece = unsafe pieces.take(size)
                        unsafe piece.storeBytes(of: worker, as: Int.self)
                        await Task.yield()
                        if unsafe piece.load(as: Int.self) != worker { mixed += 1 }
                        unsafe pieces.giveBack(piece, size)
                    }
                    return mixed
                }
            }
            return await group.reduce(0, +)
        }
        #expect(mixed == 0)
        #expect(pieces.bytes == (used: 0, kept: 0))
    }

    /// In a process of its own, as tests beside it have buffers too.
    @Test func largeBuffersShareTheirMemory() async {
        await #expect(processExitsWith: .success) {
            let staying = MutableBuffer<UInt8>(count: 30 << 20)
            #expect(MappedPieces.shared.bytes == (used: 30 << 20, kept: 0))
            for _ in 0..<3 {
                var buffer = MutableBuffer<UInt8>(count: 12 << 20)
                buffer.withMutableSpan { $0[0] = 1 }
                #expect(MappedPieces.shared.bytes == (used: 42 << 20, kept: 0))
                _ = buffer.freeze()
                #expect(MappedPieces.shared.bytes == (used: 30 << 20, kept: 12 << 20))
            }
            _ = staying.freeze()
            #expect(MappedPieces.shared.bytes == (used: 0, kept: 0))
        }
    }
}
