import PenstockCore

/// A block with the memory it is charged for; the bytes return to the ledger with the last reference.
final class HeldBlock: Sendable {
    let block: Block
    private let reservation: Reservation

    init(_ block: Block, reservation: consuming Reservation) {
        self.block = block
        self.reservation = reservation
    }
}
