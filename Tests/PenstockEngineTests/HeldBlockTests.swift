import PenstockCore
import PenstockTestKit
import Testing

@testable import PenstockEngine

@Suite struct HeldBlockTests {
    @Test func piecesShareTheMemoryThatIsChargedUntilTheLastOfThemIsGone() throws {
        let ledger = MemoryLedger(limit: .mebibytes(1))
        let block = Block.numbered(Array(0..<100))
        var pieces = HeldBlock(block, reservation: try ledger.reserve(block.byteCount)).pieces(of: Bytes(500))
        #expect(pieces.count > 2)
        #expect(pieces.allSatisfy { $0.byteCount <= Bytes(500) })
        let ids = try pieces.flatMap { try $0.block.int64s("id").array }
        #expect(ids == Array(0..<100))
        while pieces.count > 1 {
            pieces.removeLast()
            #expect(ledger.held == block.byteCount)
        }
        pieces = []
        #expect(ledger.held == .zero)
    }

    @Test func aSmallBlockIsItsOnlyPiece() throws {
        let ledger = MemoryLedger(limit: .mebibytes(1))
        let block = Block.numbered([1, 2, 3])
        let held = HeldBlock(block, reservation: try ledger.reserve(block.byteCount))
        #expect(held.pieces(of: .mebibytes(1)).first === held)
        #expect(held.pieces(of: Bytes(1)).count == 3)
    }

    @Test func rowsOfUnequalSizeAreCutAgain() throws {
        let ledger = MemoryLedger(limit: .mebibytes(1))
        let block = Block(["text": Column(strings: (0..<64).map { String(repeating: "a", count: $0 < 8 ? 1000 : 1) })])
        let pieces = HeldBlock(block, reservation: try ledger.reserve(block.byteCount)).pieces(of: Bytes(2200))
        #expect(pieces.reduce(0) { $0 + $1.block.rowCount } == 64)
        #expect(pieces.allSatisfy { $0.byteCount <= Bytes(2200) })
    }
}
