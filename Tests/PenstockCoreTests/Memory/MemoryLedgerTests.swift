import PenstockCore
import Testing

@Suite struct MemoryLedgerTests {
    @Test func bytesReturnWhenTheReservationEnds() throws {
        let ledger = MemoryLedger(limit: .kibibytes(1))
        do {
            let first = try ledger.reserve(Bytes(100))
            let second = try ledger.reserve(Bytes(200))
            #expect(ledger.held == Bytes(300))
            #expect(first.bytes + second.bytes == Bytes(300))
        }
        #expect(ledger.held == .zero)
        #expect(ledger.peak == Bytes(300))
    }

    @Test func bytesReturnWhenAnErrorLeavesTheScope() {
        let ledger = MemoryLedger(limit: .kibibytes(1))
        #expect(throws: StageError.self) { try workThatFails(ledger) }
        #expect(ledger.held == .zero)
    }

    @Test(arguments: [0, 50, 100, 700])
    func aReservationCanGrowAndShrink(size: Int) throws {
        let ledger = MemoryLedger(limit: .kibibytes(1))
        do {
            var reservation = try ledger.reserve(Bytes(100))
            reservation.resize(to: Bytes(size))
            #expect(ledger.held == Bytes(size))
            #expect(reservation.bytes == Bytes(size))
        }
        #expect(ledger.held == .zero)
        #expect(ledger.peak == Bytes(max(100, size)))
    }

    @Test func askingForMoreThanTheLimitIsAnErrorNow() {
        let ledger = MemoryLedger(limit: .mebibytes(1))
        let error = #expect(throws: StageError.self) { _ = try ledger.reserve(.mebibytes(2)).bytes }
        #expect(error?.code == .tooLarge)
        #expect(
            error?.message
                == "one task needs 2 MiB, more than the memory limit of 1 MiB. Raise --memory or lower --batch-size."
        )
        #expect(ledger.held == .zero)
    }

    @Test func theLimitItselfCanBeHad() throws {
        let ledger = MemoryLedger(limit: .mebibytes(1))
        let all = try ledger.reserve(.mebibytes(1))
        #expect(all.bytes == ledger.held)
    }

    private func workThatFails(_ ledger: MemoryLedger) throws(StageError) {
        let reservation = try ledger.reserve(Bytes(100))
        throw StageError(.userCode, "\(reservation.bytes)")
    }
}
